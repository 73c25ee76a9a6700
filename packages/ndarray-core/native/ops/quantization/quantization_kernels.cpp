// Compiled once per instruction set. A vector of words of 32 bits has 4 or 8 numbers in each lane,
// which two shifts take out with their sign. They become float32 in registers, where they meet the
// rows of x; a group's scale is applied to its sum.
//
// So number j of a lane is not next to number j of the next lane, and x is arranged accordingly:
// once, and not for each row of the matrix.
#include "ops/quantization/quantization_kernels.hpp"

#include "core/half.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// Half a vector where these are of 64 bytes: groups are multiples of 64 numbers, of 4 bits at
// least.
#if defined(__AVX2__)
constexpr int word_bytes = 32;
#else
constexpr int word_bytes = 16;
#endif
constexpr int lanes = word_bytes / 4;
typedef int32_t Words __attribute__((vector_size(word_bytes)));
typedef float Floats __attribute__((vector_size(word_bytes)));
typedef int32_t WordsInMemory __attribute__((vector_size(word_bytes), aligned(1), may_alias));
typedef float FloatsInMemory __attribute__((vector_size(word_bytes), aligned(4), may_alias));

template <int bits>
constexpr int numbers_in_word = 32 / bits;
// How many numbers a vector of words has.
template <int bits>
constexpr int block_size = lanes * numbers_in_word<bits>;

template <int bits>
ND_INLINE Floats numbers_of(Words words, int j) {
  return __builtin_convertvector((words << (32 - bits * (j + 1))) >> (32 - bits), Floats);
}

template <int bits>
void arrange(float* arranged, const float* x, int64_t k) {
  constexpr int size = block_size<bits>, each = numbers_in_word<bits>;
  int64_t i = 0;
  for (; i + size <= k; i += size) {
    for (int j = 0; j < each; ++j) {
      for (int l = 0; l < lanes; ++l) arranged[i + j * lanes + l] = x[i + l * each + j];
    }
  }
  for (; i < k; ++i) arranged[i] = x[i];
}

ND_INLINE float sum_of_lanes(Floats x) {
  float lane[lanes];
  *reinterpret_cast<FloatsInMemory*>(lane) = x;
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int l = 0; l < width; ++l) lane[l] += lane[l + width];
  }
  return lane[0];
}

// Several columns of the result, so that their sums do not wait for each other.
template <int bits, int Rows, int Columns>
ND_INLINE void inner_products(float* out, int64_t out_stride, const float* x,
                              const QuantizedRows& matrix) {
  constexpr int size = block_size<bits>;
  const int64_t k = matrix.k, group = k / matrix.groups;
  Floats totals[Rows][Columns] = {};
  for (int64_t g = 0; g < matrix.groups; ++g) {
    Floats sums[Rows][Columns] = {};
    for (int64_t i = g * group; i + size <= (g + 1) * group; i += size) {
      Words words[Columns];
#pragma GCC unroll 4
      for (int c = 0; c < Columns; ++c) {
        const char* const block = matrix.weight + c * matrix.row_bytes + (i * bits >> 3);
        words[c] = *reinterpret_cast<const WordsInMemory*>(block);
      }
#pragma GCC unroll 8
      for (int j = 0; j < numbers_in_word<bits>; ++j) {
#pragma GCC unroll 4
        for (int c = 0; c < Columns; ++c) {
          const Floats numbers = numbers_of<bits>(words[c], j);
#pragma GCC unroll 4
          for (int r = 0; r < Rows; ++r) {
            const float* const of_x = x + r * k + i + j * lanes;
            sums[r][c] += numbers * *reinterpret_cast<const FloatsInMemory*>(of_x);
          }
        }
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) {
      const float scale = matrix.scales[c * matrix.groups + g];
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) totals[r][c] += sums[r][c] * scale;
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) {
      float sum = sum_of_lanes(totals[r][c]);
      if (bits == 8 && group % size != 0) {  // the row is one group
        const char* const bytes = matrix.weight + c * matrix.row_bytes;
        float rest = 0;
        for (int64_t i = k / size * size; i < k; ++i) {
          rest += static_cast<float>(static_cast<int8_t>(bytes[i])) * x[r * k + i];
        }
        sum += rest * matrix.scales[c];
      }
      out[r * out_stride + c] = sum;
    }
  }
}

ND_INLINE QuantizedRows from_row(const QuantizedRows& matrix, int64_t row) {
  return {matrix.weight + row * matrix.row_bytes, matrix.row_bytes,
          matrix.scales + row * matrix.groups, matrix.groups, matrix.k};
}

template <int bits, int Columns>
ND_INLINE void multiply_columns(float* out, int64_t out_stride, const float* x, int64_t m,
                                const QuantizedRows& matrix) {
  int64_t i = 0;
  for (; i + 4 <= m; i += 4) {
    // One column at a time: there are registers for so many sums.
    for (int c = 0; c < Columns; ++c) {
      inner_products<bits, 4, 1>(out + i * out_stride + c, out_stride, x + i * matrix.k,
                                 from_row(matrix, c));
    }
  }
  for (; i < m; ++i) {
    inner_products<bits, 1, Columns>(out + i * out_stride, out_stride, x + i * matrix.k, matrix);
  }
}

template <int bits>
void multiply(float* out, int64_t out_stride, const float* x, int64_t m,
              const QuantizedRows& matrix, int64_t rows) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    multiply_columns<bits, 4>(out + row, out_stride, x, m, from_row(matrix, row));
  }
  for (; row < rows; ++row) {
    multiply_columns<bits, 1>(out + row, out_stride, x, m, from_row(matrix, row));
  }
}

constexpr QuantizationKernels kernels = {{arrange<8>, multiply<8>}, {arrange<4>, multiply<4>}};

}  // namespace

const QuantizationKernels& quantization_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
