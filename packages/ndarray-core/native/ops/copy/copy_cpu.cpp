// copy, fill and where of the `cpu` device.
#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/copy/conversions.hpp"
#include "ops/copy/copy_kernels.hpp"

namespace nd::cpu {
namespace {

int log2_itemsize(DType dtype) { return __builtin_ctzll(itemsize(dtype)); }

// Where x is dense along another dimension than out is, that one becomes the block's other
// dimension: the copy is a transposition. Gives the least number of rows that a block should have.
int64_t pair_dense_dimensions(Walk<2>& walk, int64_t item) {
  const int last = walk.ndim - 1;
  if (walk.ndim < 2 || walk.strides[last][0] != item || walk.strides[last][1] == item) return 1;
  for (int d = 0; d < last; ++d) {
    if (walk.strides[d][1] != item) continue;
    for (int e = d; e + 1 < last; ++e) walk.swap_dimensions(e, e + 1);
    return 2 * transpose_tile;
  }
  return 1;
}

}  // namespace

Array widened(const Array& x) {
  Array once = x;  // each repeated element once
  for (int axis = 0; axis < x.ndim(); ++axis) {
    if (x.strides()[axis] == 0 && x.shape()[axis] > 1) once.layout.shape[axis] = 1;
  }
  const Array wide{cpu_backend().allocate(DType::float32, once.size()), Layout(once.shape())};
  copy(wide, once);
  return wide.view(wide.layout.broadcast_to(x.shape()));
}

Array component_view(const Array& x) {
  Buffer& owner = *x.buffer;
  const BufferRef kept = x.buffer;
  Layout layout = x.layout;
  for (int64_t& stride : layout.strides) stride *= 2;
  layout.offset *= 2;
  layout.shape.push_back(2);
  layout.strides.push_back(1);
  return Array{BufferRef(new Buffer(owner.device, real_type(owner.dtype), 2 * owner.size,
                                    owner.data, [kept](void*) {})),
               layout};
}

void copy(const Array& out, const Array& x) {
  static const CopyKernels& kernels = ND_SELECT_KERNELS(copy_kernels);
  Walk<2> walk({&out, &x});
  if (same_bits(out.dtype(), x.dtype())) {
    const int64_t item = static_cast<int64_t>(itemsize(out.dtype()));
    const CopyKernels::Copy kernel = kernels.move[log2_itemsize(out.dtype())];
    const int64_t least_rows = pair_dense_dimensions(walk, item);
    if (least_rows == 1) return for_each_result_block(walk, item, kernel);
    const bool streams = is_streamed(walk.size * item);
    for_each_block(walk, parallel_grain, least_rows, [&](Block<2> block) {
      block.streams = streams;
      kernel(block);
    });
  } else {
    for_each_result_block(
        walk, static_cast<int64_t>(itemsize(out.dtype())),
        kernels.convert[static_cast<int>(out.dtype())][static_cast<int>(x.dtype())]);
  }
}

void fill(const Array& out, Scalar value) {
  const FillValue element = fill_value(value, out.dtype());
  const CopyKernels::Fill kernel = ND_SELECT_KERNELS(copy_kernels).fill[log2_itemsize(out.dtype())];
  for_each_result_block(Walk<1>({&out}), static_cast<int64_t>(itemsize(out.dtype())),
                        [&](const Block<1>& block) { kernel(block, element.bytes); });
}

void where(const Array& out, const Array& condition, const Array& x, const Array& y) {
  for_each_result_block(Walk<4>({&out, &condition, &x, &y}),
                        static_cast<int64_t>(itemsize(out.dtype())),
                        ND_SELECT_KERNELS(copy_kernels).where[log2_itemsize(out.dtype())]);
}

}  // namespace nd::cpu
