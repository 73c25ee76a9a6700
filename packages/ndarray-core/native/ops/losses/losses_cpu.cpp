// Losses on the `cpu` device: threads share the rows.
#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/losses/losses_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const LossKernelsOf<T>& kernels() {
  static const LossKernels& selected = ND_SELECT_KERNELS(loss_kernels);
  return selected.of<T>();
}

}  // namespace

void cross_entropy(const Array& losses, const Array& logsumexp, const Array& logits,
                   const Array& target, int64_t ignore_index) {
  AllowThreads allow(logits.size());
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  dispatch_real(logits.dtype(), [&]<typename T>() {
    for_each_rows(rows, classes, [&](int64_t first, int64_t count) {
      kernels<T>().cross_entropy(elements<T>(losses) + first, elements<T>(logsumexp) + first,
                                 elements<T>(logits) + first * classes,
                                 elements<int64_t>(target) + first, ignore_index, count, classes);
    });
  });
}

void cross_entropy_gradient(const Array& result, const Array& gradient, const Array& logits,
                            const Array& target, const Array& logsumexp, int64_t ignore_index) {
  AllowThreads allow(logits.size());
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  dispatch_real(logits.dtype(), [&]<typename T>() {
    for_each_rows(rows, classes, [&](int64_t first, int64_t count) {
      kernels<T>().cross_entropy_gradient(
          elements<T>(result) + first * classes, elements<T>(gradient) + first,
          elements<T>(logits) + first * classes, elements<int64_t>(target) + first,
          elements<T>(logsumexp) + first, ignore_index, count, classes);
    });
  });
}

}  // namespace nd::cpu
