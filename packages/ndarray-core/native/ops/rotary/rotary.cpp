// Rotary embedding: shapes.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {

Result rotary_embedding(const Array& x, const Array& cos, const Array& sin) {
  const char* const op = "rotary_embedding";
  check_operands(op, {&x, &cos, &sin});
  check_same_shape(op, "cos", cos, "sin", sin);
  const int dims = x.ndim();
  if (dims < 2 || cos.ndim() != 2 || cos.shape()[0] != x.shape()[dims - 2] ||
      2 * cos.shape()[1] != x.shape()[dims - 1]) {
    throw ShapeError(message(op, ": x of shape ", x.shape(), " and cos of shape ", cos.shape(),
                             ": expected (..., T, D) and (T, D / 2)"));
  }
  const FusedKernels* const kernels = x.size() > 0 ? kernels_for({&x, &cos, &sin}) : nullptr;
  if (!kernels || !kernels->rotary_embedding) return std::nullopt;
  const Array out = empty(x.shape(), x.dtype(), x.device());
  const bool rows_are_dense = x.strides()[dims - 1] == 1;
  kernels->rotary_embedding(out, rows_are_dense ? x : contiguous(x), contiguous(cos),
                            contiguous(sin));
  return out;
}

}  // namespace nd
