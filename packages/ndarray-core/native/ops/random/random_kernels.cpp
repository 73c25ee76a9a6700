// Words are made for a tile of blocks at a time and turned into numbers while they are in the first
// cache. All loops are plain: the compiler vectorises them, and since it may not reorder or fuse
// floating-point operations here, every instruction set gives the same bits.
#include "ops/random/random_kernels.hpp"

#include "ops/random/philox.hpp"

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

// In [0, 1), a multiple of 2^-24.
inline void to_uniform(float* out, const uint32_t* words, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(static_cast<int32_t>(words[i] >> 8)) * 0x1p-24f;
  }
}

// In [0, 1), a multiple of 2^-53: 32 bits of the first word and 21 of the second. Processors
// convert signed words only, hence the detour over -2^31; every step is exact.
inline void to_uniform(double* out, const uint32_t* words, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const double high =
        static_cast<double>(static_cast<int32_t>(words[2 * i] ^ 0x80000000u)) + 0x1p31;
    const double low = static_cast<double>(static_cast<int32_t>(words[2 * i + 1] >> 11));
    out[i] = high * 0x1p-32 + low * 0x1p-53;
  }
}

// Of IEEE numbers; and how many terms of the series below leave out less than half a unit of the
// last place.
template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr Bits sqrt_half = 0x3F3504F3;
  static constexpr int log_terms = 6, circle_terms = 5;
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr Bits sqrt_half = 0x3FE6A09E667F3BCD;
  static constexpr int log_terms = 12, circle_terms = 9;
};

// -ln(u) for normal u in (0, 1]: u = 2^e m with m in [sqrt(1/2), sqrt(2)), and
// ln m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1), |s| < 0.172.
template <typename T>
__attribute__((always_inline)) inline T minus_log(T u) {
  using Bits = typename Format<T>::Bits;
  constexpr int shift = Format<T>::mantissa_bits;
  constexpr Bits bias =
      128;  // keeps the shifted number positive: few processors shift signed int64
  Bits bits;
  __builtin_memcpy(&bits, &u, sizeof u);
  const Bits exponent = (bits - Format<T>::sqrt_half + (bias << shift)) >> shift;
  const Bits mantissa = bits - ((exponent - bias) << shift);
  T m;
  __builtin_memcpy(&m, &mantissa, sizeof m);
  const T s = (m - 1) / (m + 1);
  const T square = s * s;
  T series = 0;
  for (int i = Format<T>::log_terms - 1; i >= 1; --i) {
    series = series * square + T(1) / T(2 * i + 1);
  }
  const T ln_m = 2 * s + 2 * s * (square * series);
  constexpr T ln_2 = T(0.6931471805599453094172321214581766L);
  return static_cast<T>(static_cast<int32_t>(bias - exponent)) * ln_2 - ln_m;
}

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

// cos and sin of 2 pi turns, for turns in [0, 1): to the nearest quarter, which is exact, then by
// Taylor's series for at most an eighth of a turn.
template <typename T>
__attribute__((always_inline)) inline void circle(T turns, T& cosine, T& sine) {
  const int32_t quarter = static_cast<int32_t>(turns * 4 + T(0.5));
  const T rest = turns - static_cast<T>(quarter) * T(0.25);
  constexpr T two_pi = T(6.283185307179586476925286766559006L);
  const T angle = rest * two_pi;
  const T square = angle * angle;
  T c = 0, s = 0;
  for (int i = Format<T>::circle_terms; i >= 1; --i) {
    c = (1 - c) * square * (T(1) / T((2 * i - 1) * (2 * i)));
    s = (1 - s) * square * (T(1) / T((2 * i) * (2 * i + 1)));
  }
  c = 1 - c;
  s = angle - angle * s;
  const T x = quarter & 1 ? s : c;
  const T y = quarter & 1 ? c : s;
  cosine = (quarter + 1) & 2 ? -x : x;
  sine = quarter & 2 ? -y : y;
}

// From uniform numbers u[2j], u[2j + 1]. An odd count keeps the cosine of the last pair only.
template <typename T>
void to_normal(T* out, const T* uniform, int64_t count) {
  T cosines[tile_words / 2], sines[tile_words / 2];
  const int64_t pairs = (count + 1) / 2;
  for (int64_t j = 0; j < pairs; ++j) {
    const T radius = square_root(2 * minus_log<T>(1 - uniform[2 * j]));
    T cosine, sine;
    circle<T>(uniform[2 * j + 1], cosine, sine);
    cosines[j] = radius * cosine;
    sines[j] = radius * sine;
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

constexpr RandomKernels kernels = {bits, uniform<float>, uniform<double>, normal<float>,
                                   normal<double>};

}  // namespace

const RandomKernels& random_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
