// Element-wise operations of the `cpu` device.
#include "cpu/cpu_backend.hpp"
#include "ops/elementwise/elementwise_kernels.hpp"

namespace nd::cpu {
namespace {

// The one value of an array that repeats it everywhere, if that is what y is.
bool repeats_value(const Array& y, double value) {
  for (int axis = 0; axis < y.ndim(); ++axis) {
    if (y.shape()[axis] != 1 && y.strides()[axis] != 0) return false;
  }
  if (y.size() == 0) return false;
  return y.dtype() == DType::float32 ? *reinterpret_cast<const float*>(y.data()) == value
                                     : *reinterpret_cast<const double*>(y.data()) == value;
}

}  // namespace

void unary(UnaryOp op, const Array& out, const Array& x) {
  static const UnaryKernels& kernels = ND_SELECT_KERNELS(unary_kernels);
  const UnaryKernel kernel = kernels.of[static_cast<int>(op)][static_cast<int>(x.dtype())];
  for_each_block(Walk<2>({&out, &x}), parallel_grain, 1, kernel);
}

void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) {
  if (op == BinaryOp::pow && is_floating(x.dtype()) && repeats_value(y, 2)) {
    return unary(UnaryOp::square, out, x);  // the same number, rounded alike, thirty times as fast
  }
  static const BinaryKernels& kernels = ND_SELECT_KERNELS(binary_kernels);
  const BinaryKernel kernel = kernels.of[static_cast<int>(op)][static_cast<int>(x.dtype())];
  for_each_block(Walk<3>({&out, &x, &y}), parallel_grain, 1, kernel);
}

}  // namespace nd::cpu
