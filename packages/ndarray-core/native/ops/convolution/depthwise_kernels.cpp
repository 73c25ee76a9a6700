// Compiled once per instruction set.
#include "ops/convolution/depthwise_kernels.hpp"

#include "ops/matmul/tile.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// The sums of Vectors vectors of places side by side, in each of Runs runs that are `step` apart.
template <typename T, int Runs, int Vectors>
ND_INLINE void weigh_vectors(T* out, int64_t out_step, const T* y, int64_t step, const T* weight,
                             const int64_t* taps, int64_t tap_count) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  Vector<T> sums[Runs][Vectors];
#pragma GCC unroll 2
  for (int r = 0; r < Runs; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[r][v] = Vector<T>{};
  }
  for (int64_t t = 0; t < tap_count; ++t) {
    const T* const from = y + taps[t];
    const Vector<T> spread = weight[t] - Vector<T>{};
#pragma GCC unroll 2
    for (int r = 0; r < Runs; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        sums[r][v] += spread * load(from + r * step + v * lanes);
      }
    }
  }
#pragma GCC unroll 2
  for (int r = 0; r < Runs; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(out + r * out_step + v * lanes, sums[r][v]);
  }
}

// All whole vectors of Runs runs of one length; how many places these are.
template <typename T, int Runs>
ND_INLINE int64_t weigh_runs(T* out, const T* y, const PlaceRun* runs, const T* weight,
                             const int64_t* taps, int64_t tap_count) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  T* to = out + runs[0].out;
  const T* from = y + runs[0].source;
  const int64_t out_step = runs[Runs - 1].out - runs[0].out;
  const int64_t step = runs[Runs - 1].source - runs[0].source;
  int64_t vectors = runs[0].length / lanes;
  for (; vectors >= 4; vectors -= 4, to += 4 * lanes, from += 4 * lanes) {
    weigh_vectors<T, Runs, 4>(to, out_step, from, step, weight, taps, tap_count);
  }
  if (vectors == 3) weigh_vectors<T, Runs, 3>(to, out_step, from, step, weight, taps, tap_count);
  if (vectors == 2) weigh_vectors<T, Runs, 2>(to, out_step, from, step, weight, taps, tap_count);
  if (vectors == 1) weigh_vectors<T, Runs, 1>(to, out_step, from, step, weight, taps, tap_count);
  return runs[0].length / lanes * lanes;
}

template <typename T>
void weigh(T* out, int64_t out_step, const T* y, const PlaceRun* runs, int64_t run_count,
           const T* weight, const int64_t* taps, int64_t tap_count, const T* next,
           int64_t next_count) {
  constexpr int64_t lanes = Blocking<T>::lanes, line = 64 / sizeof(T);
  const int64_t share = ceil_div(next_count, run_count);
  int64_t fetched = 0;
  for (int64_t r = 0, together; r < run_count; r += together) {
    // Two runs share the weights, and hide the latency of a multiply-add.
    together = r + 1 < run_count && runs[r + 1].length == runs[r].length ? 2 : 1;
    // A part of the next plane comes from memory meanwhile.
    const int64_t end = smaller(next_count, (r + together) * share);
    for (; fetched < end; fetched += line) __builtin_prefetch(next + fetched);
    int64_t done = 0;
    if (out_step == 1) {
      done = together == 2 ? weigh_runs<T, 2>(out, y, runs + r, weight, taps, tap_count)
                           : weigh_runs<T, 1>(out, y, runs + r, weight, taps, tap_count);
    }
    for (const PlaceRun* run = runs + r; run < runs + r + together; ++run) {
      for (int64_t j = done; j < run->length; j += lanes) {
        T lane[lanes];
        weigh_vectors<T, 1, 1>(lane, 0, y + run->source + j, 0, weight, taps, tap_count);
        const int64_t count = smaller(lanes, run->length - j);
        for (int64_t i = 0; i < count; ++i) out[run->out + (j + i) * out_step] = lane[i];
      }
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
