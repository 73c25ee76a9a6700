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

template <typename T>
void weigh(T* out, int64_t out_step, const T* y, const PlaceRun* runs, int64_t run_count,
           const T* weight, const int64_t* taps, int64_t tap_count) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  for (int64_t r = 0; r < run_count; ++r) {
    const PlaceRun& run = runs[r];
    int64_t j = 0;
    if (out_step == 1) {
      for (; j + 4 * lanes <= run.length; j += 4 * lanes) {
        Vector<T> sums[4];
        weigh_vectors(sums, y + run.source + j, weight, taps, tap_count);
        for (int v = 0; v < 4; ++v) store(out + run.out + j + v * lanes, sums[v]);
      }
      for (; j + lanes <= run.length; j += lanes) {
        Vector<T> sums[1];
        weigh_vectors(sums, y + run.source + j, weight, taps, tap_count);
        store(out + run.out + j, sums[0]);
      }
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
