// Softmax on the `cpu` device: threads share the rows.
#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/softmax/softmax_kernels.hpp"

namespace nd::cpu {
namespace {

const SoftmaxKernels& kernels() {
  static const SoftmaxKernels& selected = ND_SELECT_KERNELS(softmax_kernels);
  return selected;
}

template <typename T, typename Kernel, typename... Operands>
void on_rows(Kernel kernel, const Array& out, const Operands&... operands) {
  const int64_t length = out.shape().back();
  const bool streams = is_streamed(out, length);
  for_each_rows(out.size() / length, length, [&](int64_t first, int64_t count) {
    kernel(elements<T>(out) + first * length, elements<T>(operands) + first * length..., count,
           length, streams);
  });
}

}  // namespace

#define ND_ON_ROWS(name, out, ...)                                 \
  AllowThreads allow(out.size());                                  \
  dispatch_real(out.dtype(), [&]<typename T>() {                   \
    on_rows<T>(kernels().template of<T>().name, out, __VA_ARGS__); \
  });
void softmax(const Array& out, const Array& x) { ND_ON_ROWS(softmax, out, x) }
void log_softmax(const Array& out, const Array& x) { ND_ON_ROWS(log_softmax, out, x) }
void softmax_gradient(const Array& result, const Array& gradient, const Array& out) {
  ND_ON_ROWS(softmax_gradient, result, gradient, out)
}
void log_softmax_gradient(const Array& result, const Array& gradient, const Array& out) {
  ND_ON_ROWS(log_softmax_gradient, result, gradient, out)
}
#undef ND_ON_ROWS

}  // namespace nd::cpu
