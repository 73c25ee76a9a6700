// Implicit matrix products: the windows of a convolution are packed straight from the image into
// the panels of the micro-kernel of ops/matmul, and never lie in memory as a matrix of their own
// (Chetlur et al., "cuDNN: efficient primitives for deep learning", 2014, section 3).
//
// Templates in an anonymous namespace only: nothing here may be shared between instruction sets.
#include "ops/convolution/convolution_kernels.hpp"

#include "ops/matmul/pack.hpp"
#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

constexpr int64_t most_panels = 8;  // of columns, packed side by side: half of a second-level cache

void write_offsets(int64_t* to, const Offsets& offsets, int64_t first, int64_t count) {
  int64_t base = first / offsets.period * offsets.stride, i = first % offsets.period;
  for (int64_t written = 0; written < count; ++written) {
    to[written] = base + offsets.table[i];
    if (++i == offsets.period) {
      i = 0;
      base += offsets.stride;
    }
  }
}

// How many of the offsets, from the first on, are `step` apart.
ND_INLINE int64_t run_length(const int64_t* offsets, int64_t count, int64_t step) {
  int64_t length = 1;
  while (length < count && offsets[length] == offsets[length - 1] + step) ++length;
  return length;
}

template <typename T>
void pack_x(T* packed, const T* x, int64_t row_stride, const int64_t* terms, int64_t rows,
            int64_t depth) {
  for (int64_t i = 0, count; i < rows; i += count) {
    count = next_tile_rows<T>(rows - i);
    const int64_t width = round_up(count, Blocking<T>::row_step);
    T* const panel = packed + i * depth;
    for (int64_t k = 0; k < depth;) {
      const int64_t step = k + 1 < depth ? terms[k + 1] - terms[k] : 1;
      const int64_t length = run_length(terms + k, depth - k, step);
      pack_panel(panel + k * width, x + i * row_stride + terms[k], row_stride, step, count, width,
                 length);
      k += length;
    }
  }
}

// to[k * column_tile + j] = y[terms[k] + j], for as many columns j as a Moved has elements.
template <typename T, typename Moved>
ND_INLINE void move_columns(T* to, const T* y, const int64_t* terms, int64_t depth) {
  for (int64_t k = 0; k < depth; ++k) {
    __builtin_memcpy(to + k * Blocking<T>::column_tile, y + terms[k], sizeof(Moved));
  }
}

// The same for columns anywhere, where the terms lie side by side: four of each make a square.
template <typename T>
ND_INLINE void turn_columns(T* to, const T* y, const int64_t* columns, const int64_t* terms,
                            int64_t count, int64_t depth) {
  constexpr int64_t width = Blocking<T>::column_tile, square = SmallVector<T>::lanes;
  for (int64_t k = 0; k < depth;) {
    const int64_t length = run_length(terms + k, depth - k, 1);
    const T* const from = y + terms[k];
    T* const panel = to + k * width;
    k += length;
    int64_t j = 0;
    if (length >= square) {
      for (; j + square <= count; j += square) {
        for (int64_t i = 0; i < length; i += square) {
          const int64_t at = smaller(i, length - square);  // the last square overlaps
          transpose_square(panel + at * width + j, width, from + at, columns + j);
        }
      }
    }
    for (; j < count; ++j) {
      for (int64_t i = 0; i < length; ++i) panel[i * width + j] = from[columns[j] + i];
    }
  }
}

// Whether a tile's columns are two vectors of y.
template <typename T>
bool are_vectors(const int64_t* columns, int64_t count) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  return count == 2 * lanes && run_length(columns, lanes, 1) == lanes &&
         run_length(columns + lanes, lanes, 1) == lanes;
}

// Two vectors of columns where the images have them.
template <typename T>
struct ImageColumns {
  const T *y0, *y1;  // but for the offset of the term
  const int64_t* terms;

  ImageColumns(const T* y, const int64_t* columns, const int64_t* terms)
      : y0(y + columns[0]), y1(y + columns[Blocking<T>::lanes]), terms(terms) {}
  __attribute__((always_inline)) void next(Vector<T>& a, Vector<T>& b) {
    a = load(y0 + *terms);
    b = load(y1 + *terms);
    ++terms;
  }
};

// One panel of y: element (k, j) is y[terms[k] + columns[j]]. Columns from `count` on are zeros.
template <typename T>
void pack_y(T* to, const T* y, const int64_t* terms, int64_t depth, const int64_t* columns,
            int64_t count) {
  constexpr int64_t width = Blocking<T>::column_tile, lanes = Blocking<T>::lanes;
  constexpr int64_t square = SmallVector<T>::lanes;
  if (are_vectors<T>(columns, count)) {
    ImageColumns<T> from(y, columns, terms);
    for (int64_t k = 0; k < depth; ++k, to += width) {
      Vector<T> a, b;
      from.next(a, b);
      store(to, a);
      store(to + lanes, b);
    }
    return;
  }
  if (count < width) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = count; j < width; ++j) to[k * width + j] = 0;
    }
  }
  int64_t runs = 1;
  for (int64_t j = 1; j < count; ++j) runs += columns[j] != columns[j - 1] + 1;
  if (runs > count / square + 1 && depth > 1 && terms[1] == terms[0] + 1) {
    turn_columns(to, y, columns, terms, count, depth);
    return;
  }
  for (int64_t j = 0; j < count;) {
    const int64_t run = run_length(columns + j, count - j, 1);
    if (run >= lanes) {
      move_columns<T, Vector<T>>(to + j, y + columns[j], terms, depth);
      j += lanes;
    } else if (run >= square) {
      move_columns<T, typename SmallVector<T>::type>(to + j, y + columns[j], terms, depth);
      j += square;
    } else {
      move_columns<T, T>(to + j, y + columns[j], terms, depth);
      ++j;
    }
  }
}

// A product of so few rows is one tile, and has no use for a panel.
template <typename T>
constexpr int few_rows = smaller(Blocking<T>::row_tile, 6);

// out[i * out_row + columns[j]] = or += sums[i * sums_row + j].
template <typename T>
void put_sums(T* out, int64_t out_row, const int64_t* columns, int64_t count, const T* sums,
              int64_t sums_row, int64_t rows, bool add) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < count; ++j) {
      T& place = out[i * out_row + columns[j]];
      place = add ? place + sums[i * sums_row + j] : sums[i * sums_row + j];
    }
  }
}

// A tile's columns of y, and where they go in the result.
template <typename T>
struct ColumnPanel {
  const T* y;
  const int64_t *terms, *columns;
  int64_t depth, count;
  T* panel;
  const int64_t* out_columns;
  bool is_dense;  // in the result

  void multiply_in_place(T* out, int64_t out_row, const T* x, int64_t rows, bool add) const {
    store_places(out, out_row, rows, add, [&](T* to, int64_t to_row, int64_t stored, bool adds) {
      few_rows_tile(to, to_row, x, rows, stored, adds);
    });
  }
  void pack() const { pack_y(panel, y, terms, depth, columns, count); }
  void multiply_packed(T* out, int64_t out_row, const T* x, int64_t rows, bool add) const {
    constexpr int64_t width = Blocking<T>::column_tile;
    store_places(out, out_row, rows, add, [&](T* to, int64_t to_row, int64_t stored, bool adds) {
      choose_packed_tile<T>(rows)(to, to_row, x, 0, 0, panel, width, depth, rows, stored, adds);
    });
  }

 private:
  template <int R = few_rows<T>>
  void few_rows_tile(T* out, int64_t out_row, const T* x, int64_t rows, int64_t stored,
                     bool add) const {
    if constexpr (R > 1) {
      if (rows < R) return few_rows_tile<R - 1>(out, out_row, x, rows, stored, add);
    }
    tile<T, R>(out, out_row, x, 1, round_up(R, Blocking<T>::row_step),
               ImageColumns<T>(y, columns, terms), depth, stored, add);
  }

  // Where the places of the result do not lie side by side, they are computed as if they did.
  template <typename Product>
  void store_places(T* out, int64_t out_row, int64_t rows, bool add, const Product& product) const {
    if (is_dense) return product(out + out_columns[0], out_row, count, add);
    constexpr int64_t width = Blocking<T>::column_tile;
    alignas(64) T sums[Blocking<T>::row_tile * width];
    product(sums, width, width, false);
    put_sums(out, out_row, out_columns, count, sums, width, rows, add);
  }
};

// Of so few rows, two panels at a time are multiplied where they lie: the sums of one are too few
// to hide the latency of a multiply-add.
template <typename T>
constexpr int very_few_rows = few_rows<T> / 2;

template <typename T>
bool is_pair(const int64_t* columns, int64_t count) {
  constexpr int64_t width = Blocking<T>::column_tile;
  return count >= 2 * width && are_vectors<T>(columns, width) &&
         are_vectors<T>(columns + width, width);
}

// sums (R, 4 vectors) += x (R, depth) @ y, whose vectors begin at the columns. Not a part of its
// caller, so that all addresses find a register.
template <typename T, int R>
__attribute__((noinline)) void add_pair(Vector<T> (&sums)[R][4], const T* x, const T* y,
                                        const int64_t* columns, const int64_t* terms,
                                        int64_t depth) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  const T *const y0 = y + columns[0], *const y1 = y + columns[lanes];
  const T *const y2 = y + columns[2 * lanes], *const y3 = y + columns[3 * lanes];
  Vector<T> products[R][4];
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < 4; ++v) products[i][v] = Vector<T>{};
  }
  for (int64_t k = 0; k < depth; ++k, x += round_up(R, Blocking<T>::row_step)) {
    Vector<T> spread[R];
    for (int i = 0; i < R; ++i) spread[i] = x[i] - Vector<T>{};
    const auto add_vector = [&](int v, const T* from) {
      const Vector<T> vector = load(from + terms[k]);
      for (int i = 0; i < R; ++i) products[i][v] += spread[i] * vector;
    };
    add_vector(0, y0);
    add_vector(1, y1);
    add_vector(2, y2);
    add_vector(3, y3);
  }
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < 4; ++v) sums[i][v] += products[i][v];
  }
}

// All pairs among the columns, a few terms at a time: what these see stays in the first-level
// cache. The places of the result, which may lie apart, are written once. Whether that was all.
template <typename T, int R = very_few_rows<T>>
bool multiply_pairs(const IndexedProduct<T>& product, const int64_t* columns,
                    const int64_t* out_columns, int64_t count, int64_t first_term, int64_t terms,
                    bool add) {
  if constexpr (R > 1) {
    if (product.rows < R) {
      return multiply_pairs<T, R - 1>(product, columns, out_columns, count, first_term, terms, add);
    }
  }
  constexpr int64_t lanes = Blocking<T>::lanes, width = 4 * lanes, block = 128;
  constexpr int64_t x_step = round_up(R, Blocking<T>::row_step);
  const Offsets& offsets = product.y_terms;
  for (int i = 0; i < R; ++i) {  // the result's lines arrive while the sums are made
    for (int64_t j = 0; j < count; j += lanes) {
      __builtin_prefetch(product.out + i * product.out_row + out_columns[j], 1);
    }
  }
  Vector<T> sums[most_panels / 2][R][4] = {};
  for (int64_t k = first_term, depth; k < first_term + terms; k += depth) {
    const int64_t i = k % offsets.period;
    depth = smaller(block, smaller(offsets.period - i, first_term + terms - k));
    for (int64_t j = 0; j < count; j += width) {
      if (!is_pair<T>(columns + j, count - j)) continue;
      add_pair(sums[j / width], product.packed_x + k * x_step,
               product.y + k / offsets.period * offsets.stride, columns + j, offsets.table + i,
               depth);
    }
  }
  bool is_all = true;
  for (int64_t j = 0; j < count; j += width) {
    if (!is_pair<T>(columns + j, count - j)) {
      is_all = false;
      continue;
    }
    alignas(64) T elements[R][width];
    for (int i = 0; i < R; ++i) {
      for (int v = 0; v < 4; ++v) store(elements[i] + v * lanes, sums[j / width][i][v]);
    }
    put_sums(product.out, product.out_row, out_columns + j, width, elements[0], width, R, add);
  }
  return is_all;
}

// Asks for what the next panel is packed from, a few terms at a time, while this one is multiplied.
template <typename T>
struct Upcoming {
  const T *first, *last;  // columns of it, but for the offset of the term
  const int64_t* terms;
  int64_t count;

  void fetch(int64_t most) {
    for (; most > 0 && count > 0; --most, --count, ++terms) {
      __builtin_prefetch(first + *terms, 0, 2);
      __builtin_prefetch(last + *terms, 0, 2);
    }
  }
};

template <typename T>
void multiply(const IndexedProduct<T>& product, int64_t first_column, int64_t columns,
              int64_t first_term, int64_t terms, bool add, T* packed_y) {
  using B = Blocking<T>;
  constexpr int64_t width = B::column_tile;
  int64_t term_offsets[B::depth], column_offsets[most_panels * width];
  int64_t out_offsets[most_panels * width];
  write_offsets(column_offsets, product.y_columns, first_column, columns);
  write_offsets(out_offsets, product.out_columns, first_column, columns);
  const int64_t padded_rows = round_up(product.rows, B::row_step);
  // A block of x stays in the second-level cache while the panels of y pass by: all of them, if
  // there are several blocks; else each is packed where the one before it was, in the first-level
  // cache.
  const int64_t rows = balanced_rows<T>(product.rows);
  const bool in_pairs = product.rows <= very_few_rows<T>;
  const int64_t packed_columns = rows < product.rows ? columns : in_pairs ? 2 * width : width;
  if (in_pairs &&
      multiply_pairs(product, column_offsets, out_offsets, columns, first_term, terms, add)) {
    return;
  }
  for (int64_t k = first_term; k < first_term + terms; k += product.depth) {
    const int64_t depth = smaller(product.depth, first_term + terms - k);
    const T* const packed_x = product.packed_x + k * padded_rows;
    const bool add_here = add || k > first_term;
    write_offsets(term_offsets, product.y_terms, k, depth);
    for (int64_t j0 = 0, j_end; j0 < columns; j0 = j_end) {
      j_end = smaller(j0 + packed_columns, columns);
      const auto panel_at = [&](int64_t j) {
        const int64_t count = smaller(width, j_end - j);
        return ColumnPanel<T>{product.y,
                              term_offsets,
                              column_offsets + j,
                              depth,
                              count,
                              packed_y + (j - j0) * depth,
                              out_offsets + j,
                              run_length(out_offsets + j, count, 1) == count};
      };
      if (in_pairs && is_pair<T>(column_offsets + j0, j_end - j0)) continue;
      if (product.rows <= few_rows<T> && are_vectors<T>(column_offsets + j0, j_end - j0)) {
        panel_at(j0).multiply_in_place(product.out, product.out_row, packed_x, product.rows,
                                       add_here);
        continue;
      }
      for (int64_t j = j0; j < j_end; j += width) panel_at(j).pack();
      for (int64_t i0 = 0, end; i0 < product.rows; i0 = end) {
        end = block_end<T>(i0, rows, product.rows);
        for (int64_t j = j0; j < j_end; j += width) {
          const ColumnPanel<T> panel = panel_at(j);
          Upcoming<T> upcoming{};
          if (j_end < columns) {
            upcoming = {product.y + column_offsets[j_end],
                        product.y + column_offsets[smaller(j_end + width, columns) - 1],
                        term_offsets, depth};
          }
          const int64_t share = ceil_div(depth, ceil_div(end - i0, B::row_tile));
          for (int64_t i = i0; i < end;) {
            const int64_t tile_rows = next_tile_rows<T>(end - i);
            upcoming.fetch(share);
            panel.multiply_packed(product.out + i * product.out_row, product.out_row,
                                  packed_x + i * depth, tile_rows, add_here);
            i += tile_rows;
          }
        }
      }
    }
  }
}

// to[i] = from[2 * i]. The second half of a vector comes from a load that starts one element early,
// and so ends with the last element wanted: nothing beyond it is read.
template <typename T>
ND_INLINE void copy_every_second(T* to, const T* from, int64_t count) {
  using V = SmallVector<T>;
  int64_t i = 0;
  for (; i + V::lanes <= count; i += V::lanes) {
    const typename V::type a = V::load(from + 2 * i), b = V::load(from + 2 * i + V::lanes - 1);
    if constexpr (V::lanes == 2) {
      typedef int64_t Index __attribute__((vector_size(16)));
      V::store(to + i, __builtin_shuffle(a, b, Index{0, 3}));
    } else {
      typedef int32_t Index __attribute__((vector_size(16)));
      V::store(to + i, __builtin_shuffle(a, b, Index{0, 2, 5, 7}));
    }
  }
  for (; i < count; ++i) to[i] = from[2 * i];
}

// to[i] = from[i * stride] where that lies inside, and 0 outside: `skipped` zeros, `count`
// elements.
template <typename T>
ND_INLINE void copy_run(T* to, int64_t length, const T* from, int64_t stride, int64_t skipped,
                        int64_t count) {
  int64_t i = 0;
  for (; i < skipped; ++i) to[i] = 0;
  T* const inside = to + skipped;
  if (stride == 1) {
    for (int64_t e = 0; e < count; ++e) inside[e] = from[e];
  } else if (stride == 2) {
    copy_every_second(inside, from, count);
  } else {
    for (int64_t e = 0; e < count; ++e) inside[e] = from[e * stride];
  }
  for (i = skipped + count; i < length; ++i) to[i] = 0;
}

// Rows of which some are left out come too late otherwise: the processor foresees dense ones only.
constexpr int64_t rows_ahead = 16;
template <typename T>
ND_INLINE void prefetch_row(const T* row, int64_t width) {
  constexpr int64_t line = 64 / sizeof(T);
  for (int64_t i = 0; i < width; i += line) __builtin_prefetch(row + i);
}

template <typename T>
void copy_padded(const PaddedCopy<T>& copy) {
  const int64_t row_size = copy.phase_count * copy.run;
  T* to = copy.to;
  for (int64_t channel = 0; channel < copy.channels; ++channel) {
    const T* const image = copy.from + channel * copy.from_channel;
    for (int64_t d = 0; d < copy.padded[0]; ++d) {
      const int64_t from_d = d - copy.before[0];
      for (int64_t h = 0; h < copy.padded[1]; ++h, to += row_size) {
        if (!copy.wanted[0][d] || !copy.wanted[1][h]) continue;
        const int64_t from_h = h - copy.before[1];
        const bool is_inside =
            from_d >= 0 && from_d < copy.size[0] && from_h >= 0 && from_h < copy.size[1];
        const T* const row = image + from_d * copy.from_stride[0] + from_h * copy.from_stride[1];
        if (is_inside && copy.step > 1) {
          prefetch_row(row + rows_ahead * copy.from_stride[1], copy.size[2]);
        }
        for (int64_t p = 0; p < copy.phase_count; ++p) {
          const RowPhase& phase = copy.phases[p];
          copy_run(to + p * copy.run, copy.run, row + phase.from * copy.from_stride[2],
                   copy.step * copy.from_stride[2], is_inside ? phase.skipped : copy.run,
                   is_inside ? phase.count : 0);
        }
      }
    }
  }
}

template <typename T>
void sum_parts(T* out, const T* parts, int64_t count, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = parts[i];
  for (int64_t part = 1; part < count; ++part) {
    for (int64_t i = 0; i < n; ++i) out[i] += parts[part * n + i];
  }
}

template <typename T>
constexpr ConvolutionKernelsOf<T> kernels_of = {Blocking<T>::column_tile,
                                                most_panels * Blocking<T>::column_tile,
                                                Blocking<T>::row_tile,
                                                Blocking<T>::row_step,
                                                balanced_depth<T>,
                                                pack_x<T>,
                                                multiply<T>,
                                                copy_padded<T>,
                                                sum_parts<T>};
constexpr ConvolutionKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const ConvolutionKernels& convolution_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
