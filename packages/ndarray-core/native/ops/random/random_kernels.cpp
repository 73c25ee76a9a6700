// Words are made for a tile of blocks at a time and turned into numbers while they are in the first
// cache. All loops are plain: the compiler vectorises them, and since it may not reorder or fuse
// floating-point operations here, every instruction set gives the same bits.
#include "ops/random/random_kernels.hpp"

#include "ops/random/philox.hpp"
#include "ops/random/transforms.hpp"

namespace nd::cpu::ND_ISA {
namespace {

constexpr int tile_words = 1024;  // 4 KiB of words, 8 KiB with what is made of them

// The rounds of one block are unrolled, so that the loop over blocks becomes vectors of blocks.
void make_words(uint32_t* words, int64_t blocks, uint64_t seed, uint64_t first) {
  for (int64_t i = 0; i < blocks; ++i) {
    const philox::Words made = philox::block(seed, first + static_cast<uint64_t>(i));
    for (int w = 0; w < 4; ++w) words[4 * i + w] = made.word[w];
  }
}

template <typename T>
constexpr int words_per_element = sizeof(T) / sizeof(uint32_t);

inline void to_uniform(float* out, const uint32_t* words, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = uniform_of_words(words[i]);
}
inline void to_uniform(double* out, const uint32_t* words, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    out[i] = uniform_of_words(words[2 * i], words[2 * i + 1]);
  }
}

// From uniform numbers u[2j], u[2j + 1]. An odd count keeps the cosine of the last pair only.
template <typename T>
void to_normal(T* out, const T* uniform, int64_t count) {
  T cosines[tile_words / 2], sines[tile_words / 2];
  const int64_t pairs = (count + 1) / 2;
  for (int64_t j = 0; j < pairs; ++j) {
    normal_pair(uniform[2 * j], uniform[2 * j + 1], cosines[j], sines[j]);
  }
  for (int64_t j = 0; j < count / 2; ++j) {
    out[2 * j] = cosines[j];
    out[2 * j + 1] = sines[j];
  }
  if (count % 2) out[count - 1] = cosines[pairs - 1];
}

// Calls make(out, words, n) tile by tile.
template <typename T, typename Make>
void tiled(void* out, int64_t count, uint64_t seed, uint64_t block, Make make) {
  constexpr int words_each = words_per_element<T>;
  constexpr int64_t tile = tile_words / words_each;
  alignas(64) uint32_t words[tile_words];
  for (int64_t start = 0; start < count; start += tile) {
    const int64_t n = count - start < tile ? count - start : tile;
    // A pair of normal numbers uses its second word even where only its first number is wanted.
    make_words(words, ((n + n % 2) * words_each + 3) / 4, seed,
               block + static_cast<uint64_t>(start * words_each / 4));
    make(static_cast<T*>(out) + start, words, n);
  }
}

void bits(void* out, int64_t count, uint64_t seed, uint64_t block) {
  tiled<uint32_t>(out, count, seed, block, [](uint32_t* to, const uint32_t* words, int64_t n) {
    for (int64_t i = 0; i < n; ++i) to[i] = words[i];
  });
}

template <typename T>
void uniform(void* out, int64_t count, uint64_t seed, uint64_t block) {
  tiled<T>(out, count, seed, block,
           [](T* to, const uint32_t* words, int64_t n) { to_uniform(to, words, n); });
}

template <typename T>
void normal(void* out, int64_t count, uint64_t seed, uint64_t block) {
  tiled<T>(out, count, seed, block, [](T* to, const uint32_t* words, int64_t n) {
    T numbers[tile_words / words_per_element<T>];
    to_uniform(numbers, words, n + n % 2);
    to_normal(to, numbers, n);
  });
}

template <typename T>
void dropout(T* out, const T* x, int64_t count, float keep, T scale, uint64_t seed,
             uint64_t block) {
  alignas(64) uint32_t words[tile_words];
  for (int64_t start = 0; start < count; start += tile_words) {
    const int64_t n = count - start < tile_words ? count - start : tile_words;
    make_words(words, (n + 3) / 4, seed, block + static_cast<uint64_t>(start / 4));
    for (int64_t i = 0; i < n; ++i) {
      out[start + i] = x[start + i] * (uniform_of_words(words[i]) < keep ? scale : T(0));
    }
  }
}

constexpr RandomKernels kernels = {bits,           uniform<float>, uniform<double>, normal<float>,
                                   normal<double>, dropout<float>, dropout<double>};

}  // namespace

const RandomKernels& random_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
