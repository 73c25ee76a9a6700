// Sorts of the `cpu` device, all of them stable. The elements of a lane become keys, with their
// positions if those are wanted: short lanes are merged (runs of some elements are sorted by
// insertion first), long ones sorted by radix, one byte of the key after the other from the lowest
// on (D. E. Knuth, "The Art of Computer Programming" 3, 5.2.5). Threads share the lanes.
#include <algorithm>

#include "core/strided.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/sort/keys.hpp"

namespace nd::cpu {
namespace {

template <typename K, typename Position>
struct Ranked {
  K key;
  Position position;
};
template <typename K>
K key_of(K key) {
  return key;
}
template <typename K, typename Position>
K key_of(const Ranked<K, Position>& item) {
  return item.key;
}

constexpr int64_t run_length = 16;

template <typename Item>
void insertion_sort(Item* items, int64_t count) {
  for (int64_t i = 1; i < count; ++i) {
    const Item item = items[i];
    int64_t at = i;
    for (; at > 0 && key_of(items[at - 1]) > key_of(item); --at) items[at] = items[at - 1];
    items[at] = item;
  }
}

template <typename Item>
void merge(Item* out, const Item* left, int64_t left_count, const Item* right,
           int64_t right_count) {
  const Item* const left_end = left + left_count;
  const Item* const right_end = right + right_count;
  while (left != left_end && right != right_end) {
    const bool take_right = key_of(*right) < key_of(*left);
    *out++ = take_right ? *right : *left;
    right += take_right;
    left += !take_right;
  }
  out = std::copy(left, left_end, out);
  std::copy(right, right_end, out);
}

// These two return whichever of items and scratch the sorted items are in.
template <typename Item>
Item* merge_sort(Item* items, Item* scratch, int64_t count) {
  for (int64_t i = 0; i < count; i += run_length) {
    insertion_sort(items + i, std::min(run_length, count - i));
  }
  for (int64_t width = run_length; width < count; width *= 2) {
    for (int64_t i = 0; i < count; i += 2 * width) {
      const int64_t left = std::min(width, count - i);
      merge(scratch + i, items + i, left, items + i + left, std::min(width, count - i - left));
    }
    std::swap(items, scratch);
  }
  return items;
}

template <typename Item>
Item* radix_sort(Item* items, Item* scratch, int64_t count) {
  using K = decltype(key_of(*items));
  constexpr int digits = sizeof(K), radix = 256;
  int64_t counts[digits][radix] = {};
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t key = key_of(items[i]);
    for (int d = 0; d < digits; ++d) ++counts[d][key >> 8 * d & (radix - 1)];
  }
  for (int d = 0; d < digits; ++d) {
    const auto digit_of = [d](const Item& item) {
      return static_cast<uint64_t>(key_of(item)) >> 8 * d & (radix - 1);
    };
    if (counts[d][digit_of(items[0])] == count) continue;  // the same everywhere
    int64_t next[radix];
    int64_t before = 0;
    for (int digit = 0; digit < radix; ++digit) {
      next[digit] = before;
      before += counts[d][digit];
    }
    for (int64_t i = 0; i < count; ++i) scratch[next[digit_of(items[i])]++] = items[i];
    std::swap(items, scratch);
  }
  return items;
}

template <typename Item>
Item* sort_items(Item* items, Item* scratch, int64_t count) {
  // Below, counting the digits costs more than comparing.
  const int64_t least = 64 * static_cast<int64_t>(sizeof(key_of(*items)));
  return count < least ? merge_sort(items, scratch, count) : radix_sort(items, scratch, count);
}

// The axis to sort along, strides in bytes; `flip` turns the order of keys around.
struct Lane {
  int64_t length, out_stride, x_stride;
  uint64_t flip;
};

// The key of +0 stands for both zeros; which of them was where is read from x again.
template <typename T>
void restore_zeros(char* out, const char* x, const Key<T>* sorted, const Lane& lane) {
  const Key<T> zero = sign_bit<T> ^ static_cast<Key<T>>(lane.flip);
  const auto [first, last] = std::equal_range(sorted, sorted + lane.length, zero);
  int64_t place = first - sorted;
  for (int64_t i = 0; i < lane.length && place < last - sorted; ++i, x += lane.x_stride) {
    const T value = *reinterpret_cast<const T*>(x);
    if (to_key(value) != sign_bit<T>) continue;
    *reinterpret_cast<T*>(out + place++ * lane.out_stride) = value;
  }
}

template <typename T>
void sort_lane(char* out, const char* x, Key<T>* keys, const Lane& lane) {
  const Key<T> flip = static_cast<Key<T>>(lane.flip);
  bool has_zeros = false;
  for (int64_t i = 0; i < lane.length; ++i) {
    const Key<T> key = to_key(*reinterpret_cast<const T*>(x + i * lane.x_stride));
    if constexpr (is_floating(dtype_of_type<T>::value)) has_zeros |= key == sign_bit<T>;
    keys[i] = key ^ flip;
  }
  const Key<T>* const sorted = sort_items(keys, keys + lane.length, lane.length);
  for (int64_t i = 0; i < lane.length; ++i) {
    *reinterpret_cast<T*>(out + i * lane.out_stride) =
        from_key<T>(static_cast<Key<T>>(sorted[i] ^ flip));
  }
  if constexpr (is_floating(dtype_of_type<T>::value)) {
    if (has_zeros) restore_zeros<T>(out, x, sorted, lane);
  }
}

template <typename T, typename Position>
void arg_sort_lane(char* out, const char* x, Ranked<Key<T>, Position>* items, const Lane& lane) {
  const Key<T> flip = static_cast<Key<T>>(lane.flip);
  for (int64_t i = 0; i < lane.length; ++i) {
    const Key<T> key = to_key(*reinterpret_cast<const T*>(x + i * lane.x_stride));
    items[i] = {static_cast<Key<T>>(key ^ flip), static_cast<Position>(i)};
  }
  const auto* const sorted = sort_items(items, items + lane.length, lane.length);
  for (int64_t i = 0; i < lane.length; ++i) {
    *reinterpret_cast<int64_t*>(out + i * lane.out_stride) =
        static_cast<int64_t>(sorted[i].position);
  }
}

// Calls sort_one(out, x, items, lane) for all lanes; `items` has room for two lanes.
template <typename Item, typename SortOne>
void for_each_lane(const Array& out, const Array& x, int axis, bool descending,
                   SortOne&& sort_one) {
  const Lane lane = {x.shape()[axis], Walk<2>::byte_stride(out, axis),
                     Walk<2>::byte_stride(x, axis), descending ? ~uint64_t{0} : 0};
  const Walk<2> lanes = walk_of_lanes<2>({&out, &x}, axis);
  const int64_t grain = std::max<int64_t>(1, parallel_grain / 4 / lane.length);
  for_each_block(lanes, grain, 1, [&](const Block<2>& block) {
    const int64_t room = 2 * lane.length * static_cast<int64_t>(sizeof(Item));
    const BufferRef memory = cpu_backend().allocate(DType::uint8, room);
    for (int64_t row = 0; row < block.rows; ++row) {
      for (int64_t i = 0; i < block.columns; ++i) {
        sort_one(block.data[0] + row * block.row_strides[0] + i * block.column_strides[0],
                 block.data[1] + row * block.row_strides[1] + i * block.column_strides[1],
                 static_cast<Item*>(memory->data), lane);
      }
    }
  });
}

}  // namespace

void sort(const Array& out, const Array& x, int axis, bool descending) {
  dispatch_ordered(x.dtype(), [&]<typename T>() {
    for_each_lane<Key<T>>(out, x, axis, descending, sort_lane<T>);
  });
}

void arg_sort(const Array& out, const Array& x, int axis, bool descending) {
  const bool is_short = x.shape()[axis] <= int64_t{UINT32_MAX};
  dispatch_ordered(x.dtype(), [&]<typename T>() {
    if (is_short) {
      using Item = Ranked<Key<T>, uint32_t>;
      for_each_lane<Item>(out, x, axis, descending, arg_sort_lane<T, uint32_t>);
    } else {
      using Item = Ranked<Key<T>, int64_t>;
      for_each_lane<Item>(out, x, axis, descending, arg_sort_lane<T, int64_t>);
    }
  });
}

void search_sorted(const Array& out, const Array& sorted, const Array& values, bool right) {
  const Walk<2> walk({&out, &values});
  const int64_t stride = Walk<1>::byte_stride(sorted, 0), size = sorted.size();
  const char* const start = sorted.data();
  dispatch_ordered(values.dtype(), [&]<typename T>() {
    const auto count_before = [=](Key<T> key) {
      int64_t first = 0, count = size;
      while (count > 0) {
        const int64_t half = count / 2;
        const Key<T> probe = to_key(*reinterpret_cast<const T*>(start + (first + half) * stride));
        const bool is_before = right ? probe <= key : probe < key;
        first = is_before ? first + half + 1 : first;
        count = is_before ? count - half - 1 : half;
      }
      return first;
    };
    for_each_block(walk, parallel_grain / 8, 1, [&](const Block<2>& block) {
      for (int64_t row = 0; row < block.rows; ++row) {
        char* to = block.data[0] + row * block.row_strides[0];
        const char* value = block.data[1] + row * block.row_strides[1];
        for (int64_t i = 0; i < block.columns; ++i) {
          *reinterpret_cast<int64_t*>(to) =
              count_before(to_key(*reinterpret_cast<const T*>(value)));
          to += block.column_strides[0];
          value += block.column_strides[1];
        }
      }
    });
  });
}

}  // namespace nd::cpu
