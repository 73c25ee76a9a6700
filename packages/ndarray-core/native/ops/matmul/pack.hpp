// Copies of blocks of the operands, in the order in which the micro-kernel reads them. This is also
// where operands with any strides, transposed ones among them, become alike.
#pragma once

#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// Four 4-byte or two 8-byte elements: what a square of lines is transposed in.
template <typename T>
struct SmallVector {
  static constexpr int lanes = 16 / sizeof(T);
  typedef T type __attribute__((vector_size(16)));
  typedef T unaligned __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
  static type load(const T* from) { return *reinterpret_cast<const unaligned*>(from); }
  static void store(T* to, type value) { *reinterpret_cast<unaligned*>(to) = value; }
};

// to[k * width + i] = from[lines[i] + k] for i, k < lanes.
template <typename T>
ND_INLINE void transpose_square(T* to, int64_t width, const T* from, const int64_t* lines) {
  using V = SmallVector<T>;
  typename V::type a = V::load(from + lines[0]), b = V::load(from + lines[1]);
  if constexpr (V::lanes == 2) {
    typedef int64_t Index __attribute__((vector_size(16)));
    V::store(to, __builtin_shuffle(a, b, Index{0, 2}));
    V::store(to + width, __builtin_shuffle(a, b, Index{1, 3}));
  } else {
    typedef int32_t Index __attribute__((vector_size(16)));
    typename V::type c = V::load(from + lines[2]), d = V::load(from + lines[3]);
    const Index low{0, 4, 1, 5}, high{2, 6, 3, 7}, first{0, 1, 4, 5}, second{2, 3, 6, 7};
    const auto ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
    const auto AB = __builtin_shuffle(a, b, high), CD = __builtin_shuffle(c, d, high);
    V::store(to, __builtin_shuffle(ab, cd, first));
    V::store(to + width, __builtin_shuffle(ab, cd, second));
    V::store(to + 2 * width, __builtin_shuffle(AB, CD, first));
    V::store(to + 3 * width, __builtin_shuffle(AB, CD, second));
  }
}

// The same for two lines: of four elements each, or two of eight bytes.
template <typename T>
ND_INLINE void transpose_pair(T* to, int64_t width, const T* from, int64_t stride) {
  constexpr int lanes = SmallVector<T>::lanes;
  T pairs[2 * lanes];
#pragma GCC unroll 4
  for (int k = 0; k < lanes; ++k) {
    pairs[2 * k] = from[k];
    pairs[2 * k + 1] = from[stride + k];
  }
#pragma GCC unroll 4
  for (int k = 0; k < lanes; ++k) __builtin_memcpy(to + k * width, pairs + 2 * k, 2 * sizeof(T));
}

// Panels of Width lines side by side, where the lines' first elements, and all that follow, are
// neighbours: to[p * Width * depth + k * Width + i] = from[k * step + p * Width + i]. A few k at a
// time, along all panels: a panel takes a part of a line only, and the next one the rest.
template <int64_t Width, typename T>
ND_INLINE void pack_side_by_side(T* to, const T* from, int64_t step, int64_t panels,
                                 int64_t depth) {
  constexpr int64_t block = 4;
  for (int64_t k0 = 0; k0 < depth; k0 += block) {
    const int64_t end = smaller(k0 + block, depth);
    for (int64_t p = 0; p < panels; ++p) {
      for (int64_t k = k0; k < end; ++k) {
        __builtin_memcpy(to + (p * depth + k) * Width, from + k * step + p * Width,
                         Width * sizeof(T));
      }
    }
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
            const int64_t lines[] = {0, stride, 2 * stride, 3 * stride};
            transpose_square(to + k * width + i, width, from + i * stride + k, lines);
          }
        }
        for (; i + 2 <= count; i += 2) {
#pragma GCC unroll 4
          for (int64_t k = k0; k < k0 + block; k += square) {
            transpose_pair(to + k * width + i, width, from + i * stride + k, stride);
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

// A block of x, in a panel for each tile.
template <typename T>
void pack_rows(T* to, const T* x, int64_t row_stride, int64_t column_stride, int64_t rows,
               int64_t depth) {
  constexpr int full = Blocking<T>::row_tile;
  int64_t i = 0;
  if (row_stride == 1) {
    while (i < rows && next_tile_rows<T>(rows - i) == full) i += full;
    pack_side_by_side<full>(to, x, column_stride, i / full, depth);
  }
  while (i < rows) {
    const int64_t count = next_tile_rows<T>(rows - i);
    if (count == full) {
      pack_panel(to + i * depth, x + i * row_stride, row_stride, column_stride, full, full, depth);
    } else {
      pack_panel(to + i * depth, x + i * row_stride, row_stride, column_stride, count,
                 round_up(count, Blocking<T>::row_step), depth);
    }
    i += count;
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

}  // namespace
}  // namespace nd::cpu::ND_ISA
