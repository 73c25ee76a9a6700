// Softmax, its logarithm, and their gradients: any axis becomes the last one of dense arrays.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

Array last_axis(const Array& x, int axis) {
  return contiguous(x.view(x.layout.swap_axes(axis, x.ndim() - 1)));
}

// An axis that a 0-d array lacks is an error, as any other out of range.
int checked_axis(const char* op, const Array& x, int64_t axis) {
  check_operands(op, {&x});
  return x.layout.normalize_axis(axis, op);
}

using Forward = void (*)(const Array& out, const Array& x);
using Gradient = void (*)(const Array& result, const Array& gradient, const Array& out);

Result forward(const char* op, Forward FusedKernels::* kernel, const Array& x, int64_t axis) {
  const int at = checked_axis(op, x, axis);
  if (x.size() == 0) return empty(x.shape(), x.dtype(), x.device());
  const FusedKernels* const kernels = kernels_for({&x});
  if (!kernels || !(kernels->*kernel)) return std::nullopt;
  const Array rows = last_axis(x, at);
  const Array out = empty(rows.shape(), x.dtype(), x.device());
  (kernels->*kernel)(out, rows);
  return last_axis(out, at);
}

Result backward(const char* op, Gradient FusedKernels::* kernel, const Array& gradient,
                const Array& out, int64_t axis) {
  check_operands(op, {&gradient, &out});
  check_same_shape(op, "gradient", gradient, "out", out);
  const int at = checked_axis(op, out, axis);
  if (out.size() == 0) return empty(out.shape(), gradient.dtype(), out.device());
  const FusedKernels* const kernels = kernels_for({&gradient, &out});
  if (!kernels || !(kernels->*kernel)) return std::nullopt;
  const Array rows = last_axis(out, at);
  const Array result = empty(rows.shape(), out.dtype(), out.device());
  (kernels->*kernel)(result, last_axis(gradient, at), rows);
  return last_axis(result, at);
}

}  // namespace

Result softmax(const Array& x, int64_t axis) {
  return forward("softmax", &FusedKernels::softmax, x, axis);
}
Result softmax_gradient(const Array& gradient, const Array& out, int64_t axis) {
  return backward("softmax_gradient", &FusedKernels::softmax_gradient, gradient, out, axis);
}
Result log_softmax(const Array& x, int64_t axis) {
  return forward("log_softmax", &FusedKernels::log_softmax, x, axis);
}
Result log_softmax_gradient(const Array& gradient, const Array& out, int64_t axis) {
  return backward("log_softmax_gradient", &FusedKernels::log_softmax_gradient, gradient, out, axis);
}

}  // namespace nd
