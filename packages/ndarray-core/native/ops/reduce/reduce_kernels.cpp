// Compiled once per instruction set.
//
// Sums are pairwise (N. J. Higham, "The accuracy of floating point summation", 1993) in either
// direction: runs of `run_rows` rows are added up plainly, and run sums are combined as the digits
// of a binary counter carry, so that a value passes through about run_rows + log2(rows) additions.
// A dense row is a matrix with as many columns as two vector registers have lanes.
//
// Memory is read at several places at once, the same parts of four rows or of four quarters of a
// long one: a processor fetches ahead for each of them, and one thread reads half as much again.
#include "ops/reduce/reduce_kernels.hpp"

#include <type_traits>

#include "core/combine.hpp"
#include "cpu/vector_width.hpp"
#include "ops/elementwise/domains.hpp"
#include "ops/reduce/better.hpp"

namespace nd::cpu::ND_ISA {
namespace {

constexpr int max_levels = 12;  // 2^11 runs of 16 rows make reduce_limit
static_assert(run_rows << (max_levels - 1) >= reduce_limit);

// X: element type; A: the type that its values are accumulated in.
template <typename X, typename A>
struct Vectors {
  static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(A));
  typedef A Accumulator __attribute__((vector_size(vector_bytes)));
  typedef X Elements __attribute__((vector_size(lanes * sizeof(X))));

  static Accumulator load(const char* x) {
    Elements elements;
    __builtin_memcpy(&elements, x, sizeof(elements));
    if constexpr (std::is_same_v<X, A>) {
      return elements;
    } else {
      return __builtin_convertvector(elements, Accumulator);
    }
  }
};

// Down some rows, in registers: `together` vectors side by side, from each of `streams` places that
// lie `apart`.
template <typename Op, typename X, typename A, int streams, int together>
void reduce_strip(A* out, const char* x, int64_t rows, int64_t row_stride, int64_t apart = 0) {
  using V = Vectors<X, A>;
  constexpr int step = V::lanes * sizeof(X);
  typename V::Accumulator total[streams][together];
#pragma GCC unroll 4
  for (int s = 0; s < streams; ++s) {
#pragma GCC unroll 4
    for (int v = 0; v < together; ++v) total[s][v] = V::load(x + s * apart + v * step);
  }
  for (int64_t row = 1; row < rows; ++row) {
    x += row_stride;
#pragma GCC unroll 4
    for (int s = 0; s < streams; ++s) {
#pragma GCC unroll 4
      for (int v = 0; v < together; ++v) {
        total[s][v] = Op::combine(total[s][v], V::load(x + s * apart + v * step));
      }
    }
  }
  __builtin_memcpy(out, total, sizeof(total));
}

// One run: out[c] from x[r][c] for all rows.
template <typename Op, typename X, typename A>
void reduce_run(A* out, const char* x, int64_t rows, int64_t columns, int64_t row_stride,
                int64_t column_stride) {
  constexpr int lanes = Vectors<X, A>::lanes;
  int64_t c = 0;
  if (column_stride == sizeof(X)) {
    for (; c + 4 * lanes <= columns; c += 4 * lanes) {
      reduce_strip<Op, X, A, 1, 4>(out + c, x + c * column_stride, rows, row_stride);
    }
    for (; c + lanes <= columns; c += lanes) {
      reduce_strip<Op, X, A, 1, 1>(out + c, x + c * column_stride, rows, row_stride);
    }
  }
  for (; c < columns; ++c) {
    const char* element = x + c * column_stride;
    A total = static_cast<A>(*reinterpret_cast<const X*>(element));
    for (int64_t row = 1; row < rows; ++row) {
      element += row_stride;
      total = Op::combine(total, static_cast<A>(*reinterpret_cast<const X*>(element)));
    }
    out[c] = total;
  }
}

template <typename Op, typename A>
void combine_into(A* out, const A* earlier, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) out[i] = Op::combine(earlier[i], out[i]);
}

// out[c] for `columns` columns of up to reduce_limit rows, by run(to, first row, how many).
template <typename Op, int64_t most_columns, typename A, typename Run>
void reduce_runs(A* out, int64_t rows, int64_t columns, const Run& run) {
  if (rows <= run_rows) return run(out, 0, rows);
  A levels[max_levels][most_columns];  // level k holds the total of 2^k runs
  uint64_t runs = 0;
  for (int64_t row = 0; row < rows; row += run_rows, ++runs) {
    const int target = __builtin_ctzll(~runs);
    run(levels[target], row, row + run_rows <= rows ? run_rows : rows - row);
    for (int k = 0; k < target; ++k) combine_into<Op>(levels[target], levels[k], columns);
  }
  bool first = true;
  for (int k = 0; k < max_levels; ++k) {
    if ((runs >> k & 1) == 0) continue;
    if (first) {
      __builtin_memcpy(out, levels[k], static_cast<size_t>(columns) * sizeof(A));
    } else {
      combine_into<Op>(out, levels[k], columns);
    }
    first = false;
  }
}

// out[c] from x[r][c] for up to tile_columns columns.
template <typename Op, typename X, typename A>
void reduce_tile(A* out, const char* x, int64_t rows, int64_t columns, int64_t row_stride,
                 int64_t column_stride) {
  reduce_runs<Op, tile_columns>(out, rows, columns, [=](A* to, int64_t first, int64_t length) {
    reduce_run<Op, X, A>(to, x + first * row_stride, length, columns, row_stride, column_stride);
  });
}

template <typename Op, typename X, typename A>
void reduce_columns(char* out, int64_t out_stride, const char* x, int64_t rows, int64_t columns,
                    int64_t row_stride, int64_t column_stride) {
  A totals[tile_columns];
  for (int64_t first = 0; first < columns; first += tile_columns) {
    const int64_t width = first + tile_columns <= columns ? tile_columns : columns - first;
    char* const out_tile = out + first * out_stride;
    const char* const x_tile = x + first * column_stride;
    if (out_stride == sizeof(A)) {
      reduce_tile<Op, X, A>(reinterpret_cast<A*>(out_tile), x_tile, rows, width, row_stride,
                            column_stride);
    } else {
      reduce_tile<Op, X, A>(totals, x_tile, rows, width, row_stride, column_stride);
      for (int64_t c = 0; c < width; ++c) {
        *reinterpret_cast<A*>(out_tile + c * out_stride) = totals[c];
      }
    }
  }
}

// Rows, of which each is a matrix with `width` columns, and what is left.
template <typename Op, typename X, typename A>
struct Rows {
  static constexpr int lanes = Vectors<X, A>::lanes, streams = 4, together = 2;
  static constexpr int64_t width = together * lanes;
  static constexpr int64_t long_row = 8192;  // of which each quarter is a few pages of memory

  // `parts` dense rows, or parts of a row, of a multiple of `width` elements.
  template <int parts>
  static void totals(A (&out)[parts][width], const char* x, int64_t count, int64_t apart) {
    constexpr int64_t row_stride = width * sizeof(X);
    reduce_runs<Op, parts * width>(out[0], count / width, parts * width,
                                   [=](A* to, int64_t first, int64_t length) {
                                     reduce_strip<Op, X, A, parts, together>(
                                         to, x + first * row_stride, length, row_stride, apart);
                                   });
  }

  // The result of a row from the totals of its first `done` elements.
  static A finish(A (&totals)[width], const char* x, int64_t done, int64_t count, int64_t stride) {
    // The whole vectors of the tail are added to the lanes.
    const int64_t tail_rows = (count - done) / lanes;
    if (tail_rows > 0) {
      A tail[lanes];
      reduce_run<Op, X, A>(tail, x + done * stride, tail_rows, lanes, lanes * stride, stride);
      combine_into<Op>(totals, tail, lanes);
      done += tail_rows * lanes;
    }
    for (int64_t half = width / 2; half > 0; half /= 2)
      combine_into<Op>(totals, totals + half, half);
    return one_by_one(totals[0], x, done, count, stride);
  }

  static A one_by_one(A total, const char* x, int64_t done, int64_t count, int64_t stride) {
    for (int64_t i = done; i < count; ++i) {
      total = Op::combine(total, static_cast<A>(*reinterpret_cast<const X*>(x + i * stride)));
    }
    return total;
  }

  static A row(const char* x, int64_t count, int64_t stride) {
    if (count < width) {
      return one_by_one(static_cast<A>(*reinterpret_cast<const X*>(x)), x, 1, count, stride);
    }
    const int64_t done = count / width * width;
    A total[1][width];
    if (stride != sizeof(X)) {
      reduce_tile<Op, X, A>(total[0], x, count / width, width, width * stride, stride);
    } else if (count < long_row) {
      totals(total, x, done, 0);
    } else {
      const int64_t part = count / (streams * width) * width;
      A of_parts[streams][width];
      totals(of_parts, x, part, part * stride);
      for (int s = streams / 2; s > 0; s /= 2)
        combine_into<Op>(of_parts[0], of_parts[s], s * width);
      return finish(of_parts[0], x, streams * part, count, stride);
    }
    return finish(total[0], x, done, count, stride);
  }
};

template <typename Op, typename X, typename A>
void reduce_rows(char* out, int64_t out_stride, const char* x, int64_t rows, int64_t count,
                 int64_t row_stride, int64_t stride) {
  using R = Rows<Op, X, A>;
  int64_t row = 0;
  if (stride == sizeof(X) && count >= R::width && count < R::long_row) {
    for (; row + R::streams <= rows; row += R::streams) {
      A total[R::streams][R::width];
      R::totals(total, x, count / R::width * R::width, row_stride);
      for (int s = 0; s < R::streams; ++s, out += out_stride, x += row_stride) {
        *reinterpret_cast<A*>(out) =
            R::finish(total[s], x, count / R::width * R::width, count, stride);
      }
    }
  }
  for (; row < rows; ++row, out += out_stride, x += row_stride) {
    *reinterpret_cast<A*>(out) = R::row(x, count, stride);
  }
}

// The first position in a dense row at which `matches` holds; there is one.
template <typename X, typename Predicate>
int64_t find(const X* x, int64_t count, Predicate matches) {
  constexpr int64_t stretch = 64;
  int64_t i = 0;
  for (; i + stretch <= count; i += stretch) {
    int found = 0;
    for (int64_t k = 0; k < stretch; ++k) found |= matches(x[i + k]);
    if (found) break;
  }
  while (i < count - 1 && !matches(x[i])) ++i;
  return i;
}

// The first position of the best value of a dense row, which is known.
template <typename X>
int64_t find_best(const char* x, int64_t count, X best) {
  const X* const dense = reinterpret_cast<const X*>(x);
  return best == best ? find(dense, count, [best](X value) { return value == best; })
                      : find(dense, count, [](X value) { return value != value; });
}

template <typename Op, typename X>
int64_t arg_reduce_row(const char* x, int64_t count, int64_t stride) {
  int64_t position = 0;
  X best = *reinterpret_cast<const X*>(x);
  for (int64_t i = 1; i < count; ++i) {
    const X value = *reinterpret_cast<const X*>(x + i * stride);
    if (replaces<Op>(best, value)) {
      best = value;
      position = i;
    }
  }
  return position;
}

template <typename Op, typename X>
void arg_reduce_rows(char* out, int64_t out_stride, const char* x, int64_t rows, int64_t count,
                     int64_t row_stride, int64_t stride) {
  constexpr int streams = Rows<Op, X, X>::streams;
  const auto write = [&](int64_t row, int64_t position) {
    *reinterpret_cast<int64_t*>(out + row * out_stride) = position;
  };
  for (int64_t row = 0; row < rows; row += streams, x += streams * row_stride) {
    const int64_t together = streams < rows - row ? streams : rows - row;
    X best[streams];
    if (stride == sizeof(X)) {
      reduce_rows<Op, X, X>(reinterpret_cast<char*>(best), sizeof(X), x, together, count,
                            row_stride, stride);
    }
    for (int s = 0; s < together; ++s) {
      const char* const one = x + s * row_stride;
      write(row + s, stride == sizeof(X) ? find_best(one, count, best[s])
                                         : arg_reduce_row<Op, X>(one, count, stride));
    }
  }
}

template <typename Op, typename X, bool dense>
void arg_reduce_tile(char* out, int64_t out_stride, const char* x, int32_t rows, int64_t columns,
                     int64_t row_stride, int64_t column_stride) {
  constexpr int64_t line = 64 / sizeof(X), ahead = 8;
  X best[tile_columns];
  int32_t position[tile_columns];
  const int64_t step = dense ? sizeof(X) : column_stride;
  for (int64_t c = 0; c < columns; ++c) {
    best[c] = *reinterpret_cast<const X*>(x + c * step);
    position[c] = 0;
  }
  for (int32_t row = 1; row < rows; ++row) {
    x += row_stride;
    // A row of the tile is too short for the processor to fetch the next one by itself.
    for (int64_t c = 0; dense && row + ahead < rows && c < columns; c += line) {
      __builtin_prefetch(x + ahead * row_stride + c * step);
    }
    for (int64_t c = 0; c < columns; ++c) {
      const X value = *reinterpret_cast<const X*>(x + c * step);
      const bool better = replaces<Op>(best[c], value);
      best[c] = better ? value : best[c];
      position[c] = better ? row : position[c];
    }
  }
  for (int64_t c = 0; c < columns; ++c) {
    *reinterpret_cast<int64_t*>(out + c * out_stride) = position[c];
  }
}

template <typename Op, typename X>
void arg_reduce_columns(char* out, int64_t out_stride, const char* x, int64_t rows, int64_t columns,
                        int64_t row_stride, int64_t column_stride) {
  const auto tile =
      column_stride == sizeof(X) ? arg_reduce_tile<Op, X, true> : arg_reduce_tile<Op, X, false>;
  for (int64_t first = 0; first < columns; first += tile_columns) {
    const int64_t width = first + tile_columns <= columns ? tile_columns : columns - first;
    tile(out + first * out_stride, out_stride, x + first * column_stride,
         static_cast<int32_t>(rows), width, row_stride, column_stride);
  }
}

// 64-bit integers add and multiply alike whatever their sign; bools are bytes in memory.
template <typename T>
using Element = typename kernel_element<T, sizeof(T) != 8>::type;
template <typename T>
using Ordered = typename kernel_element<T, true>::type;
template <typename X>
using Wide = std::conditional_t<std::is_floating_point_v<X>, X,
                                std::conditional_t<std::is_signed_v<X>, int64_t, uint64_t>>;

template <typename Op, typename X, typename A>
constexpr ReduceKernels::Pair pair() {
  return {reduce_rows<Op, X, A>, reduce_columns<Op, X, A>};
}
template <typename Op, typename X>
constexpr ReduceKernels::Pair arg_pair() {
  return {arg_reduce_rows<Op, X>, arg_reduce_columns<Op, X>};
}

template <typename T>
  requires is_half<T> || is_complex_type<T>
constexpr void set_kernels(ReduceKernels&) {}  // the drivers make other types of them
template <typename T>
constexpr void set_kernels(ReduceKernels& kernels) {
  const int dtype = static_cast<int>(dtype_of_type<T>::value);
  const auto set = [&](ReduceOp op, ReduceKernels::Pair pair) {
    kernels.reduce[static_cast<int>(op)][dtype] = pair;
  };
  set(ReduceOp::sum, pair<Sum, Element<T>, Wide<Element<T>>>());
  set(ReduceOp::prod, pair<Product, Element<T>, Wide<Element<T>>>());
  set(ReduceOp::max, pair<Maximum, Ordered<T>, Ordered<T>>());
  set(ReduceOp::min, pair<Minimum, Ordered<T>, Ordered<T>>());
  if constexpr (std::is_same_v<T, bool>) {
    set(ReduceOp::any, pair<Maximum, uint8_t, uint8_t>());
    set(ReduceOp::all, pair<Minimum, uint8_t, uint8_t>());
  }
  kernels.arg_reduce[static_cast<int>(ArgReduceOp::argmax)][dtype] =
      arg_pair<Maximum, Ordered<T>>();
  kernels.arg_reduce[static_cast<int>(ArgReduceOp::argmin)][dtype] =
      arg_pair<Minimum, Ordered<T>>();
}

constexpr ReduceKernels all_kernels() {
  ReduceKernels kernels = {};
#define ND_DTYPE(name, type, kind) set_kernels<type>(kernels);
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  return kernels;
}
constexpr ReduceKernels kernels = all_kernels();

}  // namespace

const ReduceKernels& reduce_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
