// A block's part of a matrix product on tensor cores (cuda/mma.hpp), which multiply float16,
// bfloat16 and, by choice, float32 rounded to tf32, and sum up in float32.
//
// In shared memory a slab of either operand lies by rows (of y: columns) of 32-bit words, each two
// halves or one tf32, as tensor cores want them in registers. Rows are 20 words apart, not 16: so
// the 32 words that a warp reads at once lie in all 32 banks.
#pragma once

#include "cuda/mma.hpp"
#include "ops/matmul/tiles.hpp"

namespace nd::cuda {

// What multiplies 16 rows with 8 columns, 8 words of each.
template <typename Half>
struct ByHalves {
  using Element = Half;
  static __device__ __forceinline__ void apply(float (&d)[4], const uint32_t (&a)[4],
                                               const uint32_t (&b)[2]) {
    mma_m16n8k16<Half>(d, a, b);
  }
};
// float16 where compute capability is 7.5.
struct ByHalvesInSteps {
  using Element = float16;
  static __device__ __forceinline__ void apply(float (&d)[4], const uint32_t (&a)[4],
                                               const uint32_t (&b)[2]) {
    const uint32_t first[2] = {a[0], a[1]}, second[2] = {a[2], a[3]};
    mma_m16n8k8(d, first, b[0]);
    mma_m16n8k8(d, second, b[1]);
  }
};
struct ByTf32 {
  using Element = float;
  static __device__ __forceinline__ void apply(float (&d)[4], const uint32_t (&a)[4],
                                               const uint32_t (&b)[2]) {
    mma_m16n8k8_tf32(d, a, b);
  }
};

inline constexpr int slab_words = 16, padded_words = 20;

// Warps beside and below each other, each with products of 16 x 8 elements.
template <typename T, int row_warps_, int column_warps_, int row_products_, int column_products_>
struct TensorTile {
  static constexpr int row_warps = row_warps_, column_warps = column_warps_;
  static constexpr int row_products = row_products_, column_products = column_products_;
  static constexpr int rows = row_warps * row_products * 16;
  static constexpr int columns = column_warps * column_products * 8;
  static constexpr int depth = slab_words * 4 / static_cast<int>(sizeof(T));
  static constexpr int threads = 32 * row_warps * column_warps;
};
template <typename T>
using LargeTensorTile = TensorTile<T, 2, 2, 4, 8>;
template <typename T>
using MediumTensorTile = TensorTile<T, 2, 2, 2, 4>;
template <typename T>
using SmallTensorTile = TensorTile<T, 1, 1, 2, 4>;

// A thread's part of the slabs of `extent` rows: vectors of 16 bytes.
template <typename T, int extent, int threads>
class TensorFetch {
  static constexpr int width = full_vector<T>;
  static constexpr int in_word = 4 / static_cast<int>(sizeof(T));  // elements
  static constexpr int count = extent * slab_words / (threads * 4);
  static_assert(count % in_word == 0 && count * threads * 4 == extent * slab_words);
  using Slab = uint32_t (*)[padded_words];

 public:
  __device__ TensorFetch(const MatrixSource<T>& source, int64_t first_row)
      : source_(source), first_row_(first_row) {}

  __device__ __forceinline__ void load(int64_t first_term) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      const Place place = source_.along_depth ? along(i) : across(i / in_word);
      const int term = place.word * in_word + (source_.along_depth ? 0 : i % in_word);
      values_[i] = source_.template load<width>(first_row_ + place.row, first_term + term);
    }
  }

  __device__ __forceinline__ void store(Slab slab) const {
    if (source_.along_depth) {
#pragma unroll
      for (int i = 0; i < count; ++i) {
        Vector<uint32_t, 4> words;
#pragma unroll
        for (int j = 0; j < 4; ++j) words[j] = word_along(values_[i], j);
        store_vector(&slab[along(i).row][along(i).word], words);
      }
    } else {
#pragma unroll
      for (int i = 0; i < count; i += in_word) {
        const Place place = across(i / in_word);
#pragma unroll
        for (int j = 0; j < width; ++j) slab[place.row + j][place.word] = word_across(i, j);
      }
    }
  }

 private:
  struct Place {
    int row, word;
  };
  static __device__ __forceinline__ Place along(int i) {
    const int vector = static_cast<int>(threadIdx.x) + i * threads;
    return {vector / (slab_words / 4), vector % (slab_words / 4) * 4};
  }
  // A warp's vectors lie in 8 words of 4 neighbouring groups of rows: between reading what lies
  // together and writing to different banks.
  static __device__ __forceinline__ Place across(int i) {
    const int item = static_cast<int>(threadIdx.x) + i * threads;
    const int half = item / 32 % 2, group = item / 8 % 4 + item / 64 * 4;
    return {group * width, item % 8 + half * 8};
  }

  static __device__ __forceinline__ uint32_t word_along(const Vector<T, width>& values, int j) {
    if constexpr (in_word == 1) {
      return to_tf32(values[j]);
    } else {
      return values[2 * j].bits | static_cast<uint32_t>(values[2 * j + 1].bits) << 16;
    }
  }
  __device__ __forceinline__ uint32_t word_across(int i, int j) const {
    if constexpr (in_word == 1) {
      return to_tf32(values_[i][j]);
    } else {
      return values_[i][j].bits | static_cast<uint32_t>(values_[i + 1][j].bits) << 16;
    }
  }

  const MatrixSource<T>& source_;
  const int64_t first_row_;
  Vector<T, width> values_[count];
};

// As multiply_tile (tiles.hpp): finish(row, column, two neighbouring sums).
template <typename Tile, typename Instruction, typename T, typename Finish>
__device__ __forceinline__ void multiply_tensor_tile(const MatrixSource<T>& x,
                                                     const MatrixSource<T>& y, int64_t first_row,
                                                     int64_t first_column, int64_t begin,
                                                     int64_t end, Finish&& finish) {
  ND_SHARED(uint32_t, x_slabs, [2][Tile::rows][padded_words]);
  ND_SHARED(uint32_t, y_slabs, [2][Tile::columns][padded_words]);
  TensorFetch<T, Tile::rows, Tile::threads> x_fetch(x, first_row);
  TensorFetch<T, Tile::columns, Tile::threads> y_fetch(y, first_column);
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int group = lane / 4, within = lane % 4;
  const int row0 = warp / Tile::column_warps * Tile::row_products * 16;
  const int column0 = warp % Tile::column_warps * Tile::column_products * 8;

  x_fetch.load(begin);
  y_fetch.load(begin);
  x_fetch.store(x_slabs[0]);
  y_fetch.store(y_slabs[0]);
  __syncthreads();
  float sums[Tile::row_products][Tile::column_products][4] = {};
  int half = 0;
  for (int64_t term = begin; term < end; term += Tile::depth, half ^= 1) {
    const bool has_next = term + Tile::depth < end;
    if (has_next) {
      x_fetch.load(term + Tile::depth);
      y_fetch.load(term + Tile::depth);
    }
#pragma unroll
    for (int word = within; word < slab_words; word += 8) {
      uint32_t a[Tile::row_products][4];
#pragma unroll
      for (int i = 0; i < Tile::row_products; ++i) {
        const int row = row0 + i * 16 + group;
        a[i][0] = x_slabs[half][row][word];
        a[i][1] = x_slabs[half][row + 8][word];
        a[i][2] = x_slabs[half][row][word + 4];
        a[i][3] = x_slabs[half][row + 8][word + 4];
      }
#pragma unroll
      for (int j = 0; j < Tile::column_products; ++j) {
        const int column = column0 + j * 8 + group;
        const uint32_t b[2] = {y_slabs[half][column][word], y_slabs[half][column][word + 4]};
#pragma unroll
        for (int i = 0; i < Tile::row_products; ++i) Instruction::apply(sums[i][j], a[i], b);
      }
    }
    if (!has_next) break;
    // Nobody reads the other half any more: all have passed the last barrier.
    x_fetch.store(x_slabs[half ^ 1]);
    y_fetch.store(y_slabs[half ^ 1]);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < Tile::row_products; ++i) {
#pragma unroll
    for (int j = 0; j < Tile::column_products; ++j) {
      const int64_t row = first_row + row0 + i * 16 + group;
      const int64_t column = first_column + column0 + j * 8 + within * 2;
      finish(row, column, Vector<float, 2>{{sums[i][j][0], sums[i][j][1]}});
      finish(row + 8, column, Vector<float, 2>{{sums[i][j][2], sums[i][j][3]}});
    }
  }
}

}  // namespace nd::cuda
