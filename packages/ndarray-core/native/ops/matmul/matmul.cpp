// Matrix product with NumPy's rules: a vector is a row on the left and a column on the right, and
// the axes before the last two are a batch that broadcasts.
#include "core/ops.hpp"

namespace nd {

Array matmul(const Array& x, const Array& y) {
  check_same_device(x, y, "matmul");
  if (x.ndim() == 0 || y.ndim() == 0) {
    throw ShapeError(message("matmul: ", x.shape(), " @ ", y.shape(),
                             ": a 0-d operand has no rows to multiply; use *"));
  }
  const DType dtype = promote(x.dtype(), y.dtype());
  if (dtype == DType::bool_) {
    throw DTypeError("matmul is not defined for bool; convert with astype first");
  }
  Array left = astype(x, dtype, false), right = astype(y, dtype, false);
  if (x.ndim() == 1) left.layout = left.layout.expand_dims(0);
  if (y.ndim() == 1) right.layout = right.layout.expand_dims(1);

  const auto batch_of = [](const Dims& shape) {
    Dims batch = shape;
    batch.pop_back();
    batch.pop_back();
    return batch;
  };
  const int64_t rows = left.shape()[left.ndim() - 2], inner = left.shape().back();
  const int64_t columns = right.shape().back();
  if (right.shape()[right.ndim() - 2] != inner) {
    throw ShapeError(message("matmul: ", x.shape(), " @ ", y.shape(), ": inner sizes ", inner,
                             " and ", right.shape()[right.ndim() - 2], " differ; transpose one?"));
  }
  const Dims batch = broadcast_shapes(batch_of(left.shape()), batch_of(right.shape()), "matmul");
  const auto with_batch = [&batch](int64_t m, int64_t n) {
    Dims shape = batch;
    shape.push_back(m);
    shape.push_back(n);
    return shape;
  };
  left.layout = left.layout.broadcast_to(with_batch(rows, inner));
  right.layout = right.layout.broadcast_to(with_batch(inner, columns));
  Array out = empty(with_batch(rows, columns), dtype, x.device());
  if (out.size() > 0) x.device().matmul(out, left, right);

  Dims dropped;
  if (x.ndim() == 1) dropped.push_back(out.ndim() - 2);
  if (y.ndim() == 1) dropped.push_back(out.ndim() - 1);
  return dropped.empty() ? out : out.view(out.layout.squeeze(dropped));
}

}  // namespace nd
