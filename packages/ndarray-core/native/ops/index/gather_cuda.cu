// gather of the `cuda` devices. The call waits for its kernel: an index may be out of bounds.
#include "cuda/bits.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/first_wrong.hpp"
#include "cuda/launch.hpp"
#include "cuda/walk.hpp"
#include "ops/index/axis.hpp"

namespace nd::cuda {
namespace {

template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    gather_elements(const ThreadWalk<3> walk, const int64_t size, const int64_t stride,
                    FirstWrong::Number* const wrong) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* elements[3];
    walk.locate(i, elements);
    const int64_t index = *reinterpret_cast<const int64_t*>(elements[index_operand]);
    const int64_t position = position_of(index, size);
    if (is_in_bounds(position, size)) {
      *reinterpret_cast<T*>(elements[out_operand]) =
          *reinterpret_cast<const T*>(elements[other_operand] + position * stride);
    } else {
      atomicMin(wrong, FirstWrong::Number{i});
    }
  }
}

}  // namespace

void gather(const Array& out, const Array& x, const Array& indices, int axis) {
  const cudaStream_t stream = enter({&out, &x, &indices});
  const Axis along(x, axis);
  for_each_launch(walk_of_gather(out, x, indices, axis), [&](const Walk<3>& part) {
    const FirstWrong wrong(x, stream);
    dispatch_bits(out.dtype(), [&]<typename T>() {
      launch(gather_elements<T>, blocks_for(part.size), threads_per_block, 0, stream,
             ThreadWalk<3>(part), along.size, along.stride, wrong.address());
    });
    if (const auto number = wrong.find()) {
      const Cursor<3> cursor(part, part.ndim, *number);
      along.out_of_bounds(
          read_back(reinterpret_cast<const int64_t*>(cursor.data[index_operand]), stream));
    }
  });
}

}  // namespace nd::cuda
