// Sums over the rows of a matrix of what a function says, two at a time: the gradients of scales
// and shifts. In the same order each time: parts of the rows by blocks of their own, and then the
// parts.
#pragma once

#include "core/real_types.hpp"
#include "core/strided.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"

namespace nd::cuda {

template <typename T>
struct TwoSums {
  T first, second;
  __device__ __forceinline__ void add(const TwoSums& other) {
    first += other.first;
    second += other.second;
  }
};

inline constexpr int column_block = 32, column_threads = 8;

// terms(row, column) -> TwoSums<T>. first and second (parts, columns), or null.
template <typename T, typename Terms>
__global__ void __launch_bounds__(column_block* column_threads)
    column_sums(T* const first, T* const second, const Terms terms, const int64_t rows,
                const int64_t rows_of_part, const int64_t columns) {
  ND_SHARED(TwoSums<T>, totals, [column_threads][column_block]);
  const int64_t column = int64_t{blockIdx.x} * column_block + threadIdx.x;
  const int64_t begin = blockIdx.y * rows_of_part;
  const int64_t end = begin + rows_of_part < rows ? begin + rows_of_part : rows;
  TwoSums<T> total{0, 0};
  if (column < columns) {
    for (int64_t row = begin + threadIdx.y; row < end; row += column_threads) {
      total.add(terms(row, column));
    }
  }
  totals[threadIdx.y][threadIdx.x] = total;
  __syncthreads();
  if (threadIdx.y != 0 || column >= columns) return;
  for (int k = 1; k < column_threads; ++k) total.add(totals[k][threadIdx.x]);
  if (first) first[blockIdx.y * columns + column] = total.first;
  if (second) second[blockIdx.y * columns + column] = total.second;
}

// What was summed already.
template <typename T>
struct SumsOfParts {
  const T *first, *second;
  int64_t columns;
  __device__ __forceinline__ TwoSums<T> operator()(int64_t part, int64_t column) const {
    const int64_t at = part * columns + column;
    return {first ? first[at] : T(0), second ? second[at] : T(0)};
  }
};

// `like` is on the device.
template <typename T, typename Terms>
void sum_columns(T* first, T* second, const Terms& terms, int64_t rows, int64_t columns,
                 const Array& like, cudaStream_t stream) {
  constexpr int64_t most_parts = 64;
  const int64_t rows_of_part = std::max(divide_up(rows, most_parts), int64_t{8} * column_threads);
  const int64_t parts = divide_up(rows, rows_of_part);
  const auto start = [&](T* to_first, T* to_second, const auto& of, int64_t count, int64_t part) {
    const dim3 grid(static_cast<unsigned>(divide_up(columns, column_block)),
                    static_cast<unsigned>(divide_up(count, part)));
    launch(column_sums<T, std::decay_t<decltype(of)>>, grid, dim3(column_block, column_threads), 0,
           stream, to_first, to_second, of, count, part, columns);
  };
  if (parts == 1) return start(first, second, terms, rows, rows_of_part);
  const Array partial = temporary(like, like.dtype(), {2, parts, columns});
  T* const firsts = first ? elements<T>(partial) : nullptr;
  T* const seconds = second ? elements<T>(partial) + parts * columns : nullptr;
  start(firsts, seconds, terms, rows, rows_of_part);
  start(first, second, SumsOfParts<T>{firsts, seconds, columns}, parts, parts);
}

}  // namespace nd::cuda
