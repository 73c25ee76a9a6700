// Compiled once per instruction set. Every element is read and written once.
#include "ops/optimization/optimization_kernels.hpp"

#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// The gradient with the decay of the weights, which is not added where it is 0: infinite weights
// stay what they are.
template <typename T>
ND_INLINE T direction(T gradient, T parameter, T decay) {
  return decay == 0 ? gradient : gradient + decay * parameter;
}

template <typename T>
void sgd_step(T* parameter, const T* gradient, T* momentum, int64_t count,
              const SgdOptions& options) {
  const T decay = static_cast<T>(options.weight_decay), rate = static_cast<T>(options.rate);
  const T kept = static_cast<T>(options.momentum);
  if (!momentum) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      parameter[i] -= rate * direction(gradient[i], parameter[i], decay);
    }
    return;
  }
  const T taken = static_cast<T>(1 - options.dampening);
  const bool first = options.first, nesterov = options.nesterov;
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const T own = direction(gradient[i], parameter[i], decay);
    const T sum = first ? own : kept * momentum[i] + taken * own;
    momentum[i] = sum;
    parameter[i] -= rate * (nesterov ? own + kept * sum : sum);
  }
}

template <typename T, bool amsgrad>
void adam_loop(T* parameter, const T* gradient, T* mean, T* variance, T* largest, int64_t count,
               const AdamOptions& options) {
  const T decay = static_cast<T>(options.decoupled ? 0 : options.weight_decay);
  const T kept = static_cast<T>(options.decoupled ? 1 - options.rate * options.weight_decay : 1);
  const T mean_share = static_cast<T>(1 - options.beta1);
  const T beta2 = static_cast<T>(options.beta2), square_share = static_cast<T>(1 - options.beta2);
  const T step_size = static_cast<T>(options.step_size);
  const T correction = static_cast<T>(options.deviation_factor);
  const T eps = static_cast<T>(options.eps);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const T own = direction(gradient[i], parameter[i], decay);
    mean[i] += (own - mean[i]) * mean_share;
    variance[i] = variance[i] * beta2 + own * own * square_share;
    T square = variance[i];
    if constexpr (amsgrad) {
      square = m::maximum(largest[i], square);
      largest[i] = square;
    }
    const T denominator = m::sqrt(square) * correction + eps;
    parameter[i] = parameter[i] * kept - step_size * (mean[i] / denominator);
  }
}

template <typename T>
void adam_step(T* parameter, const T* gradient, T* mean, T* variance, T* largest, int64_t count,
               const AdamOptions& options) {
  if (largest) {
    adam_loop<T, true>(parameter, gradient, mean, variance, largest, count, options);
  } else {
    adam_loop<T, false>(parameter, gradient, mean, variance, nullptr, count, options);
  }
}

template <typename T>
constexpr OptimizationKernelsOf<T> kernels_of = {sgd_step<T>, adam_step<T>};
constexpr OptimizationKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const OptimizationKernels& optimization_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
