// The micro-kernel: a tile of the result, kept in registers. For *_kernels.cpp files alone, which
// are compiled for each instruction set; hence the namespaces.
#pragma once

#include <cstdint>

#include "core/half.hpp"
#include "cpu/vector_width.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// The micro-kernel's tile is tile_rows x 2 vectors. Each step of k loads two vectors of y and, one
// after another, tile_rows elements of x that it spreads over a vector. The accumulators leave just
// these registers free; there must be at least 8 to cover the latency of two multiply-add units.
#if defined(__AVX512F__)
constexpr int max_tile_rows = 14;  // 28 of 32 registers
#elif defined(__AVX2__)
constexpr int max_tile_rows = 6;  // 12 of 16
#elif defined(__aarch64__)
constexpr int max_tile_rows = 8;  // 16 of 32
#else
constexpr int max_tile_rows = 4;  // 8 of 16: without FMA products need some, too
#endif

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(vector_bytes)));
  typedef T unaligned __attribute__((vector_size(vector_bytes), aligned(sizeof(T)), may_alias));
};
template <typename T>
using Vector = typename VectorOf<T>::type;

template <typename T>
ND_INLINE Vector<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T>::unaligned*>(from);
}
template <typename T>
ND_INLINE void store(T* to, Vector<T> value) {
  *reinterpret_cast<typename VectorOf<T>::unaligned*>(to) = value;
}

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

template <typename T>
constexpr bool is_integer = T(0.5) == T(0);

template <typename T>
struct Blocking {
  static constexpr int lanes = vector_bytes / sizeof(T);
  static constexpr int column_tile = 2 * lanes;
  // To multiply integers of 8 and 64 bits takes several instructions, which need registers, too.
  static constexpr bool is_emulated = is_integer<T> && (sizeof(T) == 1 || sizeof(T) == 8);
  static constexpr int row_tile = is_emulated && max_tile_rows > 4 ? 4 : max_tile_rows;
  // Narrower panels for the last rows: a row of padding costs as much as a row of work.
  static constexpr int row_step = row_tile > 8 ? 2 : 1;
  // A panel of y (depth x column_tile) is used again and again for all panels of x: with one of
  // those it has to stay in the first-level cache, 32 KiB on most processors.
  static constexpr int64_t depth = (vector_bytes == 64 ? 24576 : 16384) / (column_tile * sizeof(T));
  // A block of x (rows x depth) has to stay in half of a second-level cache of 512 KiB while the
  // panels of y pass by.
  static constexpr int64_t rows =
      static_cast<int64_t>(196608 / (depth * sizeof(T))) / row_tile * row_tile;
};

// k is cut into equal parts of at most `depth`.
template <typename T>
int64_t balanced_depth(int64_t k) {
  return ceil_div(k, ceil_div(k, Blocking<T>::depth));
}
template <typename T>
int64_t balanced_rows(int64_t m) {
  return round_up(ceil_div(m, ceil_div(m, Blocking<T>::rows)), Blocking<T>::row_tile);
}

// How many rows of those that are left the next tile takes. A last one of few rows would have too
// few accumulators: the last two share their rows then.
template <typename T>
int64_t next_tile_rows(int64_t left, int64_t most = Blocking<T>::row_tile) {
  if (left <= most || left >= most + 4) return smaller(left, most);
  return round_up(ceil_div(left, 2), Blocking<T>::row_step);
}
// Where a block of packed rows ends that begins at `first`: between two tiles.
template <typename T>
int64_t block_end(int64_t first, int64_t block, int64_t rows) {
  return rows - (first + block) < Blocking<T>::row_tile ? rows : first + block;
}

// Where the two vectors of each step of k come from: from here on, `step` elements apart.
template <typename T>
struct Panel {
  const T* y;
  int64_t step;
  __attribute__((always_inline)) void next(Vector<T>& y0, Vector<T>& y1) {
    y0 = load(y);
    y1 = load(y + Blocking<T>::lanes);
    y += step;
  }
};

// sums (R, 2 vectors) += x (R, depth) @ y (depth, 2 vectors).
template <typename T, int R, typename Columns>
ND_INLINE void add_products(Vector<T> (&sums)[R][2], const T* x, int64_t x_row, int64_t x_step,
                            Columns& y, int64_t depth) {
#pragma GCC unroll 4
  for (int64_t k = 0; k < depth; ++k) {
    Vector<T> y0, y1;
    y.next(y0, y1);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const Vector<T> spread = x[i * x_row] - Vector<T>{};
      sums[i][0] += spread * y0;
      sums[i][1] += spread * y1;
    }
    x += x_step;
  }
}

// out (R, columns) = or += sums. Columns beyond `columns` are not stored.
template <typename T, int R>
ND_INLINE void put(T* out, int64_t out_stride, const Vector<T> (&sums)[R][2], int64_t columns,
                   bool add) {
  constexpr int lanes = Blocking<T>::lanes;
  if (columns == 2 * lanes) {
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      T* row = out + i * out_stride;
      store(row, add ? load(row) + sums[i][0] : sums[i][0]);
      store(row + lanes, add ? load(row + lanes) + sums[i][1] : sums[i][1]);
    }
    return;
  }
  alignas(64) T edge[R][2 * lanes];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
    store(edge[i], sums[i][0]);
    store(edge[i] + lanes, sums[i][1]);
  }
  for (int i = 0; i < R; ++i) {
    T* row = out + i * out_stride;
    for (int64_t j = 0; j < columns; ++j) {
      row[j] = static_cast<T>(add ? row[j] + edge[i][j] : edge[i][j]);
    }
  }
}

// The result's lines arrive while the sums are made.
template <int R, typename T>
ND_INLINE void prefetch_rows(T* out, int64_t out_stride) {
  for (int i = 0; i < R; ++i) __builtin_prefetch(out + i * out_stride, 1);
}

// out (R, columns) = or += x (R, depth) @ y (depth, 2 vectors). Columns beyond `columns` are
// computed but not stored.
template <typename T, int R, typename Columns>
ND_INLINE void tile(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_step,
                    Columns y, int64_t depth, int64_t columns, bool add) {
  prefetch_rows<R>(out, out_stride);
  Vector<T> sums[R][2] = {};
  add_products<T, R>(sums, x, x_row, x_step, y, depth);
  put<T, R>(out, out_stride, sums, columns, add);
}

template <typename T>
using Tile = void (*)(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_step,
                      const T* y, int64_t y_step, int64_t depth, int64_t rows, int64_t columns,
                      bool add);

// x as pack() leaves it: R elements for each step of k. Rows beyond `rows` are padding.
template <typename T, int R>
void packed_tile(T* out, int64_t out_stride, const T* x, int64_t, int64_t, const T* y,
                 int64_t y_step, int64_t depth, int64_t rows, int64_t columns, bool add) {
  if (R == rows) {
    tile<T, R>(out, out_stride, x, 1, R, Panel<T>{y, y_step}, depth, columns, add);
    return;
  }
  alignas(64) T padded[R * Blocking<T>::column_tile];
  tile<T, R>(padded, Blocking<T>::column_tile, x, 1, R, Panel<T>{y, y_step}, depth,
             Blocking<T>::column_tile, false);
  for (int64_t i = 0; i < rows; ++i) {
    T* row = out + i * out_stride;
    const T* sums = padded + i * Blocking<T>::column_tile;
    for (int64_t j = 0; j < columns; ++j) row[j] = static_cast<T>(add ? row[j] + sums[j] : sums[j]);
  }
}

// x where it lies.
template <typename T, int R>
void direct_tile(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_step, const T* y,
                 int64_t y_step, int64_t depth, int64_t, int64_t columns, bool add) {
  tile<T, R>(out, out_stride, x, x_row, x_step, Panel<T>{y, y_step}, depth, columns, add);
}

// x in panels of column_tile columns, which are x_panel elements apart.
template <typename T, int R>
void panels_tile(T* out, int64_t out_stride, const T* x, int64_t x_panel, const T* y, int64_t depth,
                 int64_t columns, bool add) {
  constexpr int64_t width = Blocking<T>::column_tile;
  prefetch_rows<R>(out, out_stride);
  Vector<T> sums[R][2] = {};
  Panel<T> rows{y, width};
  for (int64_t k = 0; k < depth; k += width, x += x_panel) {
    add_products<T, R>(sums, x, width, 1, rows, smaller(width, depth - k));
  }
  put<T, R>(out, out_stride, sums, columns, add);
}

template <typename T, int R = Blocking<T>::row_tile>
Tile<T> choose_packed_tile(int64_t rows) {
  constexpr int step = Blocking<T>::row_step;
  if constexpr (R > step) {
    if (rows <= R - step) return choose_packed_tile<T, R - step>(rows);
  }
  return packed_tile<T, R>;
}

// Every row of x needs an address register here.
template <typename T>
constexpr int direct_rows = Blocking<T>::row_tile > 8 ? 8 : Blocking<T>::row_tile;

template <typename T, int R = direct_rows<T>>
Tile<T> choose_direct_tile(int64_t rows) {
  if constexpr (R > 1) {
    if (rows < R) return choose_direct_tile<T, R - 1>(rows);
  }
  return direct_tile<T, R>;
}

template <typename T>
using PanelsTile = void (*)(T* out, int64_t out_stride, const T* x, int64_t x_panel, const T* y,
                            int64_t depth, int64_t columns, bool add);

template <typename T, int R = direct_rows<T>>
PanelsTile<T> choose_panels_tile(int64_t rows) {
  if constexpr (R > 1) {
    if (rows < R) return choose_panels_tile<T, R - 1>(rows);
  }
  return panels_tile<T, R>;
}

}  // namespace
}  // namespace nd::cpu::ND_ISA
