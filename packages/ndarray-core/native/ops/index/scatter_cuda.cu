// scatter of the `cuda` devices. Each element of out gets its values from one thread, in the order
// of the indices, so the result is that of a loop: the positions are sorted, and the thread at the
// first of equal ones goes through them.
#include "cuda/cuda_backend.hpp"
#include "cuda/first_wrong.hpp"
#include "cuda/launch.hpp"
#include "cuda/walk.hpp"
#include "ops/index/axis.hpp"
#include "ops/index/update.hpp"

namespace nd::cuda {
namespace {

// Indices as positions, none of them negative.
__global__ void __launch_bounds__(threads_per_block)
    write_positions(const ThreadWalk<2> walk, const int64_t size, FirstWrong::Number* const wrong) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* elements[2];
    walk.locate(i, elements);
    const int64_t position = position_of(*reinterpret_cast<const int64_t*>(elements[1]), size);
    *reinterpret_cast<int64_t*>(elements[0]) = position;
    if (!is_in_bounds(position, size)) atomicMin(wrong, FirstWrong::Number{i});
  }
}

// Throws IndexError, if one of them is out of bounds.
void find_positions(const Array& positions, const Array& indices, const Axis& axis,
                    cudaStream_t stream) {
  for_each_launch(Walk<2>({&positions, &indices}), [&](const Walk<2>& part) {
    const FirstWrong wrong(indices, stream);
    launch(write_positions, blocks_for(part.size), threads_per_block, 0, stream,
           ThreadWalk<2>(part), axis.size, wrong.address());
    if (const auto number = wrong.find()) {
      const Cursor<2> cursor(part, part.ndim, *number);
      axis.out_of_bounds(read_back(reinterpret_cast<const int64_t*>(cursor.data[1]), stream));
    }
  });
}

// The lanes of out, positions, order (the positions' numbers, sorted by position) and values; their
// strides along the axis.
struct ScatterTask {
  ThreadWalk<4> lanes;
  Divider lane_count;
  int64_t length, first, count;  // of the numbers, those from `first` on
  int64_t out_stride, position_stride, order_stride, value_stride;
};

template <typename Op, typename T>
__global__ void __launch_bounds__(threads_per_block) scatter_values(const ScatterTask task) {
  const Divider& lanes = task.lane_count;
  const uint32_t i = first_index();
  const uint32_t number = lanes.quotient(i);
  if (number >= task.count) return;
  char* starts[4];
  task.lanes.locate(i - number * lanes.divisor, starts);
  const auto [out, positions, order, values] = starts;
  const auto place_of = [&](int64_t k) {
    return *reinterpret_cast<const int64_t*>(order + k * task.order_stride);
  };
  const auto position_of_place = [&](int64_t place) {
    return *reinterpret_cast<const int64_t*>(positions + place * task.position_stride);
  };
  const int64_t first = task.first + number;
  int64_t place = place_of(first);
  const int64_t position = position_of_place(place);
  if (first > 0 && position_of_place(place_of(first - 1)) == position) return;
  T& target = *reinterpret_cast<T*>(out + position * task.out_stride);
  T total = target;
  for (int64_t k = first;;) {
    total = updated<Op>(total, *reinterpret_cast<const T*>(values + place * task.value_stride));
    if (++k == task.length) break;
    place = place_of(k);
    if (position_of_place(place) != position) break;
  }
  target = total;
}

// Repeated indices (stride 0) once.
Array without_repetitions(const Array& indices, int axis) {
  Array once = indices;
  for (int d = 0; d < indices.ndim(); ++d) {
    if (d != axis && indices.strides()[d] == 0) once.layout.shape[d] = 1;
  }
  return once;
}

}  // namespace

void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values, int axis) {
  if (indices.size() == 0) return;
  const cudaStream_t stream = enter({&out, &indices, &values});
  const Axis target(out, axis);
  const Array once = without_repetitions(indices, axis);
  const Array positions = temporary(out, DType::int64, once.shape());
  find_positions(positions, once, target, stream);
  const Array order = temporary(out, DType::int64, once.shape());
  arg_sort(order, positions, axis, /*descending=*/false);

  const auto spread = [&](const Array& x) {
    return x.view(x.layout.broadcast_to(indices.shape()));
  };
  const Array all_positions = spread(positions), all_order = spread(order);
  const Walk<4> walk = walk_of_lanes<4>({&out, &all_positions, &all_order, &values}, axis);
  const int64_t length = indices.shape()[axis];
  for_each_launch(walk, [&](const Walk<4>& part) {
    const int64_t most = std::max<int64_t>(1, largest_launch / part.size);
    for (int64_t first = 0; first < length; first += most) {
      const int64_t count = std::min(most, length - first);
      const ScatterTask task = {ThreadWalk<4>(part),
                                Divider(static_cast<uint32_t>(part.size)),
                                length,
                                first,
                                count,
                                target.stride,
                                Walk<1>::byte_stride(all_positions, axis),
                                Walk<1>::byte_stride(all_order, axis),
                                Walk<1>::byte_stride(values, axis)};
      dispatch_update(op, out.dtype(), [&]<typename Op, typename T>() {
        launch(scatter_values<Op, T>,
               static_cast<unsigned>(divide_up(count * part.size, threads_per_block)),
               threads_per_block, 0, stream, task);
      });
    }
  });
}

}  // namespace nd::cuda
