// For kernels that go over the rows of dense matrices several times: memory is read once. Each row
// belongs to a group of neighbouring threads, part of a warp or a whole block. A thread goes over
// elements of its own, 16 bytes at a time where rows are aligned, and keeps them in shared memory
// where they fit; nobody else looks at them, so only totals need the others.
#pragma once

#include <initializer_list>

#include "core/real_types.hpp"
#include "core/strided.hpp"
#include "cuda/block_reduce.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"

namespace nd::cuda {

inline constexpr int most_row_threads = 256;  // in a block

struct RowLayout {
  int64_t rows, length;
  int group;  // threads per row: a power of two, up to 32, or what a block has
};

// A thread's part of a row; n elements of type T are moved at once.
template <typename T, int n>
class Row {
 public:
  using Elements = Vector<T, n>;

  // The last block may have groups that have no row: they come along for the totals.
  __device__ __forceinline__ explicit Row(const RowLayout& layout)
      : group(layout.group),
        in_block(static_cast<int>(threadIdx.x) / layout.group),
        index(static_cast<int64_t>(blockIdx.x) * (static_cast<int>(blockDim.x) / layout.group) +
              in_block),
        length(layout.length),
        exists(index < layout.rows) {}

  const int group, in_block;
  const int64_t index, length;
  const bool exists;
  __device__ __forceinline__ bool is_first_thread() const {
    return exists && threadIdx.x % group == 0;
  }

  // body(i) for each i that is the number of the first of n elements. A kernel without totals may
  // have several blocks for a row: the grid's second dimension.
  template <typename Body>
  __device__ __forceinline__ void for_each(Body&& body) const {
    const int64_t end = exists ? length : 0, step = int64_t{gridDim.y} * group * n;
    const int64_t thread = int64_t{blockIdx.y} * group + threadIdx.x % group;
    for (int64_t i = thread * n; i < end; i += step) body(i);
  }

  // The total over the row of terms(i), n of them.
  template <typename Op, typename Terms>
  __device__ __forceinline__ T total(T initial, Terms&& terms) const {
    Elements totals;
    for (int k = 0; k < n; ++k) totals[k] = initial;
    for_each([&](int64_t i) {
      const Elements values = terms(i);
      for (int k = 0; k < n; ++k) totals[k] = Op::combine(totals[k], values[k]);
    });
    for (int k = 1; k < n; ++k) totals[0] = Op::combine(totals[0], totals[k]);
    return group > 32 ? block_total<Op>(totals[0]) : warp_total<Op>(totals[0], group);
  }
  template <typename Terms>
  __device__ __forceinline__ T sum(Terms&& terms) const {
    return total<Sum>(T(0), terms);
  }
};

// A row of an operand, which is loaded once and then looked at again: in shared memory if `kept`,
// else where it came from.
template <typename T, int n, bool kept>
class RowOperand {
 public:
  // Number `which` of `count` operands that the launch has kept memory for.
  __device__ __forceinline__ RowOperand(const Row<T, n>& row, const T* matrix, T* memory,
                                        int which = 0, int count = 1)
      : source_(matrix + row.index * row.length),
        kept_(memory + (row.in_block * count + which) * row.length) {}

  __device__ __forceinline__ Vector<T, n> load(int64_t i) const {
    const Vector<T, n> values = load_vector<n>(source_ + i);
    if constexpr (kept) store_vector(kept_ + i, values);
    return values;
  }
  __device__ __forceinline__ Vector<T, n> again(int64_t i) const {
    return load_vector<n>((kept ? kept_ : source_) + i);
  }

 private:
  const T* const source_;
  T* const kept_;
};

// How to launch a kernel on rows.
struct RowLaunch {
  RowLayout layout;
  int vector;  // elements that are moved at once
  unsigned threads;
  size_t shared_bytes;  // 0: rows are not kept

  dim3 grid() const {
    const int64_t rows_per_block = threads / static_cast<unsigned>(layout.group);
    return dim3(static_cast<unsigned>(divide_up(layout.rows, rows_per_block)));
  }
  // For kernels without totals: a thread has four vectors, or a few more.
  dim3 grid_of_elements() const {
    const int64_t parts = divide_up(layout.length, int64_t{4} * layout.group * vector);
    return dim3(grid().x, static_cast<unsigned>(std::min<int64_t>(parts, 65535)));
  }
};

// Calls f.template operator()<n, kept>(launch) for rows of `length` elements that start at
// multiples of `length` behind `matrices`; null ones don't matter. `operands` of them are kept. No
// vector reaches beyond a multiple of `segment`, which divides the length.
template <typename T, typename F>
void for_rows(int64_t rows, int64_t length, int64_t segment, int operands,
              std::initializer_list<const T*> matrices, F&& f) {
  constexpr int full = full_vector<T>;
  bool aligned = segment % full == 0;
  for (const T* matrix : matrices) aligned = aligned && is_vector_aligned<full>(matrix);
  // A thread for each vector, up to a warp; then for every four of them.
  RowLaunch launch{{rows, length, 1}, aligned ? full : 1, 128, 0};
  const int64_t vectors = divide_up(length, launch.vector);
  int& group = launch.layout.group;
  while (group < most_row_threads && group * (group < 32 ? 1 : 4) < vectors) group *= 2;
  if (group > 32) launch.threads = static_cast<unsigned>(group);
  while (launch.threads > 32 && launch.threads / 2 >= rows * group) launch.threads /= 2;
  // Not all that a multiprocessor has: several blocks hide each other's waiting.
  constexpr int64_t most_bytes = 32768;
  const int64_t elements = launch.threads / static_cast<unsigned>(group) * operands * length;
  const int64_t bytes = elements * static_cast<int64_t>(sizeof(T));
  if (bytes <= most_bytes) launch.shared_bytes = static_cast<size_t>(bytes);
  const bool kept = launch.shared_bytes > 0;
  if (aligned) {
    kept ? f.template operator()<full, true>(launch) : f.template operator()<full, false>(launch);
  } else {
    kept ? f.template operator()<1, true>(launch) : f.template operator()<1, false>(launch);
  }
}

template <typename T, typename F>
void for_rows(int64_t rows, int64_t length, int operands, std::initializer_list<const T*> matrices,
              F&& f) {
  for_rows<T>(rows, length, length, operands, matrices, std::forward<F>(f));
}

}  // namespace nd::cuda
