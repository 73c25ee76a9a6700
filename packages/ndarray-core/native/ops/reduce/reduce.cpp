// Reductions: axes, result shapes and types, and what an empty axis means.
#include <algorithm>

#include "core/ops.hpp"

namespace nd {
namespace {

Dims sorted_axes(const Array& x, const Dims* axes, const char* op) {
  Dims result;
  if (axes) {
    result = x.layout.normalize_axes(*axes, op);
    std::sort(result.begin(), result.end());
  } else {
    for (int i = 0; i < x.ndim(); ++i) result.push_back(i);
  }
  return result;
}

DType accumulator_type(ReduceOp op, DType dtype) {
  if (op == ReduceOp::any || op == ReduceOp::all) return DType::bool_;
  return op == ReduceOp::max || op == ReduceOp::min ? dtype : total_type(dtype);
}

}  // namespace

void check_ordered(const Array& x, const char* op) {
  if (!is_complex(x.dtype())) return;
  throw DTypeError(message(op, ": complex numbers have no order; take abs(x) or real(x)"));
}

// A sum of small integers must not wrap around.
DType total_type(DType dtype) {
  switch (kind_of(dtype)) {
    case Kind::boolean:
    case Kind::signed_integer:
      return DType::int64;
    case Kind::unsigned_integer:
      return DType::uint64;
    default:
      return dtype;
  }
}

Array reduce(ReduceOp op, const Array& x, const Dims* axes, bool keepdims) {
  if (op == ReduceOp::max || op == ReduceOp::min) check_ordered(x, name_of(op));
  const Dims reduced = sorted_axes(x, axes, name_of(op));
  const DType dtype = accumulator_type(op, x.dtype());
  if (reduced.empty()) return astype(x, dtype, /*always_copy=*/true);

  Dims shape = x.shape();
  for (int64_t axis : reduced) {
    int64_t& size = shape[static_cast<int>(axis)];
    if (size == 0 && (op == ReduceOp::max || op == ReduceOp::min)) {
      throw ShapeError(message(name_of(op), ": axis ", axis, " of shape ", x.shape(),
                               " is empty, and has no largest or smallest element"));
    }
    size = 1;
  }
  const bool to_bool = dtype == DType::bool_ && (op == ReduceOp::any || op == ReduceOp::all);
  const Array source = to_bool ? astype(x, DType::bool_, false) : x;
  Array out = empty(shape, dtype, x.device());
  if (out.size() > 0) x.device().reduce(op, out, source, reduced);
  return keepdims ? out : out.view(out.layout.squeeze(reduced));
}

Array mean(const Array& x, const Dims* axes, bool keepdims) {
  // The sum of many float16 numbers may be too large for one, where their mean is not.
  if (is_half_type(x.dtype())) {
    return astype(mean(astype(x, DType::float32, false), axes, keepdims), x.dtype(), false);
  }
  const Array source = astype(x, is_inexact(x.dtype()) ? x.dtype() : default_float, false);
  Array total = reduce(ReduceOp::sum, source, axes, keepdims);
  const int64_t count = total.size() > 0 ? x.size() / total.size() : 0;
  if (total.size() > 0) {
    binary_in_place(BinaryOp::divide, total, Scalar{Kind::floating, 0, static_cast<double>(count)});
  }
  return total;
}

Array arg_reduce(ArgReduceOp op, const Array& x, const int64_t* axis, bool keepdims) {
  if (!axis) {
    const Array flat = reshape(x, {-1});
    const int64_t first = 0;
    const Array out = arg_reduce(op, flat, &first, false);
    return keepdims ? reshape(out, Dims(x.ndim(), 1)) : out;
  }
  check_ordered(x, name_of(op));
  const int position = x.layout.normalize_axis(*axis, name_of(op));
  Dims shape = x.shape();
  if (shape[position] == 0) {
    throw ShapeError(
        message(name_of(op), ": axis ", position, " of shape ", x.shape(), " is empty"));
  }
  shape[position] = 1;
  Array out = empty(shape, DType::int64, x.device());
  if (out.size() > 0) x.device().arg_reduce(op, out, x, position);
  return keepdims ? out : out.view(out.layout.squeeze({position}));
}

}  // namespace nd
