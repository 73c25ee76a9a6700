// Matrix products after Goto and van de Geijn ("Anatomy of high-performance matrix multiplication",
// 2008) and BLIS (Van Zee and van de Geijn, 2015): a micro-kernel keeps a tile of the result in
// registers, and panels of the operands are packed so that it reads both from front to back.
//
// Templates in an anonymous namespace only: nothing here may be shared between instruction sets.
#include "ops/matmul/matmul_kernels.hpp"

namespace nd::cpu::ND_ISA {
namespace {

#define ND_INLINE __attribute__((always_inline)) inline

// The micro-kernel's tile is tile_rows x 2 vectors. Each step of k loads two vectors of y and, one
// after another, tile_rows elements of x that it spreads over a vector. The accumulators leave just
// these registers free; there must be at least 8 to cover the latency of two multiply-add units.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64, max_tile_rows = 14;  // 28 of 32 registers
#elif defined(__AVX2__)
constexpr int vector_bytes = 32, max_tile_rows = 6;  // 12 of 16
#elif defined(__aarch64__)
constexpr int vector_bytes = 16, max_tile_rows = 8;  // 16 of 32
#else
constexpr int vector_bytes = 16, max_tile_rows = 4;  // 8 of 16: without FMA products need some, too
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
  // Only 16- and 32-bit integers have a vector multiplication everywhere; the others take several
  // instructions, which need registers, too.
  static constexpr int row_tile =
      is_integer<T> && sizeof(T) != 4 && max_tile_rows > 4 ? 4 : max_tile_rows;
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

// ---------------------------------------------------------------------------------- micro-kernel

// out (R, columns) = or += x (R, depth) @ y (depth, 2 vectors). Columns beyond `columns` are
// computed but not stored.
template <typename T, int R>
ND_INLINE void tile(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_step,
                    const T* y, int64_t y_step, int64_t depth, int64_t columns, bool add) {
  constexpr int lanes = Blocking<T>::lanes;
  // The result's lines arrive while the sums are made.
  for (int i = 0; i < R; ++i) __builtin_prefetch(out + i * out_stride, 1);
  Vector<T> sums[R][2] = {};
#pragma GCC unroll 4
  for (int64_t k = 0; k < depth; ++k) {
    const Vector<T> y0 = load(y), y1 = load(y + lanes);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const Vector<T> spread = x[i * x_row] - Vector<T>{};
      sums[i][0] += spread * y0;
      sums[i][1] += spread * y1;
    }
    x += x_step;
    y += y_step;
  }
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

template <typename T>
using Tile = void (*)(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_step,
                      const T* y, int64_t y_step, int64_t depth, int64_t rows, int64_t columns,
                      bool add);

// x as pack() leaves it: R elements for each step of k. Rows beyond `rows` are padding.
template <typename T, int R>
void packed_tile(T* out, int64_t out_stride, const T* x, int64_t, int64_t, const T* y,
                 int64_t y_step, int64_t depth, int64_t rows, int64_t columns, bool add) {
  if (R == rows) {
    tile<T, R>(out, out_stride, x, 1, R, y, y_step, depth, columns, add);
    return;
  }
  alignas(64) T padded[R * Blocking<T>::column_tile];
  tile<T, R>(padded, Blocking<T>::column_tile, x, 1, R, y, y_step, depth, Blocking<T>::column_tile,
             false);
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
  tile<T, R>(out, out_stride, x, x_row, x_step, y, y_step, depth, columns, add);
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

// --------------------------------------------------------------------------------------- packing

// Four 4-byte or two 8-byte elements: what a square of lines is transposed in.
template <typename T>
struct SmallVector {
  static constexpr int lanes = 16 / sizeof(T);
  typedef T type __attribute__((vector_size(16)));
  typedef T unaligned __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
  static type load(const T* from) { return *reinterpret_cast<const unaligned*>(from); }
  static void store(T* to, type value) { *reinterpret_cast<unaligned*>(to) = value; }
};

// to[k * width + i] = from[i * stride + k] for i, k < lanes.
template <typename T>
ND_INLINE void transpose_square(T* to, int64_t width, const T* from, int64_t stride) {
  using V = SmallVector<T>;
  typename V::type a = V::load(from), b = V::load(from + stride);
  if constexpr (V::lanes == 2) {
    typedef int64_t Index __attribute__((vector_size(16)));
    V::store(to, __builtin_shuffle(a, b, Index{0, 2}));
    V::store(to + width, __builtin_shuffle(a, b, Index{1, 3}));
  } else {
    typedef int32_t Index __attribute__((vector_size(16)));
    typename V::type c = V::load(from + 2 * stride), d = V::load(from + 3 * stride);
    const Index low{0, 4, 1, 5}, high{2, 6, 3, 7}, first{0, 1, 4, 5}, second{2, 3, 6, 7};
    const auto ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
    const auto AB = __builtin_shuffle(a, b, high), CD = __builtin_shuffle(c, d, high);
    V::store(to, __builtin_shuffle(ab, cd, first));
    V::store(to + width, __builtin_shuffle(ab, cd, second));
    V::store(to + 2 * width, __builtin_shuffle(AB, CD, first));
    V::store(to + 3 * width, __builtin_shuffle(AB, CD, second));
  }
}

// to[k * width + i] = from[i * stride + k * step] for i < count, and 0 from there to width.
template <typename T>
ND_INLINE void pack_panel(T* to, const T* from, int64_t stride, int64_t step, int64_t count,
                          int64_t width, int64_t depth) {
  if (stride == 1 && count == width) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t i = 0; i < width; ++i) to[k * width + i] = from[k * step + i];
    }
    return;
  }
  // Along each line of `from` a cache line at a time: lines that are a power of two apart would
  // push each other out of the cache if all were read side by side.
  constexpr int64_t block = 64 / sizeof(T);
  for (int64_t k0 = 0; k0 < depth; k0 += block) {
    const int64_t end = smaller(k0 + block, depth);
    int64_t i = 0;
    if constexpr (sizeof(T) >= 4) {
      constexpr int64_t square = SmallVector<T>::lanes;
      if (step == 1 && end == k0 + block) {
        for (; i + square <= count; i += square) {
#pragma GCC unroll 4
          for (int64_t k = k0; k < k0 + block; k += square) {
            transpose_square(to + k * width + i, width, from + i * stride + k, stride);
          }
        }
      }
    }
    for (; i < count; ++i) {
      for (int64_t k = k0; k < end; ++k) to[k * width + i] = from[i * stride + k * step];
    }
    for (; i < width; ++i) {
      for (int64_t k = k0; k < end; ++k) to[k * width + i] = 0;
    }
  }
}

// A block of x, in panels of row_tile rows, the last one as narrow as its tile.
template <typename T>
void pack_rows(T* to, const T* x, int64_t row_stride, int64_t column_stride, int64_t rows,
               int64_t depth) {
  constexpr int tile_rows = Blocking<T>::row_tile;
  int64_t i = 0;
  for (; i + tile_rows <= rows; i += tile_rows) {
    pack_panel(to + i * depth, x + i * row_stride, row_stride, column_stride, tile_rows, tile_rows,
               depth);
  }
  if (i < rows) {
    pack_panel(to + i * depth, x + i * row_stride, row_stride, column_stride, rows - i,
               round_up(rows - i, Blocking<T>::row_step), depth);
  }
}

// A block of y, in panels of column_tile columns; the last one is padded with zeros.
template <typename T>
void pack_columns(T* to, const T* y, int64_t row_stride, int64_t column_stride, int64_t columns,
                  int64_t depth) {
  constexpr int64_t width = Blocking<T>::column_tile;
  int64_t j = 0;
  for (; j + width <= columns; j += width) {
    pack_panel(to + j * depth, y + j * column_stride, column_stride, row_stride, width, width,
               depth);
  }
  if (j < columns) {
    pack_panel(to + j * depth, y + j * column_stride, column_stride, row_stride, columns - j, width,
               depth);
  }
}

// ------------------------------------------------------------------------------------ one product

// One block of k: y (depth x n) lies packed at `packed`, or else as a view at `data`.
template <typename T>
struct Columns {
  const T* packed;
  const T* data;
  int64_t row_stride, column_stride;
};

// out (rows, n) = or += x (rows, depth) @ y (depth, n). x is packed into packed_x first, unless
// that is null: then the micro-kernel reads x where it lies.
template <typename T>
void multiply_block(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_column,
                    const Columns<T>& y, int64_t rows, int64_t n, int64_t depth, bool add,
                    T* packed_x) {
  constexpr int64_t column_tile = Blocking<T>::column_tile;
  alignas(64) T panel[Blocking<T>::depth * column_tile];
  const int64_t tile_rows = packed_x != nullptr ? Blocking<T>::row_tile : direct_rows<T>;
  if (packed_x != nullptr) pack_rows(packed_x, x, x_row, x_column, rows, depth);
  // No packed copy where few rows use it, as long as y's own rows are close together, nor of a y
  // that stays in the first-level cache as it is.
  const int64_t row_bytes = y.row_stride * static_cast<int64_t>(sizeof(T));
  const bool in_place = y.packed == nullptr && y.column_stride == 1 && row_bytes < 2048 &&
                        (rows <= 2 * Blocking<T>::row_tile || row_bytes * depth <= 32768);
  for (int64_t j = 0; j < n; j += column_tile) {
    const int64_t columns = smaller(column_tile, n - j);
    const T* y_panel = panel;
    int64_t y_step = column_tile;
    if (y.packed != nullptr) {
      y_panel = y.packed + j * depth;
    } else if (in_place && columns == column_tile) {
      y_panel = y.data + j;
      y_step = y.row_stride;
    } else {
      pack_columns(panel, y.data + j * y.column_stride, y.row_stride, y.column_stride, columns,
                   depth);
    }
    for (int64_t i = 0; i < rows; i += tile_rows) {
      const int64_t count = smaller(tile_rows, rows - i);
      if (packed_x != nullptr) {
        choose_packed_tile<T>(count)(out + i * out_stride + j, out_stride, packed_x + i * depth, 0,
                                     0, y_panel, y_step, depth, count, columns, add);
      } else {
        choose_direct_tile<T>(count)(out + i * out_stride + j, out_stride, x + i * x_row, x_row,
                                     x_column, y_panel, y_step, depth, count, columns, add);
      }
    }
  }
}

template <typename T>
struct Plan {
  int64_t depth, rows;  // of a block
  bool pack_x, pack_y;  // y as a whole, for several blocks of x; or else panel by panel
  int64_t x_elements, y_elements;

  Plan(int64_t m, int64_t n, int64_t k, bool x_is_row_major) {
    constexpr int64_t column_tile = Blocking<T>::column_tile;
    depth = balanced_depth<T>(k);
    rows = balanced_rows<T>(m);
    // Packing an element costs about as much as using it once with every vector lane busy.
    pack_x = n > (x_is_row_major ? 8 : 1) * column_tile;
    pack_y = m > rows;
    // Whole cache lines, so that the packed y behind starts on one.
    x_elements = pack_x ? round_up(smaller(m, rows), 64) * depth : 0;
    y_elements = pack_y ? round_up(n, column_tile) * depth : 0;
  }
};

template <typename T>
size_t workspace(int64_t m, int64_t n, int64_t k) {
  const Plan<T> plan(m, n, k, false);
  return static_cast<size_t>(plan.x_elements + plan.y_elements) * sizeof(T);
}

template <typename T>
void multiply(void* out_data, int64_t out_stride, MatrixView x, MatrixView y, int64_t m, int64_t n,
              int64_t k, void* scratch) {
  const Plan<T> plan(m, n, k, x.column_stride == 1);
  T* out = static_cast<T*>(out_data);
  T* packed_x = plan.pack_x ? static_cast<T*>(scratch) : nullptr;
  T* packed_y = plan.pack_y ? static_cast<T*>(scratch) + plan.x_elements : nullptr;
  for (int64_t k0 = 0; k0 < k; k0 += plan.depth) {
    const int64_t depth = smaller(plan.depth, k - k0);
    const T* x_block = static_cast<const T*>(x.data) + k0 * x.column_stride;
    const T* y_block = static_cast<const T*>(y.data) + k0 * y.row_stride;
    if (plan.pack_y) pack_columns(packed_y, y_block, y.row_stride, y.column_stride, n, depth);
    const Columns<T> columns{packed_y, y_block, y.row_stride, y.column_stride};
    for (int64_t i = 0; i < m; i += plan.rows) {
      multiply_block(out + i * out_stride, out_stride, x_block + i * x.row_stride, x.row_stride,
                     x.column_stride, columns, smaller(plan.rows, m - i), n, depth, k0 > 0,
                     packed_x);
    }
  }
}

template <typename T>
void pack_y(void* packed, MatrixView y, int64_t n, int64_t depth) {
  pack_columns(static_cast<T*>(packed), static_cast<const T*>(y.data), y.row_stride,
               y.column_stride, n, depth);
}

template <typename T>
void multiply_packed(void* out, int64_t out_stride, MatrixView x, const void* packed_y, int64_t m,
                     int64_t n, int64_t depth, bool add, void* scratch) {
  const Plan<T> plan(m, n, depth, x.column_stride == 1);
  const Columns<T> columns{static_cast<const T*>(packed_y), nullptr, 0, 0};
  for (int64_t i = 0; i < m; i += plan.rows) {
    multiply_block(static_cast<T*>(out) + i * out_stride, out_stride,
                   static_cast<const T*>(x.data) + i * x.row_stride, x.row_stride, x.column_stride,
                   columns, smaller(plan.rows, m - i), n, depth, add,
                   plan.pack_x ? static_cast<T*>(scratch) : nullptr);
  }
}

// -------------------------------------------------------------------- few rows times a matrix

// y's rows are dense: out += x[k] * y[k, :], eight rows of y at a time, over columns whose sums
// stay in the first-level cache.
template <typename T, int Rows>
ND_INLINE void add_scaled_rows(T* out, const T* x, int64_t x_stride, const T* y, int64_t y_stride,
                               int64_t n, bool add) {
  constexpr int lanes = Blocking<T>::lanes;
  Vector<T> spread[Rows];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) spread[r] = x[r * x_stride] - Vector<T>{};
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    Vector<T> sum = add ? load(out + j) : Vector<T>{};
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) sum += spread[r] * load(y + r * y_stride + j);
    store(out + j, sum);
  }
  for (; j < n; ++j) {
    T sum = add ? out[j] : T(0);
    for (int r = 0; r < Rows; ++r)
      sum = static_cast<T>(sum + x[r * x_stride] * y[r * y_stride + j]);
    out[j] = sum;
  }
}

template <typename T>
void thin_times_rows(T* out, int64_t out_stride, const T* x, int64_t x_row, int64_t x_column,
                     const T* y, int64_t y_stride, int64_t m, int64_t n, int64_t k) {
  // Eight rows of y and one of out fill half of the first-level cache.
  constexpr int64_t width = 16384 / (9 * sizeof(T)) / 64 * 64;
  const int64_t block = m == 1 ? 8 * width : width;
  for (int64_t j = 0; j < n; j += block) {
    const int64_t columns = smaller(block, n - j);
    int64_t p = 0;
    for (; p + 8 <= k; p += 8) {
      for (int64_t i = 0; i < m; ++i) {
        add_scaled_rows<T, 8>(out + i * out_stride + j, x + i * x_row + p * x_column, x_column,
                              y + p * y_stride + j, y_stride, columns, p > 0);
      }
    }
    for (; p < k; ++p) {
      for (int64_t i = 0; i < m; ++i) {
        add_scaled_rows<T, 1>(out + i * out_stride + j, x + i * x_row + p * x_column, x_column,
                              y + p * y_stride + j, y_stride, columns, p > 0);
      }
    }
  }
}

// y's columns are dense: inner products of x with Columns of them side by side, two vectors each.
template <typename T, int Columns>
ND_INLINE void inner_products(T* out, const T* x, const T* y, int64_t y_stride, int64_t k,
                              bool add) {
  constexpr int lanes = Blocking<T>::lanes;
  Vector<T> sums[Columns][2] = {};
  int64_t i = 0;
  for (; i + 2 * lanes <= k; i += 2 * lanes) {
    const Vector<T> x0 = load(x + i), x1 = load(x + i + lanes);
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) {
      sums[c][0] += x0 * load(y + c * y_stride + i);
      sums[c][1] += x1 * load(y + c * y_stride + i + lanes);
    }
  }
#pragma GCC unroll 4
  for (int c = 0; c < Columns; ++c) {
    T lane[lanes];
    store(lane, sums[c][0] + sums[c][1]);
    for (int width = lanes / 2; width > 0; width /= 2) {
      for (int l = 0; l < width; ++l) lane[l] = static_cast<T>(lane[l] + lane[l + width]);
    }
    T sum = lane[0];
    for (int64_t rest = i; rest < k; ++rest) {
      sum = static_cast<T>(sum + x[rest] * y[c * y_stride + rest]);
    }
    out[c] = static_cast<T>(add ? out[c] + sum : sum);
  }
}

template <typename T>
void thin_times_columns(T* out, int64_t out_stride, const T* x, int64_t x_row, const T* y,
                        int64_t y_stride, int64_t m, int64_t n, int64_t k, bool add) {
  int64_t j = 0;
  for (; j + 4 <= n; j += 4) {
    for (int64_t i = 0; i < m; ++i) {
      inner_products<T, 4>(out + i * out_stride + j, x + i * x_row, y + j * y_stride, y_stride, k,
                           add);
    }
  }
  for (; j < n; ++j) {
    for (int64_t i = 0; i < m; ++i) {
      inner_products<T, 1>(out + i * out_stride + j, x + i * x_row, y + j * y_stride, y_stride, k,
                           add);
    }
  }
}

template <typename T>
void multiply_thin(void* out_data, int64_t out_stride, MatrixView x, MatrixView y, int64_t m,
                   int64_t n, int64_t k) {
  T* out = static_cast<T*>(out_data);
  const T* x_data = static_cast<const T*>(x.data);
  const T* y_data = static_cast<const T*>(y.data);
  if (y.column_stride == 1) {
    thin_times_rows(out, out_stride, x_data, x.row_stride, x.column_stride, y_data, y.row_stride, m,
                    n, k);
  } else if (x.column_stride == 1) {
    thin_times_columns(out, out_stride, x_data, x.row_stride, y_data, y.column_stride, m, n, k,
                       false);
  } else {
    // A vector with gaps is gathered, in parts that leave room in the first-level cache.
    constexpr int64_t part = 8192 / sizeof(T);
    T gathered[part];
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t p = 0; p < k; p += part) {
        const int64_t length = smaller(part, k - p);
        const T* source = x_data + i * x.row_stride + p * x.column_stride;
        for (int64_t q = 0; q < length; ++q) gathered[q] = source[q * x.column_stride];
        thin_times_columns(out + i * out_stride, out_stride, gathered, 0, y_data + p,
                           y.column_stride, 1, n, length, p > 0);
      }
    }
  }
}

template <typename T>
void sum_rows(void* out_data, const void* rows_data, int64_t parts, int64_t n) {
  T* out = static_cast<T*>(out_data);
  const T* rows = static_cast<const T*>(rows_data);
  for (int64_t j = 0; j < n; ++j) out[j] = rows[j];
  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t j = 0; j < n; ++j) out[j] = static_cast<T>(out[j] + rows[part * n + j]);
  }
}

template <typename T>
constexpr MatmulKernel kernel = {Blocking<T>::row_tile,
                                 Blocking<T>::column_tile,
                                 balanced_depth<T>,
                                 workspace<T>,
                                 multiply<T>,
                                 pack_y<T>,
                                 multiply_packed<T>,
                                 multiply_thin<T>,
                                 sum_rows<T>};

constexpr MatmulKernels kernels = {kernel<uint8_t>,  kernel<uint16_t>, kernel<uint32_t>,
                                   kernel<uint64_t>, kernel<float>,    kernel<double>};

}  // namespace

const MatmulKernels& matmul_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
