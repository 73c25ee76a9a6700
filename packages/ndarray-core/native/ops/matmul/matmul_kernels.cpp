// Matrix products after Goto and van de Geijn ("Anatomy of high-performance matrix multiplication",
// 2008) and BLIS (Van Zee and van de Geijn, 2015): a micro-kernel keeps a tile of the result in
// registers, and panels of the operands are packed so that it reads both from front to back.
//
// Templates in an anonymous namespace only: nothing here may be shared between instruction sets.
#include "ops/matmul/matmul_kernels.hpp"

#include "ops/matmul/pack.hpp"
#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

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
  const int64_t most_rows = packed_x != nullptr ? Blocking<T>::row_tile : direct_rows<T>;
  if (packed_x != nullptr) pack_rows(packed_x, x, x_row, x_column, rows, depth);
  // No packed copy where few rows use it, as long as y's own rows are close together, nor of a y
  // that stays in the first-level cache as it is.
  const int64_t row_bytes = __builtin_llabs(y.row_stride) * static_cast<int64_t>(sizeof(T));
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
    for (int64_t i = 0, count; i < rows; i += count) {
      count = next_tile_rows<T>(rows - i, most_rows);
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
    // From the largest blocks there can be, so that a smaller product never needs more. Whole cache
    // lines of x, so that the packed y behind starts on one.
    const int64_t deepest = smaller(k, Blocking<T>::depth);
    x_elements = pack_x ? round_up(smaller(m, Blocking<T>::rows), 64) * deepest : 0;
    y_elements = pack_y ? round_up(n, column_tile) * deepest : 0;
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

template <typename T>
void pack_x(void* packed, MatrixView x, int64_t m, int64_t depth) {
  pack_rows(static_cast<T*>(packed), static_cast<const T*>(x.data), x.row_stride, x.column_stride,
            m, depth);
}

template <typename T>
void multiply_panel(void* out, const void* packed_x, int64_t m, int64_t depth, const void* y,
                    Span rows, Span terms, bool add) {
  constexpr int64_t width = Blocking<T>::column_tile;
  for (int64_t i = 0, count; i < rows.end; i += count) {
    count = next_tile_rows<T>(m - i);
    if (i + count <= rows.begin) continue;
    const int64_t skipped = terms.begin * round_up(count, Blocking<T>::row_step);
    choose_packed_tile<T>(count)(static_cast<T*>(out) + i * width, width,
                                 static_cast<const T*>(packed_x) + i * depth + skipped, 0, 0,
                                 static_cast<const T*>(y) + terms.begin * width, width,
                                 terms.end - terms.begin, count, width, add);
  }
}

template <typename T>
void multiply_panels(void* out, int64_t out_stride, const void* x, int64_t x_panel,
                     const void* packed_y, int64_t m, int64_t n, int64_t depth, bool add) {
  constexpr int64_t width = Blocking<T>::column_tile;
  for (int64_t i = 0, count; i < m; i += count) {
    count = next_tile_rows<T>(m - i, direct_rows<T>);
    const auto tile = choose_panels_tile<T>(count);
    for (int64_t j = 0; j < n; j += width) {
      tile(static_cast<T*>(out) + i * out_stride + j, out_stride,
           static_cast<const T*>(x) + i * width, x_panel,
           static_cast<const T*>(packed_y) + j * depth, depth, smaller(width, n - j), add);
    }
  }
}

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
constexpr MatmulKernel kernel = {Blocking<T>::row_tile, Blocking<T>::column_tile,
                                 balanced_depth<T>,     workspace<T>,
                                 multiply<T>,           pack_y<T>,
                                 multiply_packed<T>,    pack_x<T>,
                                 multiply_panel<T>,     multiply_panels<T>,
                                 multiply_thin<T>,      sum_rows<T>};

constexpr MatmulKernels kernels = {kernel<uint8_t>,  kernel<uint16_t>, kernel<uint32_t>,
                                   kernel<uint64_t>, kernel<float>,    kernel<double>};

}  // namespace

const MatmulKernels& matmul_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
