// Reductions of the `cuda` devices: what reduce and arg_reduce have in common.
//
// A group of threads makes one output, or one of its parts: each thread goes over some items, and
// the threads' totals are combined as a tree. The totals of parts are reduced again, until there is
// one. How the work is cut depends on the operands' layouts alone, so a result is always the same;
// and a float passes through some forty additions instead of as many as there are elements
// (N. J. Higham, "The accuracy of floating point summation", 1993).
//
// What is reduced is a type R:
//   Element, Item, Result   in memory; while it is reduced; in the array of results
//   load(element, position)     the item of an element, its number in the order of the operand
//   combine(item, item)         two items as one; associative, but for rounding
//   Rest                        the same for a second step: its elements are items
#pragma once

#include <optional>

#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/shuffle.hpp"
#include "cuda/vector.hpp"
#include "cuda/walk.hpp"
#include "ops/reduce/reduction.hpp"

namespace nd::cuda {

// A thread adds up runs of so many items, and so many runs at most.
inline constexpr uint32_t reduce_run = 16, reduce_most_items = 16 * reduce_run;
// About as many blocks fill a large device.
inline constexpr int64_t enough_blocks = 1024;

// One launch. Items are vectors of n elements each.
struct ReducePass {
  ThreadWalk<2> kept;     // the first element of each output in x; where its total goes
  ThreadWalk<1> reduced;  // from there on
  uint32_t part;          // items of a part: part p of the outputs is blockIdx.y == p
  int64_t part_stride;    // from the total of a part to the next one, in bytes
  int64_t position;       // of the first element
};

// Of the items first, first + step, ... below last: at least one.
template <typename R, int n>
__device__ __forceinline__ typename R::Item total_of_items(const char* x, const ReducePass& pass,
                                                           uint32_t first, uint32_t last,
                                                           uint32_t step) {
  using Items = typename R::Item[n];
  const auto load = [&](uint32_t i, Items& items) {
    char* element[1];
    pass.reduced.locate(i, element);
    const auto* address =
        reinterpret_cast<const typename R::Element*>(x + (element[0] - pass.reduced.data[0]));
    if constexpr (n == 1) {
      items[0] = R::load(*address, pass.position + i);
    } else {
      const auto elements = load_vector<n>(address);
#pragma unroll
      for (int k = 0; k < n; ++k) {
        items[k] = R::load(elements[k], pass.position + int64_t{i} * n + k);
      }
    }
  };
  const auto load_run = [&](uint32_t start, Items& run) {
    load(start, run);
    for (uint32_t i = 1; i < reduce_run && start + i * step < last; ++i) {
      Items items;
      load(start + i * step, items);
#pragma unroll
      for (int k = 0; k < n; ++k) run[k] = R::combine(run[k], items[k]);
    }
  };
  Items totals;
  load_run(first, totals);
  for (uint32_t start = first + reduce_run * step; start < last; start += reduce_run * step) {
    Items run;
    load_run(start, run);
#pragma unroll
    for (int k = 0; k < n; ++k) totals[k] = R::combine(totals[k], run[k]);
  }
#pragma unroll
  for (int half = n / 2; half > 0; half /= 2) {
#pragma unroll
    for (int k = 0; k < half; ++k) totals[k] = R::combine(totals[k], totals[k + half]);
  }
  return totals[0];
}

// Items of an output lie close together: `group` neighbouring threads make a total, a power of two;
// above 32 that is the whole block.
template <typename R, typename Out, int n>
__global__ void __launch_bounds__(threads_per_block, 1)  // whatever registers that takes
    reduce_rows(const ReducePass pass, const uint32_t group) {
  using Item = typename R::Item;
  const uint32_t member = threadIdx.x % group;
  const uint32_t output = blockIdx.x * (blockDim.x / group) + threadIdx.x / group;
  const uint32_t first = blockIdx.y * pass.part;
  const uint32_t last = std::min(first + pass.part, pass.reduced.size);
  // Others have no item, and nobody combines what they bring along.
  const uint32_t members = std::min(group, last - first);
  const bool takes_part = output < pass.kept.size && member < members;
  char* ends[2] = {};
  Item total = {};
  if (takes_part) {
    pass.kept.locate(output, ends);
    total = total_of_items<R, n>(ends[0], pass, first + member, last, group);
  }
  for (uint32_t distance = std::min(group, 32u) / 2; distance > 0; distance /= 2) {
    const Item other = shuffle_down(total, static_cast<int>(distance));
    if (member % 32 < distance && member + distance < members) total = R::combine(total, other);
  }
  if (group > 32) {
    ND_SHARED(Item, totals, [threads_per_block / 32]);
    if (member % 32 == 0) totals[member / 32] = total;
    __syncthreads();
    if (member > 0) return;
    for (uint32_t i = 1; i * 32 < members; ++i) total = R::combine(total, totals[i]);
  }
  if (takes_part && member == 0) {
    *reinterpret_cast<Out*>(ends[1] + blockIdx.y * pass.part_stride) = static_cast<Out>(total);
  }
}

// Outputs lie side by side: threadIdx.x counts outputs, threadIdx.y the threads that make a total.
template <typename R, typename Out>
__global__ void __launch_bounds__(threads_per_block) reduce_columns(const ReducePass pass) {
  using Item = typename R::Item;
  const uint32_t output = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t first = blockIdx.y * pass.part;
  const uint32_t last = std::min(first + pass.part, pass.reduced.size);
  const uint32_t members = std::min(blockDim.y, last - first);
  const bool takes_part = output < pass.kept.size && threadIdx.y < members;
  char* ends[2] = {};
  Item total = {};
  if (takes_part) {
    pass.kept.locate(output, ends);
    total = total_of_items<R, 1>(ends[0], pass, first + threadIdx.y, last, blockDim.y);
  }
  if (blockDim.y > 1) {
    ND_SHARED(Item, totals, [threads_per_block]);
    totals[threadIdx.y * blockDim.x + threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y > 0) return;
    for (uint32_t i = 1; i < members; ++i) {
      total = R::combine(total, totals[i * blockDim.x + threadIdx.x]);
    }
  }
  if (takes_part) {
    *reinterpret_cast<Out*>(ends[1] + blockIdx.y * pass.part_stride) = static_cast<Out>(total);
  }
}

// How a reduction is cut.
struct ReducePlan {
  bool by_rows;
  unsigned group;    // threads that make a total
  int64_t part;      // of so many items
  int64_t in_block;  // totals that a block makes

  explicit ReducePlan(const Reduction& task) {
    const Walk<2>& kept = task.kept;
    const Walk<1>& reduced = task.reduced;
    const int64_t items = reduced.size;
    // A few columns would leave most of their threads without work.
    by_rows = kept.ndim == 0 || (reduced.ndim > 0 && items >= 16 &&
                                 (kept.size < 8 || reduced.strides[reduced.ndim - 1][0] <
                                                       std::abs(kept.strides[kept.ndim - 1][0])));
    const int64_t widest = by_rows ? threads_per_block : 8;
    const int64_t wanted = std::clamp<int64_t>(divide_up(items, reduce_run), 1, widest);
    group = std::bit_ceil(static_cast<unsigned>(wanted));
    in_block = by_rows && group > 32 ? 1 : threads_per_block / group;
    in_block = std::min(in_block, kept.size);
    const int64_t least = int64_t{reduce_run} * group;
    int64_t parts = std::clamp<int64_t>(enough_blocks / divide_up(kept.size, in_block), 1,
                                        divide_up(items, least));
    parts = std::max(parts, divide_up(items, int64_t{reduce_most_items} * group));
    part = std::max(divide_up(items, parts), divide_up(std::min(items, largest_launch), 65535));
  }
};

// The walk over vectors of n elements, or nothing if there are none everywhere.
template <int n>
std::optional<Walk<1>> walk_of_vectors(const Reduction& task, int64_t item) {
  Walk<1> vectors = task.reduced;
  const int last = vectors.ndim - 1;
  if (last < 0 || vectors.strides[last][0] != item || vectors.shape[last] % n != 0) return {};
  vectors.shape[last] /= n;
  vectors.strides[last][0] *= n;
  vectors.size /= n;
  int64_t bits = reinterpret_cast<int64_t>(task.kept.data[0]);
  for (int d = 0; d <= last; ++d) bits |= vectors.strides[d][0];
  for (int d = 0; d < task.kept.ndim; ++d) bits |= task.kept.strides[d][0];
  return bits % (n * item) == 0 ? std::optional(vectors) : std::nullopt;
}

template <typename R>
class Reducer {
  using Element = typename R::Element;
  using Item = typename R::Item;
  // More totals, or more than 64 bytes of them, would not leave a thread the registers it needs.
  static constexpr int n = std::min({full_vector<Element>, 64 / static_cast<int>(sizeof(Item)), 8});

 public:
  // x lies on the device of `like`.
  static void run(const Reduction& task, const Array& like, cudaStream_t stream) {
    if constexpr (n > 1) {
      if (const auto vectors = walk_of_vectors<n>(task, sizeof(Element))) {
        Reduction wide = task;
        wide.reduced = *vectors;
        const ReducePlan plan(wide);
        if (plan.by_rows) return run_parts<n>(wide, plan, like, stream);
      }
    }
    run_parts<1>(task, ReducePlan(task), like, stream);
  }

 private:
  // `width` elements make an item.
  template <int width>
  static void run_parts(const Reduction& task, const ReducePlan& plan, const Array& like,
                        cudaStream_t stream) {
    const Walk<2>& kept = task.kept;
    int64_t parts = 0;
    for_each_launch(task.reduced,
                    [&](const Walk<1>& piece) { parts += divide_up(piece.size, plan.part); });
    if (parts == 1) {
      return launch_pass<typename R::Result, width>(plan, kept, task.reduced, 0, 0, stream);
    }
    // The totals of parts lie in memory as their reduction likes it: an output's side by side, or
    // the outputs of a part.
    const int64_t item = sizeof(Item);
    const Array totals = temporary(like, DType::uint8, {kept.size * parts * item});
    const int64_t part_stride = plan.by_rows ? item : kept.size * item;
    int64_t stride = plan.by_rows ? parts * item : item;
    Walk<2> to_totals = kept;
    to_totals.data[1] = totals.data();
    for (int d = kept.ndim - 1; d >= 0; --d) {
      to_totals.strides[d][1] = stride;
      stride *= kept.shape[d];
    }
    int64_t position = 0;
    for_each_launch(task.reduced, [&](const Walk<1>& piece) {
      to_totals.data[0] = kept.data[0] + (piece.data[0] - task.reduced.data[0]);
      launch_pass<Item, width>(plan, to_totals, piece, part_stride, position, stream);
      to_totals.data[1] += divide_up(piece.size, plan.part) * part_stride;
      position += piece.size * width;
    });

    Reduction rest;
    rest.kept.data[0] = rest.reduced.data[0] = totals.data();
    rest.kept.data[1] = kept.data[1];
    for (int d = 0; d < kept.ndim; ++d) {
      rest.kept.push_back(kept.shape[d], {to_totals.strides[d][1], kept.strides[d][1]});
    }
    rest.kept.normalize();
    rest.reduced.push_back(parts, {part_stride});
    Reducer<typename R::Rest>::run(rest, like, stream);
  }

  template <typename Out, int width>
  static void launch_pass(const ReducePlan& plan, const Walk<2>& outputs, const Walk<1>& piece,
                          int64_t part_stride, int64_t position, cudaStream_t stream) {
    const auto parts = static_cast<unsigned>(divide_up(piece.size, plan.part));
    for_each_launch(outputs, [&](const Walk<2>& kept) {
      const ReducePass pass = {ThreadWalk<2>(kept), ThreadWalk<1>(piece),
                               static_cast<uint32_t>(plan.part), part_stride, position};
      const dim3 grid(static_cast<unsigned>(divide_up(kept.size, plan.in_block)), parts);
      const auto in_block = static_cast<unsigned>(plan.in_block);
      if (plan.by_rows) {
        const unsigned threads = (in_block * plan.group + 31) / 32 * 32;
        launch(reduce_rows<R, Out, width>, grid, threads, 0, stream, pass, plan.group);
      } else if constexpr (width == 1) {
        launch(reduce_columns<R, Out>, grid, dim3(in_block, plan.group), 0, stream, pass);
      }
    });
  }
};

}  // namespace nd::cuda
