// Sorts of the `cuda` devices, all of them stable, and searches. A lane's elements become keys with
// their positions, of which no two are equal. Blocks sort stretches of them in shared memory
// (K. E. Batcher, "Sorting networks and their applications", 1968); then sorted runs are merged in
// pairs until a lane is one run. A block merges a stretch of the result, and finds by bisection
// where it comes from (S. Odeh et al., "Merge path: parallel merging made simple", 2012).
#include <limits>

#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/walk.hpp"
#include "ops/sort/keys.hpp"

namespace nd::cuda {
namespace {

template <typename K>
struct Ranked {
  K key;
  K position;  // as wide as the key: no bytes between items that nobody writes
};
template <typename K>
__device__ __forceinline__ bool is_less(const Ranked<K>& a, const Ranked<K>& b) {
  return a.key != b.key ? a.key < b.key : a.position < b.position;
}

template <typename T>
using RankedKey = Ranked<std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>>;

constexpr int sort_tile = 1024;  // items that a block sorts or merges

struct SortTask {
  ThreadWalk<2> lanes;  // of out and x
  int64_t length, out_stride, x_stride;
  bool descending;
};

// How many of items[0 .. count) `come_before`: those do at the start, and the others do not.
template <typename Predicate>
__device__ __forceinline__ int64_t partition_point(int64_t count, Predicate&& comes_before) {
  int64_t first = 0;
  while (first < count) {
    const int64_t middle = (first + count) / 2;
    if (comes_before(middle)) {
      first = middle + 1;
    } else {
      count = middle;
    }
  }
  return first;
}

// Sorts stretches of `segment` items, a power of two; a block has room for `slots`, one or several
// stretches. items[lane * length + i] are the result.
template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    sort_segments(const SortTask task, RankedKey<T>* const items, const uint32_t segment,
                  const uint32_t slots_in_block) {
  using Item = RankedKey<T>;
  using K = decltype(Item::key);
  ND_SHARED(Item, slots, [sort_tile]);
  const int64_t segments_of_lane = (task.length + segment - 1) / segment;
  const auto place_of = [&](uint32_t slot, int64_t& lane, int64_t& i) {
    const int64_t number = (int64_t{blockIdx.x} * slots_in_block + slot) / segment;
    lane = number / segments_of_lane;
    i = number % segments_of_lane * segment + slot % segment;
    return lane < task.lanes.size && i < task.length;
  };
  for (uint32_t slot = threadIdx.x; slot < slots_in_block; slot += blockDim.x) {
    int64_t lane, i;
    Item item = {std::numeric_limits<K>::max(), UINT32_MAX};  // behind all others
    if (place_of(slot, lane, i)) {
      char* starts[2];
      task.lanes.locate(static_cast<uint32_t>(lane), starts);
      const Key<T> key = to_key(*reinterpret_cast<const T*>(starts[1] + i * task.x_stride));
      item = {task.descending ? static_cast<Key<T>>(~key) : key, static_cast<uint32_t>(i)};
    }
    slots[slot] = item;
  }
  __syncthreads();
  for (uint32_t size = 2; size <= segment; size *= 2) {
    for (uint32_t distance = size / 2; distance > 0; distance /= 2) {
      for (uint32_t pair = threadIdx.x; pair < slots_in_block / 2; pair += blockDim.x) {
        const uint32_t low = 2 * pair - (pair & (distance - 1)), high = low + distance;
        const bool ascending = (low % segment & size) == 0;
        const Item a = slots[low], b = slots[high];
        if (is_less(b, a) == ascending) {
          slots[low] = b;
          slots[high] = a;
        }
      }
      __syncthreads();
    }
  }
  for (uint32_t slot = threadIdx.x; slot < slots_in_block; slot += blockDim.x) {
    int64_t lane, i;
    if (place_of(slot, lane, i)) items[lane * task.length + i] = slots[slot];
  }
}

// Merges runs of `width` items in pairs; `tiles` blocks for each lane.
template <typename K>
__global__ void __launch_bounds__(threads_per_block)
    merge_runs(const Ranked<K>* const from, Ranked<K>* const to, const int64_t length,
               const int64_t width, const int64_t tiles) {
  ND_SHARED(Ranked<K>, slots, [sort_tile]);
  ND_SHARED(int64_t, splits, [2]);
  const int64_t lane = blockIdx.x / tiles, start = blockIdx.x % tiles * sort_tile;
  const int64_t left = start / (2 * width) * (2 * width);
  const int64_t right = std::min(left + width, length), end = std::min(left + 2 * width, length);
  const Ranked<K>* const a = from + lane * length + left;
  const Ranked<K>* const b = from + lane * length + right;
  const int64_t a_count = right - left, b_count = end - right;
  // The stretch of the pair's result that is this block's.
  const int64_t first = start - left, last = std::min(first + sort_tile, end - left);
  if (threadIdx.x < 2) {  // how many of the first so many come from a
    const int64_t before = threadIdx.x == 0 ? first : last;
    const int64_t least = std::max<int64_t>(0, before - b_count);
    splits[threadIdx.x] =
        least + partition_point(std::min(before, a_count) - least, [&](int64_t i) {
          return is_less(a[least + i], b[before - 1 - least - i]);
        });
  }
  __syncthreads();
  const int64_t a_first = splits[0], b_first = first - a_first;
  const int64_t from_a = splits[1] - a_first, count = last - first;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    slots[i] = i < from_a ? a[a_first + i] : b[b_first + (i - from_a)];
  }
  __syncthreads();
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const Ranked<K> item = slots[i];
    const bool is_left = i < from_a;
    const Ranked<K>* const others = is_left ? slots + from_a : slots;
    const int64_t others_before =
        partition_point(is_left ? count - from_a : from_a,
                        [&](int64_t other) { return is_less(others[other], item); });
    to[lane * length + start + (is_left ? i : i - from_a) + others_before] = item;
  }
}

// out: elements of x, or their positions.
template <typename T, typename K, bool positions>
__global__ void __launch_bounds__(threads_per_block)
    write_sorted(const SortTask task, const Ranked<K>* const items) {
  const int64_t size = task.lanes.size * task.length;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size;
       i += int64_t{gridDim.x} * blockDim.x) {
    char* starts[2];
    task.lanes.locate(static_cast<uint32_t>(i / task.length), starts);
    char* const out = starts[0] + i % task.length * task.out_stride;
    const int64_t position = items[i].position;
    if constexpr (positions) {
      *reinterpret_cast<int64_t*>(out) = position;
    } else {
      *reinterpret_cast<T*>(out) =
          *reinterpret_cast<const T*>(starts[1] + position * task.x_stride);
    }
  }
}

template <typename T, bool positions>
void sort_lanes(const SortTask& task, const Array& like, cudaStream_t stream) {
  using Item = RankedKey<T>;
  using K = decltype(Item::key);
  const int64_t lanes = task.lanes.size, length = task.length;
  const int64_t nbytes = lanes * length * static_cast<int64_t>(sizeof(Item));
  const Array sorted = temporary(like, DType::uint8, {nbytes});
  Item* items = reinterpret_cast<Item*>(sorted.data());

  const int64_t segment = static_cast<int64_t>(
      std::bit_ceil(static_cast<uint64_t>(std::clamp(length, int64_t{2}, int64_t{sort_tile}))));
  const int64_t segments = lanes * divide_up(length, segment);
  // At least a pair for each thread of a warp.
  const int64_t in_block =
      std::clamp<int64_t>(static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(segments))),
                          divide_up(64, segment), sort_tile / segment);
  const auto slots = static_cast<unsigned>(in_block * segment);
  launch(sort_segments<T>, static_cast<unsigned>(divide_up(segments, in_block)),
         std::min(slots / 2, threads_per_block), 0, stream, task, items,
         static_cast<uint32_t>(segment), slots);

  const bool merges = length > segment;
  const Array merged = merges ? temporary(like, DType::uint8, {nbytes}) : sorted;
  Item* others = reinterpret_cast<Item*>(merged.data());
  const int64_t tiles = divide_up(length, sort_tile);
  for (int64_t width = segment; width < length; width *= 2) {
    launch(merge_runs<K>, static_cast<unsigned>(lanes * tiles), threads_per_block, 0, stream, items,
           others, length, width, tiles);
    std::swap(items, others);
  }
  launch(write_sorted<T, K, positions>, blocks_for(lanes * length), threads_per_block, 0, stream,
         task, items);
}

template <bool positions>
void sort_along(const Array& out, const Array& x, int axis, bool descending) {
  const int64_t length = x.shape()[axis];
  if (length >= UINT32_MAX) {
    throw Error(message(positions ? "argsort" : "sort", ": axis ", axis, " of shape ", x.shape(),
                        " is longer than the ", UINT32_MAX - 1, " elements that ", x.device().name,
                        " sorts; sort parts of it"));
  }
  const cudaStream_t stream = enter({&out, &x});
  for_each_launch(walk_of_lanes<2>({&out, &x}, axis), [&](const Walk<2>& part) {
    const SortTask task = {ThreadWalk<2>(part), length, Walk<2>::byte_stride(out, axis),
                           Walk<2>::byte_stride(x, axis), descending};
    dispatch_ordered(x.dtype(), [&]<typename T>() { sort_lanes<T, positions>(task, x, stream); });
  });
}

// out[i]: how many of the sorted elements come before values[i].
template <typename T, bool right>
__global__ void __launch_bounds__(threads_per_block)
    count_before(const ThreadWalk<2> walk, const char* const sorted, const int64_t size,
                 const int64_t stride) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* elements[2];
    walk.locate(i, elements);
    const Key<T> value = to_key(*reinterpret_cast<const T*>(elements[1]));
    *reinterpret_cast<int64_t*>(elements[0]) = partition_point(size, [&](int64_t k) {
      const Key<T> key = to_key(*reinterpret_cast<const T*>(sorted + k * stride));
      return right ? key <= value : key < value;
    });
  }
}

}  // namespace

void sort(const Array& out, const Array& x, int axis, bool descending) {
  sort_along<false>(out, x, axis, descending);
}

void arg_sort(const Array& out, const Array& x, int axis, bool descending) {
  sort_along<true>(out, x, axis, descending);
}

void search_sorted(const Array& out, const Array& sorted, const Array& values, bool right) {
  const cudaStream_t stream = enter({&out, &sorted, &values});
  dispatch_ordered(values.dtype(), [&]<typename T>() {
    const auto kernel = right ? count_before<T, true> : count_before<T, false>;
    for_each_launch(Walk<2>({&out, &values}), [&](const Walk<2>& part) {
      launch(kernel, blocks_for(part.size), threads_per_block, 0, stream, ThreadWalk<2>(part),
             sorted.data(), sorted.size(), Walk<1>::byte_stride(sorted, 0));
    });
  });
}

}  // namespace nd::cuda
