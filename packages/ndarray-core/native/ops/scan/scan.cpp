// Running totals: axes, element types and the initial value.
#include "core/ops.hpp"

namespace nd {

Array scan(ScanOp op, const Array& x, const int64_t* axis, const DType* dtype,
           bool include_initial) {
  const char* const name = name_of(op);
  const bool is_total = op == ScanOp::sum || op == ScanOp::prod;
  if (x.ndim() == 0) {
    throw ShapeError(message(name, ": a 0-d array has no axis to go along; reshape it to (1,)"));
  }
  if (!axis && x.ndim() != 1) {
    throw ShapeError(
        message(name, ": x of shape ", x.shape(), " has ", x.ndim(), " axes; name one with axis="));
  }
  if (!is_total) check_ordered(x, name);
  const int position = axis ? x.layout.normalize_axis(*axis, name) : 0;
  const DType type = dtype ? *dtype : is_total ? total_type(x.dtype()) : x.dtype();
  if (is_total && type == DType::bool_) {
    throw DTypeError(message(name, ": dtype is bool, and must be a type of numbers"));
  }

  Dims shape = x.shape();
  const int64_t length = shape[position];
  shape[position] += include_initial;
  const Array out = empty(shape, type, x.device());
  Array totals = out;
  if (include_initial) {
    const Array initial = out.view(out.layout.slice(position, 0, 1, 1));
    fill(initial, Scalar{Kind::signed_integer, op == ScanOp::prod, 0});
    totals = out.view(out.layout.slice(position, 1, length, 1));
  }
  if (x.size() > 0) x.device().scan(op, totals, astype(x, type, false), position);
  return out;
}

}  // namespace nd
