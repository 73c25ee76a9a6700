// Compiled once per instruction set.
#include "ops/convolution/depthwise_kernels.hpp"

#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// The sums of Vectors vectors of places side by side.
template <typename T, int Vectors>
ND_INLINE void weigh_vectors(Vector<T> (&sums)[Vectors], const T* y, const T* weight,
                             const int64_t* taps, int64_t tap_count) {
  for (int v = 0; v < Vectors; ++v) sums[v] = Vector<T>{};
  for (int64_t t = 0; t < tap_count; ++t) {
    const T* const from = y + taps[t];
    const Vector<T> spread = weight[t] - Vector<T>{};
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[v] += spread * load(from + v * Blocking<T>::lanes);
  }
}

template <typename T, int Vectors>
ND_INLINE void write_vectors(T* out, const T* y, const T* weight, const int64_t* taps,
                             int64_t tap_count) {
  Vector<T> sums[Vectors];
  weigh_vectors(sums, y, weight, taps, tap_count);
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) store(out + v * Blocking<T>::lanes, sums[v]);
}

template <typename T>
void weigh(T* out, int64_t out_step, const T* y, const PlaceRun* runs, int64_t run_count,
           const T* weight, const int64_t* taps, int64_t tap_count, const T* next,
           int64_t next_count) {
  constexpr int64_t lanes = Blocking<T>::lanes, line = 64 / sizeof(T);
  for (int64_t r = 0; r < run_count; ++r) {
    // A part of the next plane comes from memory meanwhile.
    const int64_t next_end = (r + 1) * next_count / run_count;
    for (int64_t i = r * next_count / run_count; i < next_end; i += line) {
      __builtin_prefetch(next + i);
    }
    const PlaceRun& run = runs[r];
    int64_t j = 0;
    if (out_step == 1) {
      T* const to = out + run.out;
      const T* const from = y + run.source;
      for (; j + 4 * lanes <= run.length; j += 4 * lanes) {
        write_vectors<T, 4>(to + j, from + j, weight, taps, tap_count);
      }
      const int64_t rest = (run.length - j) / lanes;
      if (rest == 3) write_vectors<T, 3>(to + j, from + j, weight, taps, tap_count);
      if (rest == 2) write_vectors<T, 2>(to + j, from + j, weight, taps, tap_count);
      if (rest == 1) write_vectors<T, 1>(to + j, from + j, weight, taps, tap_count);
      j += rest * lanes;
    }
    for (; j < run.length; j += lanes) {
      Vector<T> sums[1];
      weigh_vectors(sums, y + run.source + j, weight, taps, tap_count);
      T lane[lanes];
      store(lane, sums[0]);
      const int64_t count = smaller(lanes, run.length - j);
      for (int64_t i = 0; i < count; ++i) out[run.out + (j + i) * out_step] = lane[i];
    }
  }
}

template <typename T>
void add_products(T* sums, const T* x, const T* y, const PlaceRun* runs, int64_t run_count,
                  const int64_t* taps, int64_t tap_count) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  for (int64_t r = 0; r < run_count; ++r) {
    const PlaceRun& run = runs[r];
    const int64_t whole = run.length / lanes * lanes, rest = run.length - whole;
    const T* const factors = x + run.out;
    T last_x[lanes] = {}, last_y[lanes] = {};
    for (int64_t i = 0; i < rest; ++i) last_x[i] = factors[whole + i];
    for (int64_t t = 0; t < tap_count; ++t) {
      const T* const from = y + run.source + taps[t];
      Vector<T> sum = load(sums + t * lanes);
      for (int64_t j = 0; j < whole; j += lanes) sum += load(factors + j) * load(from + j);
      if (rest > 0) {
        for (int64_t i = 0; i < rest; ++i) last_y[i] = from[whole + i];
        sum += load(last_x) * load(last_y);
      }
      store(sums + t * lanes, sum);
    }
  }
}

template <typename T>
constexpr DepthwiseKernelsOf<T> kernels_of = {Blocking<T>::lanes, weigh<T>, add_products<T>};
constexpr DepthwiseKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const DepthwiseKernels& depthwise_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
