// Compiled once per instruction set.
#include "ops/copy/copy_kernels.hpp"

#include <utility>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "cpu/stream_stores.hpp"
#include "cpu/vector_width.hpp"
#include "ops/copy/conversions.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// The processor's own conversions of float16, where it has them, for as many as make whole vectors:
// returns how many.
template <typename To, typename From>
int64_t convert_vectors([[maybe_unused]] To* out, [[maybe_unused]] const From* x,
                        [[maybe_unused]] int64_t count) {
  int64_t i = 0;
#if defined(__F16C__)
  if constexpr (std::is_same_v<To, float> && std::is_same_v<From, float16>) {
    for (; i + 8 <= count; i += 8) {
      const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i));
      _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
    }
  } else if constexpr (std::is_same_v<To, float16> && std::is_same_v<From, float>) {
    for (; i + 8 <= count; i += 8) {
      const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), halves);
    }
  }
#endif
  return i;
}

template <typename T>
constexpr bool is_real_floating = std::is_floating_point_v<T> || is_half<T>;

template <typename To, typename From>
void convert(const Block<2>& block) {
  const int64_t out_step = block.column_strides[0], x_step = block.column_strides[1];
  const bool dense = out_step == sizeof(To) && x_step == sizeof(From);
  for (int64_t row = 0; row < block.rows; ++row) {
    char* const out = block.data[0] + row * block.row_strides[0];
    const char* const x = block.data[1] + row * block.row_strides[1];
    if (dense) {
      To* const dense_out = reinterpret_cast<To*>(out);
      const auto write = [=](To* __restrict to, int64_t first, int64_t count) {
        const From* __restrict const from = reinterpret_cast<const From*>(x) + first;
        int64_t i = convert_vectors(to, from, count);
        for (; i < count; ++i) to[i] = m::convert<To>(from[i]);
      };
      constexpr bool may_stream = is_real_floating<To> && is_real_floating<From>;
      write_row(dense_out, block.columns, may_stream && block.streams, write);
    } else {
      for (int64_t i = 0; i < block.columns; ++i) {
        *reinterpret_cast<To*>(out + i * out_step) =
            m::convert<To>(*reinterpret_cast<const From*>(x + i * x_step));
      }
    }
  }
}

// A square of elements in vector registers, one row in each.
template <typename T>
struct Square {
  static constexpr int fitting = vector_bytes / static_cast<int>(sizeof(T));
  static constexpr int side = fitting < 16 ? fitting : 16;
  typedef T Row __attribute__((vector_size(side * sizeof(T))));

  // The first halves of a and b, or the second ones: a0 b0 a1 b1 ...
  template <int half, int... i>
  static Row interleave(Row a, Row b, std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(a, b, (half * side / 2 + i / 2 + i % 2 * side)...);
  }

  // rows[r][c] to rows[c][r], by log2(side) perfect shuffles of the whole square.
  static void transpose(Row (&rows)[side]) {
    constexpr auto lanes = std::make_integer_sequence<int, side>();
    for (int stage = 1; stage < side; stage *= 2) {
      Row shuffled[side];
      for (int r = 0; r < side / 2; ++r) {
        shuffled[2 * r] = interleave<0>(rows[r], rows[r + side / 2], lanes);
        shuffled[2 * r + 1] = interleave<1>(rows[r], rows[r + side / 2], lanes);
      }
      for (int r = 0; r < side; ++r) rows[r] = shuffled[r];
    }
  }
};

template <typename T>
void strided(char* out, const char* x, int64_t count, int64_t out_step, int64_t x_step) {
  for (int64_t i = 0; i < count; ++i) {
    *reinterpret_cast<T*>(out + i * out_step) = *reinterpret_cast<const T*>(x + i * x_step);
  }
}

// One square: element (r, c) of x lies at x + r * item + c * x_stride, and of out at
// out + r * out_stride + c * item.
template <typename T>
ND_INLINE void transpose_square(char* out, int64_t out_stride, const char* x, int64_t x_stride) {
  constexpr int side = Square<T>::side;
  typename Square<T>::Row rows[side];
#pragma GCC unroll 16
  for (int i = 0; i < side; ++i) __builtin_memcpy(&rows[i], x + i * x_stride, sizeof(rows[i]));
  Square<T>::transpose(rows);
#pragma GCC unroll 16
  for (int i = 0; i < side; ++i) __builtin_memcpy(out + i * out_stride, &rows[i], sizeof(rows[i]));
}

// A block whose columns are dense in out and whose rows are dense in x.
template <typename T>
void transpose(const Block<2>& block) {
  constexpr int side = Square<T>::side;
  constexpr int64_t item = sizeof(T), line = 64, columns = line / item;
  const int64_t out_stride = block.row_strides[0], x_stride = block.column_strides[1];
  const auto out_at = [&](int64_t r, int64_t c) {
    return block.data[0] + r * out_stride + c * item;
  };
  const auto x_at = [&](int64_t r, int64_t c) { return block.data[1] + r * item + c * x_stride; };
  // All of a cache line of x is used while it is near, and whole lines of out are written: rows
  // that are a power of two apart push each other out of the cache.
  for (int64_t row = 0; row < block.rows; row += transpose_tile) {
    const int64_t rows = transpose_tile < block.rows - row ? transpose_tile : block.rows - row;
    int64_t column = 0;
    for (; rows == transpose_tile && column + columns <= block.columns; column += columns) {
      alignas(line) char near[transpose_tile][line];
      for (int64_t c = column; c < column + columns; ++c) {
        for (int64_t r = row + transpose_tile; r < row + 2 * transpose_tile; r += columns) {
          __builtin_prefetch(x_at(r, c));
        }
      }
      for (int64_t c = 0; c < columns; c += side) {
        for (int64_t r = 0; r < transpose_tile; r += side) {
          transpose_square<T>(&near[r][c * item], line, x_at(row + r, column + c), x_stride);
        }
      }
      const bool streams =
          block.streams &&
          (reinterpret_cast<uintptr_t>(out_at(row, column)) | out_stride) % line == 0;
      for (int64_t r = 0; r < transpose_tile; ++r) {
        if (streams) {
          stream_line(out_at(row + r, column), near[r]);
        } else {
          __builtin_memcpy(out_at(row + r, column), near[r], line);
        }
      }
    }
    for (; column < block.columns; column += side) {
      const bool whole = column + side <= block.columns;
      int64_t r = row;
      for (; whole && r + side <= row + rows; r += side) {
        transpose_square<T>(out_at(r, column), out_stride, x_at(r, column), x_stride);
      }
      for (; r < row + rows; ++r) {
        strided<T>(out_at(r, column), x_at(r, column), whole ? side : block.columns - column, item,
                   x_stride);
      }
    }
  }
  end_stream();
}

template <typename T>
void fill_run(char* out, int64_t step, int64_t count, T value, bool streams) {
  if (step == sizeof(T)) {
    write_row(reinterpret_cast<T*>(out), count, streams, [=](T* to, int64_t, int64_t n) {
      for (int64_t i = 0; i < n; ++i) to[i] = value;
    });
  } else {
    for (int64_t i = 0; i < count; ++i) *reinterpret_cast<T*>(out + i * step) = value;
  }
}

template <typename T>
void move(const Block<2>& block) {
  const int64_t out_step = block.column_strides[0], x_step = block.column_strides[1];
  if constexpr (sizeof(T) <= 8) {
    if (out_step == sizeof(T) && x_step != sizeof(T) && block.row_strides[1] == sizeof(T)) {
      return transpose<T>(block);
    }
  }
  for (int64_t row = 0; row < block.rows; ++row) {
    char* const out = block.data[0] + row * block.row_strides[0];
    const char* const x = block.data[1] + row * block.row_strides[1];
    if (out_step == sizeof(T) && x_step == sizeof(T)) {
      const auto write = [=](T* to, int64_t first, int64_t count) {
        __builtin_memcpy(to, x + first * sizeof(T), static_cast<size_t>(count) * sizeof(T));
      };
      write_row(reinterpret_cast<T*>(out), block.columns, block.streams, write);
    } else if (x_step == 0) {
      fill_run(out, out_step, block.columns, *reinterpret_cast<const T*>(x), block.streams);
    } else {
      strided<T>(out, x, block.columns, out_step, x_step);
    }
  }
}

template <typename T>
void fill(const Block<1>& block, const void* value) {
  T element;
  __builtin_memcpy(&element, value, sizeof(T));
  for (int64_t row = 0; row < block.rows; ++row) {
    fill_run(block.data[0] + row * block.row_strides[0], block.column_strides[0], block.columns,
             element, block.streams);
  }
}

// x and y are dense or one element repeated; the rest is dense.
template <typename T, bool x_repeats, bool y_repeats>
void where_dense(T* out, const uint8_t* condition, const T* x, const T* y, int64_t count) {
  const T first_x = x[0], first_y = y[0];
// In place is fine: what one element writes, no other reads.
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const T chosen = x_repeats ? first_x : x[i], other = y_repeats ? first_y : y[i];
    out[i] = condition[i] != 0 ? chosen : other;
  }
}

template <typename T>
void where(const Block<4>& block) {
  constexpr int64_t dense = sizeof(T);
  const int64_t* const steps = block.column_strides;
  const bool vectorizes = steps[0] == dense && steps[1] == 1 && (steps[2] == dense || !steps[2]) &&
                          (steps[3] == dense || !steps[3]);
  for (int64_t row = 0; row < block.rows; ++row) {
    char* data[4];
    for (int k = 0; k < 4; ++k) data[k] = block.data[k] + row * block.row_strides[k];
    if (vectorizes) {
      const auto run =
          steps[2] == dense
              ? (steps[3] == dense ? where_dense<T, false, false> : where_dense<T, false, true>)
              : (steps[3] == dense ? where_dense<T, true, false> : where_dense<T, true, true>);
      run(reinterpret_cast<T*>(data[0]), reinterpret_cast<const uint8_t*>(data[1]),
          reinterpret_cast<const T*>(data[2]), reinterpret_cast<const T*>(data[3]), block.columns);
    } else {
      for (int64_t i = 0; i < block.columns; ++i) {
        const bool first = *reinterpret_cast<const uint8_t*>(data[1] + i * steps[1]) != 0;
        *reinterpret_cast<T*>(data[0] + i * steps[0]) =
            *reinterpret_cast<const T*>(first ? data[2] + i * steps[2] : data[3] + i * steps[3]);
      }
    }
  }
}

template <typename To, typename From>
constexpr CopyKernels::Copy conversion() {
  if constexpr (is_complex_type<From> && !is_complex_type<To> && !std::is_same_v<To, bool>) {
    return nullptr;
  } else {
    return convert<conversion_target<To, From>, conversion_source<To, From>>;
  }
}

template <typename To>
constexpr void set_conversions(CopyKernels::Copy (&row)[dtype_count]) {
#define ND_DTYPE(name, type, kind) row[static_cast<int>(DType::name)] = conversion<To, type>();
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
}

constexpr CopyKernels all_kernels() {
  CopyKernels kernels = {
      {},
      {move<uint8_t>, move<uint16_t>, move<uint32_t>, move<uint64_t>, move<complex128>},
      {where<uint8_t>, where<uint16_t>, where<uint32_t>, where<uint64_t>, where<complex128>},
      {fill<uint8_t>, fill<uint16_t>, fill<uint32_t>, fill<uint64_t>, fill<complex128>},
  };
#define ND_DTYPE(name, type, kind) \
  set_conversions<type>(kernels.convert[static_cast<int>(DType::name)]);
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  return kernels;
}
constexpr CopyKernels kernels = all_kernels();

}  // namespace

const CopyKernels& copy_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
