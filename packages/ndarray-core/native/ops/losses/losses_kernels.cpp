// Compiled once per instruction set.
#include "ops/losses/losses_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
void cross_entropy(T* losses, T* logsumexp, const T* logits, const int64_t* target,
                   int64_t ignore_index, int64_t rows, int64_t classes) {
  for (int64_t row = 0; row < rows; ++row, logits += classes) {
    const T largest = max_of(logits, classes);
    // While this row's exponentials are computed, the next row comes from memory.
    const Ahead<T> next{row + 1 < rows ? logits + classes : logits};
    const T log_total = m::log(
        sum_over<T>(classes, [=](int64_t i) { return m::bounded_exp(logits[i] - largest); }, next));
    logsumexp[row] = largest + log_total;
    losses[row] = target[row] == ignore_index ? T(0) : log_total - (logits[target[row]] - largest);
  }
}

template <typename T>
void cross_entropy_gradient(T* result, const T* gradient, const T* logits, const int64_t* target,
                            const T* logsumexp, int64_t ignore_index, int64_t rows,
                            int64_t classes) {
  for (int64_t row = 0; row < rows; ++row, logits += classes, result += classes) {
    if (target[row] == ignore_index) {
      __builtin_memset(result, 0, static_cast<size_t>(classes) * sizeof(T));
      continue;
    }
    const T factor = gradient[row], shift = logsumexp[row];
#pragma GCC ivdep
    for (int64_t i = 0; i < classes; ++i) result[i] = factor * m::bounded_exp(logits[i] - shift);
    result[target[row]] -= factor;
  }
}

template <typename T>
constexpr LossKernelsOf<T> kernels_of = {cross_entropy<T>, cross_entropy_gradient<T>};
constexpr LossKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const LossKernels& loss_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
