// A block's part of a matrix product on a GPU's ordinary cores: a tile of the result, summed up
// from slabs of the operands that the threads fetch into shared memory together, each thread
// holding a small block of sums in its registers. While one slab is multiplied, the next one is on
// its way.
//
// Where the elements of an operand come from is a source's business: MatrixSource reads a matrix,
// and a convolution's reads windows of images (ops/convolution/grid_source.hpp).
#pragma once

#include "ops/matmul/product_values.hpp"

namespace nd::cuda {

// rows x columns of the result, `depth` terms at a time; thread_rows x thread_columns per thread.
template <int rows_, int columns_, int depth_, int thread_rows_, int thread_columns_>
struct Tile {
  static constexpr int rows = rows_, columns = columns_, depth = depth_;
  static constexpr int thread_rows = thread_rows_, thread_columns = thread_columns_;
  static constexpr int threads = rows * columns / (thread_rows * thread_columns);
};

// For float32: large ones read each element least often, small ones are for small matrices.
using LargeTile = Tile<128, 128, 8, 8, 8>;
using MediumTile = Tile<64, 64, 16, 8, 8>;
using SmallTile = Tile<32, 32, 16, 8, 4>;

// For values of other sizes: as many sums as the registers hold.
template <typename Value>
struct other_tile {
  using type = Tile<64, 32, 8, 8, 4>;
};
template <>
struct other_tile<uint64_t> {
  using type = Tile<32, 32, 8, 4, 4>;
};
template <>
struct other_tile<ComplexNumber<double>> {
  using type = Tile<32, 32, 8, 4, 4>;
};

// Elements that one instruction moves between registers and shared memory.
template <typename Value>
inline constexpr int value_vector = 16 / static_cast<int>(sizeof(Value));

// Rows of `depth` terms: an operand x as it is, y by columns.
template <typename T>
struct MatrixSource {
  using Value = product_value<T>;
  static constexpr int width = std::min(full_vector<T>, value_vector<Value>);

  const T* data;
  int64_t rows, depth;
  int64_t stride;    // along the dimension that is not dense
  bool along_depth;  // the terms of a row are neighbours; otherwise rows are
  bool aligned;      // for vectors

  // Neighbours from there on; zeros outside of the matrix.
  template <int n>
  __device__ __forceinline__ Vector<T, n> load(int64_t row, int64_t term) const {
    const int64_t along = along_depth ? term : row, length = along_depth ? depth : rows;
    const int64_t across = along_depth ? row : term;
    Vector<T, n> result = {};
    if (across >= (along_depth ? rows : depth)) return result;
    const T* const from = data + across * stride + along;
    if (aligned && along + n <= length) return load_vector<n>(from);
#pragma unroll
    for (int i = 0; i < n; ++i) {
      if (along + i < length) result[i] = from[i];
    }
    return result;
  }

  // A thread's part of the slabs of `extent` rows; `side` tells the two operands apart.
  template <int side, int extent, int slab_depth, int threads>
  class Fetch {
    static constexpr int count = extent * slab_depth / (threads * width);
    static_assert(count * threads * width == extent * slab_depth);

   public:
    static constexpr bool has_tables = false;
    __device__ Fetch(const MatrixSource& source, int64_t first_row)
        : source_(source), first_row_(first_row) {}
    __device__ __forceinline__ void announce(int64_t, int) {}

    __device__ __forceinline__ void load(int64_t first_term, int) {
#pragma unroll
      for (int i = 0; i < count; ++i) {
        values_[i] = source_.template load<width>(first_row_ + row(i), first_term + term(i));
      }
    }

    __device__ __forceinline__ void store(Value (*slab)[extent + value_vector<Value>]) const {
#pragma unroll
      for (int i = 0; i < count; ++i) {
        Vector<Value, width> widened;
#pragma unroll
        for (int j = 0; j < width; ++j) widened[j] = to_value(values_[i][j]);
        if (source_.along_depth) {
#pragma unroll
          for (int j = 0; j < width; ++j) slab[term(i) + j][row(i)] = widened[j];
        } else {
          store_vector(&slab[term(i)][row(i)], widened);
        }
      }
    }

   private:
    __device__ __forceinline__ int row(int i) const {
      const int vector = static_cast<int>(threadIdx.x) + i * threads;
      return source_.along_depth ? vector / (slab_depth / width)
                                 : vector % (extent / width) * width;
    }
    __device__ __forceinline__ int term(int i) const {
      const int vector = static_cast<int>(threadIdx.x) + i * threads;
      return source_.along_depth ? vector % (slab_depth / width) * width
                                 : vector / (extent / width);
    }

    const MatrixSource& source_;
    const int64_t first_row_;
    Vector<T, width> values_[count];
  };
};

// Sums the terms [begin, end) of the tile whose corner is (first_row, first_column) and calls
// finish(row, column, vector of neighbouring sums of a row), also for places outside of the matrix.
// `begin` is a multiple of the tile's depth; sources give zeros from their last term on.
template <typename Tile, typename X, typename Y, typename Finish>
__device__ __forceinline__ void multiply_tile(const X& x, const Y& y, int64_t first_row,
                                              int64_t first_column, int64_t begin, int64_t end,
                                              Finish&& finish) {
  using Value = typename X::Value;
  constexpr int vector = value_vector<Value>;
  constexpr int row_vector = std::min(vector, Tile::thread_rows);
  constexpr int column_vector = std::min(vector, Tile::thread_columns);
  ND_SHARED(Value, x_slabs, [2][Tile::depth][Tile::rows + vector]);
  ND_SHARED(Value, y_slabs, [2][Tile::depth][Tile::columns + vector]);
  using XFetch = typename X::template Fetch<0, Tile::rows, Tile::depth, Tile::threads>;
  using YFetch = typename Y::template Fetch<1, Tile::columns, Tile::depth, Tile::threads>;
  XFetch x_fetch(x, first_row);
  YFetch y_fetch(y, first_column);
  const auto announce = [&](int64_t term, int half) {
    x_fetch.announce(term, half);
    y_fetch.announce(term, half);
  };
  const auto load = [&](int64_t term, int half) {
    x_fetch.load(term, half);
    y_fetch.load(term, half);
  };
  const auto store = [&](int half) {
    x_fetch.store(x_slabs[half]);
    y_fetch.store(y_slabs[half]);
  };

  // Neighbouring threads read neighbouring vectors of a slab: a thread's rows and columns lie in
  // vectors that are far from each other.
  constexpr int column_threads = Tile::columns / Tile::thread_columns;
  constexpr int row_step = Tile::rows / (Tile::thread_rows / row_vector);
  constexpr int column_step = Tile::columns / (Tile::thread_columns / column_vector);
  const int row0 = static_cast<int>(threadIdx.x) / column_threads * row_vector;
  const int column0 = static_cast<int>(threadIdx.x) % column_threads * column_vector;

  announce(begin, 0);
  announce(begin + Tile::depth, 1);
  if constexpr (XFetch::has_tables || YFetch::has_tables) __syncthreads();
  load(begin, 0);
  store(0);
  __syncthreads();
  Value sums[Tile::thread_rows][Tile::thread_columns] = {};
  int half = 0;
  for (int64_t term = begin; term < end; term += Tile::depth, half ^= 1) {
    const bool has_next = term + Tile::depth < end;
    if (has_next) load(term + Tile::depth, half ^ 1);
#pragma unroll
    for (int k = 0; k < Tile::depth; ++k) {
      Value of_x[Tile::thread_rows], of_y[Tile::thread_columns];
#pragma unroll
      for (int i = 0; i < Tile::thread_rows; i += row_vector) {
        const auto values =
            load_vector<row_vector>(&x_slabs[half][k][row0 + i / row_vector * row_step]);
#pragma unroll
        for (int v = 0; v < row_vector; ++v) of_x[i + v] = values[v];
      }
#pragma unroll
      for (int j = 0; j < Tile::thread_columns; j += column_vector) {
        const auto values = load_vector<column_vector>(
            &y_slabs[half][k][column0 + j / column_vector * column_step]);
#pragma unroll
        for (int v = 0; v < column_vector; ++v) of_y[j + v] = values[v];
      }
#pragma unroll
      for (int i = 0; i < Tile::thread_rows; ++i) {
#pragma unroll
        for (int j = 0; j < Tile::thread_columns; ++j) add_product(sums[i][j], of_x[i], of_y[j]);
      }
    }
    if (!has_next) break;
    // Nobody reads the other half any more: all have passed the last barrier.
    store(half ^ 1);
    announce(term + 2 * Tile::depth, half);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < Tile::thread_rows; ++i) {
    const int64_t row = first_row + row0 + i / row_vector * row_step + i % row_vector;
#pragma unroll
    for (int j = 0; j < Tile::thread_columns; j += column_vector) {
      Vector<Value, column_vector> values;
#pragma unroll
      for (int v = 0; v < column_vector; ++v) values[v] = sums[i][j + v];
      finish(row, first_column + column0 + j / column_vector * column_step, values);
    }
  }
}

}  // namespace nd::cuda
