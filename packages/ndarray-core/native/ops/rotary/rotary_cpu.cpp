// Rotary embedding on the `cpu` device: threads share the planes.
#include <algorithm>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/rotary/rotary_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
void run(const Array& out, const Array& x, const Array& cos, const Array& sin) {
  static const RotaryKernelsOf<T>& kernels = ND_SELECT_KERNELS(rotary_kernels).of<T>();
  const int dims = x.ndim();
  const int64_t rows = x.shape()[dims - 2], size = x.shape()[dims - 1];
  const int64_t planes = out.size() / (rows * size);
  const int64_t together = std::max<int64_t>(parallel_grain / (rows * size), 1);
  parallel_for(divide_up(planes, together), [&](int64_t task) {
    const int64_t last = std::min(planes, (task + 1) * together);
    for (int64_t plane = task * together; plane < last; ++plane) {
      int64_t offset = 0, rest = plane;
      for (int axis = dims - 3; axis >= 0; --axis) {
        offset += rest % x.shape()[axis] * x.strides()[axis];
        rest /= x.shape()[axis];
      }
      kernels.rotate(elements<T>(out) + plane * rows * size, elements<T>(x) + offset,
                     x.strides()[dims - 2], elements<T>(cos), elements<T>(sin), rows, size / 2);
    }
  });
}

}  // namespace

void rotary_embedding(const Array& out, const Array& x, const Array& cos, const Array& sin) {
  AllowThreads allow(out.size());
  dispatch_real(x.dtype(), [&]<typename T>() { run<T>(out, x, cos, sin); });
}

}  // namespace nd::cpu
