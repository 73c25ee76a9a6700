// Activation functions on the `cpu` device: threads share the elements.
#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/activation/activation_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const ActivationKernelsOf<T>& kernels() {
  static const ActivationKernels& selected = ND_SELECT_KERNELS(activation_kernels);
  return selected.of<T>();
}

template <typename T, typename Kernel, typename... Operands>
void on_elements(Kernel kernel, const Array& out, const Operands&... operands) {
  for_each_rows(out.size(), 1, [&](int64_t first, int64_t count) {
    kernel(elements<T>(out) + first, (elements<T>(operands) + first)..., count);
  });
}

}  // namespace

void gelu(const Array& out, const Array& x, bool by_tanh) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    on_elements<T>(by_tanh ? kernels<T>().gelu_tanh : kernels<T>().gelu, out, x);
  });
}
void gelu_gradient(const Array& result, const Array& gradient, const Array& x, bool by_tanh) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    on_elements<T>(by_tanh ? kernels<T>().gelu_tanh_gradient : kernels<T>().gelu_gradient, result,
                   gradient, x);
  });
}
void silu(const Array& out, const Array& x) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() { on_elements<T>(kernels<T>().silu, out, x); });
}
void silu_gradient(const Array& result, const Array& gradient, const Array& x) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    on_elements<T>(kernels<T>().silu_gradient, result, gradient, x);
  });
}

}  // namespace nd::cpu
