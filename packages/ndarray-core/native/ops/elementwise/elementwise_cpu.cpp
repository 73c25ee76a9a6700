// Element-wise operations of the `cpu` device.
#include <utility>

#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/copy/copy_kernels.hpp"
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

// Runs a float32 kernel on float16 or bfloat16 operands (and a result of that type, or bool): a few
// elements at a time, which stay in the first cache, are widened, computed with and narrowed.
template <int N>
void through_float32(void (*kernel)(const Block<N>&), DType out_type, DType half,
                     const Block<N>& block) {
  constexpr int64_t tile = 1024;
  constexpr int64_t item = sizeof(float);
  static const CopyKernels& conversions = ND_SELECT_KERNELS(copy_kernels);
  const auto widen = conversions.convert[static_cast<int>(DType::float32)][static_cast<int>(half)];
  const auto narrow = conversions.convert[static_cast<int>(half)][static_cast<int>(DType::float32)];
  alignas(64) float wide[N][tile];
  const bool narrows = out_type == half;
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t first = 0; first < block.columns; first += tile) {
      const int64_t count = std::min(tile, block.columns - first);
      const auto element = [&](int k) {
        return block.data[k] + row * block.row_strides[k] + first * block.column_strides[k];
      };
      Block<N> computed = {{}, 1, count, {}, {}};
      for (int k = 0; k < N; ++k) {
        computed.data[k] = reinterpret_cast<char*>(wide[k]);
        computed.column_strides[k] = item;
        if (k > 0) {
          widen({{computed.data[k], element(k)}, 1, count, {}, {item, block.column_strides[k]}});
        }
      }
      if (!narrows) {
        computed.data[0] = element(0);
        computed.column_strides[0] = block.column_strides[0];
      }
      kernel(computed);
      if (narrows) {
        narrow({{element(0), computed.data[0]}, 1, count, {}, {block.column_strides[0], item}});
      }
    }
  }
}

// `table` has a kernel for each element type that is computed with as it is.
template <int N>
void run(void (*const (&table)[dtype_count])(const Block<N>&), DType dtype, DType out_type,
         const Walk<N>& walk) {
  const int64_t item = static_cast<int64_t>(itemsize(out_type));
  if (!is_half_type(dtype)) {
    return for_each_result_block(walk, item, table[static_cast<int>(dtype)]);
  }
  const auto kernel = table[static_cast<int>(DType::float32)];
  for_each_result_block(walk, item, [&](const Block<N>& block) {
    through_float32<N>(kernel, out_type, dtype, block);
  });
}

}  // namespace

void unary(UnaryOp op, const Array& out, const Array& x) {
  static const UnaryKernels& kernels = ND_SELECT_KERNELS(unary_kernels);
  run<2>(kernels.of[static_cast<int>(op)], x.dtype(), out.dtype(), Walk<2>({&out, &x}));
}

void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) {
  const bool is_wide = x.dtype() == DType::float32 || x.dtype() == DType::float64;
  if (op == BinaryOp::pow && is_wide && repeats_value(y, 2)) {
    return unary(UnaryOp::square, out, x);  // the same number, rounded alike, thirty times as fast
  }
  static const BinaryKernels& kernels = ND_SELECT_KERNELS(binary_kernels);
  run<3>(kernels.of[static_cast<int>(op)], x.dtype(), out.dtype(), Walk<3>({&out, &x, &y}));
}

}  // namespace nd::cpu
