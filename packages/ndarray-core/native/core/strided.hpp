// Walking several operands of one shape together: dimensions in the order that suits the memory,
// merged where possible, cut into pieces for the thread pool.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/array.hpp"
#include "core/threads.hpp"

namespace nd {

// What the inner loops of a kernel get: a matrix of elements of each of N operands. Strides are in
// bytes, so that operands of different element types walk alike.
template <int N>
struct Block {
  char* data[N];
  int64_t rows, columns;
  int64_t row_strides[N], column_strides[N];
  bool streams = false;  // whether operand 0, whose columns lie side by side, bypasses the caches
};

// Below this many elements the wake-up of a thread costs more than it saves.
inline constexpr int64_t parallel_grain = 32768;

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The dimensions of N operands of one shape, the last one varying fastest. Strides are in bytes.
template <int N>
struct Walk {
  int ndim = 0;
  int64_t size = 1;  // number of elements
  int64_t shape[max_ndim];
  int64_t strides[max_ndim][N];
  char* data[N];

  Walk() = default;
  // All of `arrays` have the shape of the first. The elements are visited in no particular order.
  explicit Walk(const Array* const (&arrays)[N]) {
    for (int k = 0; k < N; ++k) data[k] = arrays[k]->data();
    const Dims& sizes = arrays[0]->shape();
    for (int axis = 0; axis < sizes.size(); ++axis) {
      int64_t steps[N];
      for (int k = 0; k < N; ++k) steps[k] = byte_stride(*arrays[k], axis);
      push_back(sizes[axis], steps);
    }
    normalize();
  }

  static int64_t byte_stride(const Array& array, int axis) {
    return array.strides()[axis] * static_cast<int64_t>(itemsize(array.dtype()));
  }

  // Appends the new fastest dimension.
  void push_back(int64_t length, const int64_t (&steps)[N]) {
    shape[ndim] = length;
    std::copy_n(steps, N, strides[ndim]);
    size *= length;
    ++ndim;
  }

  // Brings the dimensions into the order of the first operand's memory (then of the second's, and
  // so on), with positive strides of the first operand, and as few of them as possible.
  void normalize() {
    drop_single();
    for (int d = 0; d < ndim; ++d) {
      if (strides[d][0] < 0) reverse(d);
    }
    for (int d = 1; d < ndim; ++d) {
      for (int e = d; e > 0 && walks_faster(e - 1, e); --e) swap_dimensions(e - 1, e);
    }
    merge();
  }

  void swap_dimensions(int d, int e) {
    std::swap(shape[d], shape[e]);
    for (int k = 0; k < N; ++k) std::swap(strides[d][k], strides[e][k]);
  }

 private:
  void drop_single() {
    int kept = 0;
    for (int d = 0; d < ndim; ++d) {
      if (shape[d] != 1) move_dimension(d, kept++);
    }
    ndim = kept;
  }

  void move_dimension(int from, int to) {
    if (from == to) return;
    shape[to] = shape[from];
    std::copy_n(strides[from], N, strides[to]);
  }

  void reverse(int d) {
    if (size == 0) return;  // there is no last element to start from
    for (int k = 0; k < N; ++k) {
      data[k] += (shape[d] - 1) * strides[d][k];
      strides[d][k] = -strides[d][k];
    }
  }

  bool walks_faster(int d, int e) const {
    for (int k = 0; k < N; ++k) {
      const int64_t a = std::abs(strides[d][k]), b = std::abs(strides[e][k]);
      if (a != b) return a < b;
    }
    return false;
  }

  void merge() {
    int last = 0;
    for (int d = 1; d < ndim; ++d) {
      bool one_run = true;
      for (int k = 0; k < N; ++k) one_run &= strides[last][k] == strides[d][k] * shape[d];
      if (one_run) {
        shape[last] *= shape[d];
        std::copy_n(strides[d], N, strides[last]);
      } else {
        move_dimension(d, ++last);
      }
    }
    ndim = std::min(ndim, last + 1);
  }
};

// The walk of operands that have one shape but along an axis, without that axis: of their lanes.
template <int N>
Walk<N> walk_of_lanes(const Array* const (&arrays)[N], int axis) {
  Walk<N> walk;
  for (int k = 0; k < N; ++k) walk.data[k] = arrays[k]->data();
  for (int d = 0; d < arrays[0]->ndim(); ++d) {
    if (d == axis) continue;
    int64_t steps[N];
    for (int k = 0; k < N; ++k) steps[k] = Walk<N>::byte_stride(*arrays[k], d);
    walk.push_back(arrays[N - 1]->shape()[d], steps);
  }
  walk.normalize();
  return walk;
}

// Counts through the leading `ndim` dimensions of a walk, from their flat index `start` on.
template <int N>
class Cursor {
 public:
  Cursor(const Walk<N>& walk, int ndim, int64_t start) : walk_(walk), ndim_(ndim) {
    std::copy_n(walk.data, N, data);
    for (int d = ndim - 1; d >= 0; --d) {
      index_[d] = start % walk.shape[d];
      start /= walk.shape[d];
      advance(d, index_[d]);
    }
  }
  void next() {
    for (int d = ndim_ - 1; d >= 0; --d) {
      if (++index_[d] < walk_.shape[d]) return advance(d, 1);
      advance(d, 1 - walk_.shape[d]);
      index_[d] = 0;
    }
  }
  char* data[N];

 private:
  void advance(int d, int64_t steps) {
    for (int k = 0; k < N; ++k) data[k] += steps * walk_.strides[d][k];
  }
  const Walk<N>& walk_;
  const int ndim_;
  int64_t index_[max_ndim];
};

// Cuts the two fastest dimensions of a walk into pieces of row_piece x column_piece elements, and
// calls body(block, row of pieces, column of pieces) for each, on several threads when there is
// enough to do: a task takes as many pieces as make `grain` elements. How it is cut depends on the
// arguments alone.
template <int N, typename Body>
void for_each_piece(const Walk<N>& walk, int64_t row_piece, int64_t column_piece, int64_t grain,
                    Body&& body) {
  if (walk.size == 0) return;
  const int outer = std::max(walk.ndim - 2, 0);
  const int row = walk.ndim - 2, column = walk.ndim - 1;
  const int64_t rows = row >= 0 ? walk.shape[row] : 1;
  const int64_t columns = column >= 0 ? walk.shape[column] : 1;
  Block<N> whole;
  whole.rows = rows;
  whole.columns = columns;
  for (int k = 0; k < N; ++k) {
    whole.data[k] = walk.data[k];
    whole.row_strides[k] = row >= 0 ? walk.strides[row][k] : 0;
    whole.column_strides[k] = column >= 0 ? walk.strides[column][k] : 0;
  }
  if (outer == 0 && rows <= row_piece && columns <= column_piece) {
    return body(std::as_const(whole), int64_t{0}, int64_t{0});
  }

  const int64_t row_pieces = divide_up(rows, row_piece);
  const int64_t column_pieces = divide_up(columns, column_piece);
  const int64_t pieces = walk.size / (rows * columns) * row_pieces * column_pieces;
  const int64_t piece_size = std::min(rows, row_piece) * std::min(columns, column_piece);
  const int64_t pieces_per_task = std::max<int64_t>(1, grain / piece_size);
  auto task = [&](int64_t index) {
    const int64_t first = index * pieces_per_task;
    const int64_t count = std::min(pieces_per_task, pieces - first);
    int64_t c = first % column_pieces, r = first / column_pieces % row_pieces;
    Cursor<N> cursor(walk, outer, first / column_pieces / row_pieces);
    Block<N> block = whole;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t first_row = r * row_piece, first_column = c * column_piece;
      block.rows = std::min(row_piece, rows - first_row);
      block.columns = std::min(column_piece, columns - first_column);
      for (int k = 0; k < N; ++k) {
        block.data[k] = cursor.data[k] + first_row * block.row_strides[k] +
                        first_column * block.column_strides[k];
      }
      body(std::as_const(block), r, c);
      if (++c < column_pieces) continue;
      c = 0;
      if (++r < row_pieces) continue;
      r = 0;
      cursor.next();
    }
  };
  const int64_t tasks = divide_up(pieces, pieces_per_task);
  if (tasks == 1) {
    task(0);
  } else {
    parallel_for(tasks, task);
  }
}

// As above, for loops that do not care how the work is cut: pieces of about `grain` elements, long
// in the fastest dimension, but of at least `least_rows` rows (a transposition wants square ones).
template <int N, typename Body>
void for_each_block(const Walk<N>& walk, int64_t grain, int64_t least_rows, Body&& body) {
  const auto piece = [&](const Block<N>& block, int64_t, int64_t) { body(block); };
  if (walk.size <= grain) return for_each_piece(walk, walk.size, walk.size, grain, piece);
  const int64_t columns = walk.ndim > 0 ? walk.shape[walk.ndim - 1] : 1;
  const int64_t longest = std::max<int64_t>(1, grain / least_rows);
  const int64_t column_piece = std::clamp<int64_t>(columns, 1, longest);
  const int64_t row_piece = divide_up(grain / column_piece, least_rows) * least_rows;
  for_each_piece(walk, row_piece, column_piece, grain, piece);
}

}  // namespace nd
