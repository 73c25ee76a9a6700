// Element-wise operations: which element types they take, broadcasting, and writing in place.
#include <optional>
#include <stdexcept>

#include "core/ops.hpp"
#include "ops/elementwise/domain.hpp"

namespace nd {
namespace {

Domain domain_of(UnaryOp op) {
  static constexpr Domain domains[] = {
#define ND_UNARY(name, domain, ...) Domain::domain,
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
  };
  return domains[static_cast<int>(op)];
}

Domain domain_of(BinaryOp op) {
  static constexpr Domain domains[] = {
#define ND_BINARY(name, domain, ...) Domain::domain,
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
  };
  return domains[static_cast<int>(op)];
}

DType checked_compute_type(Domain domain, DType dtype, const char* op) {
  const DType compute = compute_type(domain, dtype);
  if (!accepts(domain, compute)) {
    throw DTypeError(
        message(op, " is not defined for ", name_of(dtype), "; convert with astype first"));
  }
  return compute;
}

struct Operands {
  Array array, scalar;
};

// Brings an array and a Python number to one type; the number becomes a 0-d array.
Operands with_scalar(BinaryOp op, const Array& x, const Scalar& scalar) {
  const DType dtype = type_with_scalar(x.dtype(), scalar);
  if (!fits(scalar, dtype)) {
    throw std::overflow_error(
        message(name_of(op), ": the number does not fit into ", name_of(dtype)));
  }
  return {astype(x, dtype, false), from_scalar(scalar, dtype, x.device())};
}

// A comparison of integers with a number outside their type's range still has an answer, which is
// the same for all elements. Nothing where that is not the case.
std::optional<bool> compared_outside(BinaryOp op, const Array& x, const Scalar& scalar,
                                     bool scalar_first) {
  const Domain domain = domain_of(op);
  if (domain != Domain::COMPARE && domain != Domain::ORDER) return std::nullopt;
  if (!is_integer(x.dtype()) || fits(scalar, type_with_scalar(x.dtype(), scalar)))
    return std::nullopt;
  if (op == BinaryOp::equal || op == BinaryOp::not_equal) return op == BinaryOp::not_equal;
  const bool is_above = scalar.kind == Kind::unsigned_integer || scalar.integer > 0;
  const bool asks_less = op == BinaryOp::less || op == BinaryOp::less_equal;
  return (is_above == asks_less) != scalar_first;
}

Array filled_like(const Array& x, bool value) {
  return full(x.shape(), Scalar{Kind::boolean, value, 0}, DType::bool_, x.device());
}

void check_integer_power(BinaryOp op, const Array& exponent) {
  if (op != BinaryOp::pow || kind_of(exponent.dtype()) != Kind::signed_integer ||
      exponent.size() == 0) {
    return;
  }
  const Array negative = binary(BinaryOp::less, exponent, Scalar{Kind::signed_integer, 0, 0});
  const Array any = reduce(ReduceOp::any, negative, nullptr, false);
  bool found = false;
  any.device().download(&found, any);
  if (found) {
    throw std::invalid_argument(
        "pow: an integer to a negative integer power is not an integer; convert the base to a "
        "floating type");
  }
}

}  // namespace

Array unary(UnaryOp op, const Array& x) {
  const Domain domain = domain_of(op);
  const DType compute = checked_compute_type(domain, x.dtype(), name_of(op));
  Array out = empty(x.shape(), result_type(domain, compute), x.device());
  if (out.size() == 0) return out;
  if (x.dtype() == compute) {
    x.device().unary(op, out, x);
  } else {
    x.device().unary(op, out, astype(x, compute, false));
  }
  return out;
}

Array binary(BinaryOp op, const Array& x, const Array& y) {
  check_same_device(x, y, name_of(op));
  const Domain domain = domain_of(op);
  const DType compute = checked_compute_type(domain, promote(x.dtype(), y.dtype()), name_of(op));
  if (x.dtype() == compute && y.dtype() == compute && x.shape() == y.shape()) {
    check_integer_power(op, y);
    Array out = empty(x.shape(), result_type(domain, compute), x.device());
    if (out.size() > 0) x.device().binary(op, out, x, y);
    return out;
  }
  Array left = astype(x, compute, false), right = astype(y, compute, false);
  check_integer_power(op, right);
  const Dims shape = broadcast_shapes(left.shape(), right.shape(), name_of(op));
  Array out = empty(shape, result_type(domain, compute), x.device());
  if (out.size() > 0) {
    left.layout = left.layout.broadcast_to(shape);
    right.layout = right.layout.broadcast_to(shape);
    x.device().binary(op, out, left, right);
  }
  return out;
}

Array binary(BinaryOp op, const Array& x, Scalar y) {
  if (const auto answer = compared_outside(op, x, y, false)) return filled_like(x, *answer);
  const Operands operands = with_scalar(op, x, y);
  return binary(op, operands.array, operands.scalar);
}

Array binary(BinaryOp op, Scalar x, const Array& y) {
  if (const auto answer = compared_outside(op, y, x, true)) return filled_like(y, *answer);
  const Operands operands = with_scalar(op, y, x);
  return binary(op, operands.scalar, operands.array);
}

void binary_in_place(BinaryOp op, const Array& x, const Array& y) {
  check_same_device(x, y, name_of(op));
  check_writable(x, name_of(op));
  const Domain domain = domain_of(op);
  const DType compute = checked_compute_type(domain, promote(x.dtype(), y.dtype()), name_of(op));
  const DType result = result_type(domain, compute);
  if (kind_of(result) != kind_of(x.dtype())) {
    throw DTypeError(message(name_of(op), ": the result is ", name_of(result),
                             ", which cannot be written into ", name_of(x.dtype()),
                             " in place; use the out-of-place operation"));
  }
  if (broadcast_shapes(x.shape(), y.shape(), name_of(op)) != x.shape()) {
    throw ShapeError(message(name_of(op), ": in place, shape ", y.shape(),
                             " does not broadcast to ", x.shape()));
  }
  if (result != x.dtype() || compute != x.dtype()) {
    assign(x, binary(op, x, y));
    return;
  }
  check_integer_power(op, y);
  if (x.size() == 0) return;
  Array right = astype(y, compute, false);
  right.layout = right.layout.broadcast_to(x.shape());
  // Each element is read before it is written only when both walk the same path.
  if (!(right.buffer.get() == x.buffer.get() && right.layout == x.layout) &&
      may_share_memory(x, right)) {
    right = copy(right);
  }
  x.buffer->version++;
  x.device().binary(op, x, x, right);
}

void binary_in_place(BinaryOp op, const Array& x, Scalar y) {
  const Operands operands = with_scalar(op, x, y);
  binary_in_place(op, x, operands.scalar);
}

Array where(const Array& condition, const Array& x, const Array& y) {
  check_same_device(x, y, "where");
  check_same_device(x, condition, "where");
  if (condition.dtype() != DType::bool_) {
    throw DTypeError(
        message("where: the condition is ", name_of(condition.dtype()), ", and must be bool"));
  }
  const DType dtype = promote(x.dtype(), y.dtype());
  const Dims shape =
      broadcast_shapes(condition.shape(), broadcast_shapes(x.shape(), y.shape(), "where"), "where");
  const Array left = astype(x, dtype, false), right = astype(y, dtype, false);
  Array out = empty(shape, dtype, x.device());
  if (out.size() > 0) {
    x.device().where(out, condition.view(condition.layout.broadcast_to(shape)),
                     left.view(left.layout.broadcast_to(shape)),
                     right.view(right.layout.broadcast_to(shape)));
  }
  return out;
}

}  // namespace nd
