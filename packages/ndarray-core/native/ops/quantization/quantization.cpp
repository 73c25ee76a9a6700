// Products with a quantised matrix: types and shapes.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

constexpr int64_t block_size = 64;
// With more rows it is faster to make the matrix float32, once, and multiply by that.
constexpr int64_t most_rows = 64;

void check(const char* op, const Array& x, const Array& weight, const Array& scales) {
  const bool is_packed = weight.dtype() == DType::uint8;
  if (!is_packed && weight.dtype() != DType::int8) {
    throw DTypeError(message(op, ": the weight holds ", name_of(weight.dtype()),
                             ", and must hold int8, or uint8 for two numbers of 4 bits each; ",
                             "quantization.quantize(weight)"));
  }
  check_same_device(x, weight, op);
  const auto wrong = [&](const char* what) {
    throw ShapeError(message(op, ": x of shape ", x.shape(), ", weight of shape ", weight.shape(),
                             " and scales of shape ", scales.shape(), ": ", what));
  };
  if (x.ndim() < 1 || weight.ndim() != 2 || scales.ndim() != 2) {
    wrong("expected (..., K), (N, K), or (N, K / 2) for 4 bits, and (N, groups)");
  }
  const int64_t k = x.shape()[x.ndim() - 1], groups = scales.shape()[1];
  if (weight.shape()[1] * (is_packed ? 2 : 1) != k) wrong("a row of the weight holds other than K");
  if (scales.shape()[0] != weight.shape()[0]) wrong("the weight and the scales have N rows each");
  if (groups < 1 || k % groups != 0) wrong("the groups are equal parts of K");
  if ((is_packed || groups > 1) && (k / groups) % block_size != 0) {
    wrong("a group is a multiple of 64 numbers");
  }
}

}  // namespace

Result quantized_matmul(const Array& x, const Array& weight, const Array& scales) {
  const char* const op = "quantized_matmul";
  check_operands(op, {&x, &scales});
  check(op, x, weight, scales);
  const FusedKernels* const kernels = kernels_for({&x, &scales});
  const int64_t k = x.shape()[x.ndim() - 1], n = weight.shape()[0];
  if (!kernels || !kernels->quantized_matmul || x.dtype() != DType::float32) return std::nullopt;
  if (x.size() == 0 || n == 0 || x.size() / k > most_rows) return std::nullopt;
  const Array rows = dense(x, {x.size() / k, k});
  const Array out = empty({rows.shape()[0], n}, x.dtype(), x.device());
  kernels->quantized_matmul(out, rows, contiguous(weight), contiguous(scales));
  Dims shape = x.shape();
  shape.back() = n;
  return reshape(out, shape);
}

}  // namespace nd
