// Steps of optimizers on the `cpu` device: threads share the elements.
#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/optimization/optimization_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const OptimizationKernelsOf<T>& kernels() {
  static const OptimizationKernels& selected = ND_SELECT_KERNELS(optimization_kernels);
  return selected.of<T>();
}

template <typename T>
T* part(const Array* x, int64_t first) {
  return x ? elements<T>(*x) + first : nullptr;
}

}  // namespace

void sgd_step(const Array& parameter, const Array& gradient, const Array* momentum,
              const SgdOptions& options) {
  AllowThreads allow(parameter.size());
  dispatch_real(parameter.dtype(), [&]<typename T>() {
    for_each_rows(parameter.size(), 1, [&](int64_t first, int64_t count) {
      kernels<T>().sgd_step(part<T>(&parameter, first), part<T>(&gradient, first),
                            part<T>(momentum, first), count, options);
    });
  });
}

void adam_step(const Array& parameter, const Array& gradient, const Array& mean,
               const Array& variance, const Array* largest, const AdamOptions& options) {
  AllowThreads allow(parameter.size());
  dispatch_real(parameter.dtype(), [&]<typename T>() {
    for_each_rows(parameter.size(), 1, [&](int64_t first, int64_t count) {
      kernels<T>().adam_step(part<T>(&parameter, first), part<T>(&gradient, first),
                             part<T>(&mean, first), part<T>(&variance, first),
                             part<T>(largest, first), count, options);
    });
  });
}

}  // namespace nd::cpu
