// Convolutions as matrix products on a GPU, without a matrix of windows in memory: what stands at a
// row and a term is found by adding two places. For the images, a column of the product is a place
// of the result, a term is a channel and a tap, and the sum of both is where that tap looks; beyond
// the edges there are zeros. The weight and its gradient are read in the same way.
#pragma once

#include "cuda/walk.hpp"
#include "ops/matmul/tiles.hpp"

namespace nd::cuda {

struct Point {
  int64_t offset;  // in elements
  int coordinates[3];
};

// The points that a row, a column or a term stands for: number ((outer * sizes[0] + i) * sizes[1] +
// j) * sizes[2] + k is the outer one, which is an image or a channel, at start + step * (i, j, k).
struct PointGrid {
  Divider sizes[3];
  int64_t outer_stride;
  int64_t first, strides[3];  // offsets, in elements
  int start[3], step[3];

  __device__ __forceinline__ Point point(uint32_t number) const {
    Point point;
    point.offset = first;
#pragma unroll
    for (int axis = 2; axis >= 0; --axis) {
      const uint32_t rest = sizes[axis].quotient(number);
      const int i = static_cast<int>(number - rest * sizes[axis].divisor);
      point.coordinates[axis] = start[axis] + i * step[axis];
      point.offset += i * strides[axis];
      number = rest;
    }
    point.offset += number * outer_stride;
    return point;
  }
};

template <typename T>
struct GridSource {
  using Value = T;

  const T* data;
  PointGrid row_grid, term_grid;
  uint32_t rows, terms;
  int64_t group_stride;
  bool along_terms;  // whether neighbouring terms, and not rows, tend to be neighbours in memory
  bool has_edges;    // whether points may lie outside of
  uint32_t size[3];

  __device__ __forceinline__ T load(const Point& row, const Point& term) const {
    if (has_edges) {
#pragma unroll
      for (int axis = 0; axis < 3; ++axis) {
        const int at = row.coordinates[axis] + term.coordinates[axis];
        if (static_cast<uint32_t>(at) >= size[axis]) return 0;
      }
    }
    return data[row.offset + term.offset];
  }

  // As MatrixSource::Fetch. The points of the rows, and those of the terms of the next slabs, stand
  // in shared memory, as all threads need them.
  template <int side, int extent, int slab_depth, int threads>
  class Fetch {
    static constexpr int count = extent * slab_depth / threads;
    static_assert(threads % extent == 0 && threads % slab_depth == 0);

   public:
    static constexpr bool has_tables = true;
    __device__ Fetch(const GridSource& source, int64_t first_row) : source_(source) {
      ND_SHARED(Point, row_points, [extent]);
      ND_SHARED(Point, term_points, [2 * slab_depth]);
      row_points_ = row_points;
      term_points_ = term_points;
      // Rows outside of the matrix repeat its last one.
      for (int i = static_cast<int>(threadIdx.x); i < extent; i += threads) {
        const auto row = static_cast<uint32_t>(first_row) + i;
        row_points[i] = source.row_grid.point(row < source.rows ? row : source.rows - 1);
      }
    }

    // The terms of a slab that is loaded after the next barrier.
    __device__ __forceinline__ void announce(int64_t first_term, int half) {
      for (int i = static_cast<int>(threadIdx.x); i < slab_depth; i += threads) {
        const auto term = static_cast<uint32_t>(first_term) + i;
        if (term < source_.terms) {
          term_points_[half * slab_depth + i] = source_.term_grid.point(term);
        }
      }
    }

    __device__ __forceinline__ void load(int64_t first_term, int half) {
      const Point* const terms = term_points_ + half * slab_depth;
      const auto left = static_cast<int64_t>(source_.terms) - first_term;
      if (source_.along_terms) {
        const int own = term(0);
        const bool inside = own < left;
        const Point point = inside ? terms[own] : Point{};
#pragma unroll
        for (int i = 0; i < count; ++i) {
          values_[i] = inside ? source_.load(row_points_[row(i)], point) : T(0);
        }
      } else {
        const Point point = row_points_[row(0)];
#pragma unroll
        for (int i = 0; i < count; ++i) {
          values_[i] = term(i) < left ? source_.load(point, terms[term(i)]) : T(0);
        }
      }
    }

    __device__ __forceinline__ void store(T (*slab)[extent + value_vector<T>]) const {
#pragma unroll
      for (int i = 0; i < count; ++i) slab[term(i)][row(i)] = values_[i];
    }

   private:
    __device__ __forceinline__ int row(int i) const {
      const int item = static_cast<int>(threadIdx.x) + i * threads;
      return source_.along_terms ? item / slab_depth : item % extent;
    }
    __device__ __forceinline__ int term(int i) const {
      const int item = static_cast<int>(threadIdx.x) + i * threads;
      return source_.along_terms ? item % slab_depth : item / extent;
    }

    const GridSource& source_;
    const Point* row_points_;
    Point* term_points_;
    T values_[count];
  };
};

// Where the results are stored.
template <typename T>
struct GridTarget {
  T* data;
  PointGrid columns;
  int64_t row_stride, group_stride;
};

// For each group: out (rows, columns) = x (rows, terms) @ y (columns, terms)^T.
template <typename T>
struct GridProduct {
  GridSource<T> x, y;
  GridTarget<T> out;
  int64_t groups, row_tiles, column_tiles, part_count, part_depth;
  T* parts;

  __device__ __forceinline__ GridSource<T> of_group(const GridSource<T>& source,
                                                    int64_t group) const {
    GridSource<T> result = source;
    result.data += group * source.group_stride;
    return result;
  }
  // `rest` is the number of group and part.
  __device__ __forceinline__ void store(int64_t group, int64_t part, int64_t row, int64_t column,
                                        T sum) const {
    if (row >= x.rows || column >= y.rows) return;
    if (parts) {
      parts[((part * groups + group) * x.rows + row) * y.rows + column] = sum;
    } else {
      const int64_t offset = out.columns.point(static_cast<uint32_t>(column)).offset;
      out.data[group * out.group_stride + row * out.row_stride + offset] = sum;
    }
  }
};

}  // namespace nd::cuda
