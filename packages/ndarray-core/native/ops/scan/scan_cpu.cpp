// Running totals of the `cpu` device. Each lane along the axis is one chain of operations; threads
// share the lanes, and lanes that lie side by side go down together.
#include "cpu/cpu_backend.hpp"
#include "ops/scan/scan_kernels.hpp"

namespace nd::cpu {

void scan(ScanOp op, const Array& out, const Array& x, int axis) {
  if (is_half_type(x.dtype())) {
    const Array totals{cpu_backend().allocate(DType::float32, out.size()), Layout(out.shape())};
    scan(op, totals, widened(x), axis);
    return copy(out, totals);
  }
  static const ScanKernels& all_kernels = ND_SELECT_KERNELS(scan_kernels);
  const ScanKernels::Pair& kernels =
      all_kernels.of[static_cast<int>(op)][static_cast<int>(x.dtype())];
  const Walk<2> lanes = walk_of_lanes<2>({&out, &x}, axis);
  const int64_t length = x.shape()[axis];
  const int64_t out_stride = Walk<2>::byte_stride(out, axis);
  const int64_t x_stride = Walk<2>::byte_stride(x, axis);
  const int64_t item = static_cast<int64_t>(itemsize(x.dtype()));
  const int last = lanes.ndim - 1;
  const bool side_by_side = last >= 0 && lanes.shape[last] > 1 && lanes.strides[last][0] == item &&
                            lanes.strides[last][1] == item;
  const int64_t least = side_by_side ? 128 : 1;  // whole cache lines, and long enough inner loops
  for_each_block(lanes, std::max(least, parallel_grain / length), 1, [&](const Block<2>& block) {
    for (int64_t row = 0; row < block.rows; ++row) {
      char* const to = block.data[0] + row * block.row_strides[0];
      char* const from = block.data[1] + row * block.row_strides[1];
      if (side_by_side) {
        kernels.columns(to, from, length, block.columns, out_stride, x_stride);
        continue;
      }
      kernels.lanes(
          {{to, from}, 1, block.columns, {}, {block.column_strides[0], block.column_strides[1]}},
          length, out_stride, x_stride);
    }
  });
}

}  // namespace nd::cpu
