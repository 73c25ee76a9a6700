// Compiled once per instruction set.
#include "ops/convolution/winograd_kernels.hpp"

#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

constexpr int components = 16;

// A row of columns may be written a vector at a time, beyond its end: into the next row, which is
// written later, or behind the last one.
template <typename T>
int64_t panel_size(int64_t terms) {
  return (terms + 1) * Blocking<T>::column_tile;
}

// G w, for columns of three weights.
template <typename T>
ND_INLINE void weight_columns(Vector<T> (&to)[4], Vector<T> a, Vector<T> b, Vector<T> c) {
  const Vector<T> outer = (a + c) / 2, inner = b / 2;
  to[0] = a;
  to[1] = outer + inner;
  to[2] = outer - inner;
  to[3] = c;
}

template <typename T>
void transform_weight(T* to, int64_t component_size, const T* weight, int64_t channel_stride,
                      const int64_t* taps, int64_t channels) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  for (int64_t first = 0; first < channels; first += lanes, to += lanes) {
    T side_by_side[9][lanes] = {};
    const int64_t count = smaller(lanes, channels - first);
    for (int64_t i = 0; i < count; ++i) {
      const T* const window = weight + (first + i) * channel_stride;
#pragma GCC unroll 9
      for (int t = 0; t < 9; ++t) side_by_side[t][i] = window[taps[t]];
    }
    Vector<T> half[3][4];  // G w, by columns
    for (int j = 0; j < 3; ++j) {
      weight_columns<T>(half[j], load(side_by_side[j]), load(side_by_side[3 + j]),
                        load(side_by_side[6 + j]));
    }
    for (int i = 0; i < 4; ++i) {
      Vector<T> row[4];
      weight_columns<T>(row, half[0][i], half[1][i], half[2][i]);
      for (int j = 0; j < 4; ++j) store(to + (4 * i + j) * component_size, row[j]);
    }
  }
}

template <typename T>
void transform_tiles(T* to, int64_t panels, int64_t size, const T* y, int64_t channel_stride,
                     const int64_t* taps, const TileRun* runs, int64_t run_count,
                     int64_t channels) {
  constexpr int64_t width = Blocking<T>::column_tile, lanes = Blocking<T>::lanes;
  for (int64_t channel = 0; channel < channels; ++channel, y += channel_stride) {
    for (int64_t r = 0; r < run_count; ++r) {
      const TileRun& run = runs[r];
      T* const column = to + run.column / width * size + channel * width + run.column % width;
      for (int64_t j = 0; j < run.length; j += lanes) {
        const T* const from = y + run.source + j;
        Vector<T> half[4][4];  // d B
        for (int i = 0; i < 4; ++i) {
          const Vector<T> a = load(from + taps[4 * i]), b = load(from + taps[4 * i + 1]);
          const Vector<T> c = load(from + taps[4 * i + 2]), d = load(from + taps[4 * i + 3]);
          half[i][0] = a - c;
          half[i][1] = b + c;
          half[i][2] = c - b;
          half[i][3] = b - d;
        }
        for (int k = 0; k < 4; ++k) {
          T* const target = column + k * panels * size + j;
          store(target, half[0][k] - half[2][k]);
          store(target + 4 * panels * size, half[1][k] + half[2][k]);
          store(target + 8 * panels * size, half[2][k] - half[1][k]);
          store(target + 12 * panels * size, half[1][k] - half[3][k]);
        }
      }
    }
  }
}

template <typename T>
void transform_gradient(T* to, int64_t panels, int64_t size, const T* y, int64_t channel_stride,
                        const int64_t* taps, const TileRun* runs, int64_t run_count,
                        int64_t channels) {
  constexpr int64_t width = Blocking<T>::column_tile, lanes = Blocking<T>::lanes;
  const int64_t component_size = panels * size;
  for (int64_t channel = 0; channel < channels; ++channel, y += channel_stride) {
    for (int64_t r = 0; r < run_count; ++r) {
      const TileRun& run = runs[r];
      T* const column = to + run.column / width * size + channel * width + run.column % width;
      for (int64_t j = 0; j < run.length; j += lanes) {
        const T* const from = y + run.source + j;
        Vector<T> half[2][4];  // g A
        for (int i = 0; i < 2; ++i) {
          const Vector<T> a = load(from + taps[2 * i]), b = load(from + taps[2 * i + 1]);
          half[i][0] = a;
          half[i][1] = a + b;
          half[i][2] = a - b;
          half[i][3] = -b;
        }
        for (int k = 0; k < 4; ++k) {
          T* const target = column + k * component_size + j;
          store(target, half[0][k]);
          store(target + 4 * component_size, half[0][k] + half[1][k]);
          store(target + 8 * component_size, half[0][k] - half[1][k]);
          store(target + 12 * component_size, -half[1][k]);
        }
      }
    }
  }
}

template <typename T>
void transform_weight_back(T* weight, const T* from, int64_t component_size, int64_t channels,
                           bool add) {
  for (int64_t channel = 0; channel < channels; ++channel, weight += 9, ++from) {
    T half[3][4];  // of G transposed, by rows
    for (int j = 0; j < 4; ++j) {
      const T a = from[j * component_size], b = from[(4 + j) * component_size];
      const T c = from[(8 + j) * component_size], d = from[(12 + j) * component_size];
      half[0][j] = a + (b + c) / 2;
      half[1][j] = (b - c) / 2;
      half[2][j] = (b + c) / 2 + d;
    }
    for (int i = 0; i < 3; ++i) {
      const T inner = (half[i][1] + half[i][2]) / 2;
      const T row[3] = {half[i][0] + inner, (half[i][1] - half[i][2]) / 2, inner + half[i][3]};
      for (int j = 0; j < 3; ++j) weight[3 * i + j] = add ? weight[3 * i + j] + row[j] : row[j];
    }
  }
}

template <typename T>
void multiply(T* out, int64_t out_size, const T* packed, int64_t component_size, const T* tiles,
              int64_t panels, int64_t size, int64_t rows, int64_t terms, int64_t depth) {
  using B = Blocking<T>;
  constexpr int64_t width = B::column_tile;
  const int64_t columns = panels * width;
  const int64_t padded_rows = round_up(rows, B::row_step), block = balanced_rows<T>(rows);
  for (int component = 0; component < components; ++component) {
    for (int64_t k = 0; k < terms; k += depth) {
      const int64_t count = smaller(depth, terms - k);
      for (int64_t first = 0, end; first < rows; first = end) {
        end = block_end<T>(first, block, rows);
        for (int64_t panel = 0; panel < panels; ++panel) {
          for (int64_t i = first, tile_rows; i < end; i += tile_rows) {
            tile_rows = next_tile_rows<T>(end - i);
            choose_packed_tile<T>(tile_rows)(
                out + i * columns + panel * width, columns, packed + k * padded_rows + i * count, 0,
                0, tiles + panel * size + k * width, width, count, tile_rows, width, k > 0);
          }
        }
      }
    }
    out += out_size;
    packed += component_size;
    tiles += panels * size;
  }
}

// The elements of a and b in turn, the first or second half of them.
template <typename T>
ND_INLINE Vector<T> interleave(Vector<T> a, Vector<T> b, int half) {
  constexpr int lanes = Blocking<T>::lanes;
  Vector<T> result = a;
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    const int from = half * lanes / 2 + i / 2;
    result[i] = i % 2 ? b[from] : a[from];
  }
  return result;
}

template <typename T>
ND_INLINE void write_row(T* out, Vector<T> even, Vector<T> odd, int64_t width) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  const Vector<T> low = interleave<T>(even, odd, 0), high = interleave<T>(even, odd, 1);
  if (width >= 2 * lanes) {
    store(out, low);
    store(out + lanes, high);
    return;
  }
  T line[2 * lanes];
  store(line, low);
  store(line + lanes, high);
  for (int64_t i = 0; i < width; ++i) out[i] = line[i];
}

template <typename T>
void transform_back(T* out, int64_t out_channel, int64_t out_row, const T* products,
                    int64_t products_size, int64_t columns, const TileRun* runs, int64_t run_count,
                    int64_t rows) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  for (int64_t row = 0; row < rows; ++row, out += out_channel, products += columns) {
    for (int64_t r = 0; r < run_count; ++r) {
      const TileRun& run = runs[r];
      for (int64_t j = 0; j < run.length; j += lanes) {
        const T* const from = products + run.column + j;
        Vector<T> half[4][2];  // m A
        for (int i = 0; i < 4; ++i) {
          const T* const line = from + 4 * i * products_size;
          const Vector<T> a = load(line), b = load(line + products_size);
          const Vector<T> c = load(line + 2 * products_size);
          const Vector<T> d = load(line + 3 * products_size);
          half[i][0] = a + b + c;
          half[i][1] = b - c - d;
        }
        T* const to = out + run.out + 2 * j;
        const int64_t width = run.width - 2 * j;
        write_row<T>(to, half[0][0] + half[1][0] + half[2][0], half[0][1] + half[1][1] + half[2][1],
                     width);
        if (run.rows < 2) continue;
        write_row<T>(to + out_row, half[1][0] - half[2][0] - half[3][0],
                     half[1][1] - half[2][1] - half[3][1], width);
      }
    }
  }
}

template <typename T>
constexpr WinogradKernelsOf<T> kernels_of = {Blocking<T>::column_tile,
                                             panel_size<T>,
                                             transform_weight<T>,
                                             transform_tiles<T>,
                                             transform_gradient<T>,
                                             transform_weight_back<T>,
                                             multiply<T>,
                                             transform_back<T>};
constexpr WinogradKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const WinogradKernels& winograd_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
