// Compiled once per instruction set. Every element is read and written once.
#include "ops/optimization/optimization_kernels.hpp"

#include "ops/optimization/steps.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
void sgd_step(T* parameter, const T* gradient, T* momentum, int64_t count,
              const SgdOptions& options) {
  const auto constants = sgd_constants<T>(options);
  if (!momentum) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) advance(constants, parameter[i], gradient[i]);
    return;
  }
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) advance(constants, parameter[i], gradient[i], momentum[i]);
}

template <typename T>
void adam_step(T* parameter, const T* gradient, T* mean, T* variance, T* largest, int64_t count,
               const AdamOptions& options) {
  const auto constants = adam_constants<T>(options);
  if (!largest) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      advance(constants, parameter[i], gradient[i], mean[i], variance[i]);
    }
    return;
  }
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    advance(constants, parameter[i], gradient[i], mean[i], variance[i], largest[i]);
  }
}

template <typename T>
constexpr OptimizationKernelsOf<T> kernels_of = {sgd_step<T>, adam_step<T>};
constexpr OptimizationKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const OptimizationKernels& optimization_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
