// Weighted sums of what windows of one plane see. Places lie in runs, side by side.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

// Places whose elements lie side by side in a padded copy, and out_step apart in the result.
struct PlaceRun {
  int64_t source, out, length;
};

template <typename T>
struct DepthwiseKernelsOf {
  int64_t lanes;  // weigh may read so many elements behind the end of y
  // out[place] = the sum over taps of weight[t] * y[place + taps[t]]. Asks for the next_count
  // elements at `next`, which are read soon.
  void (*weigh)(T* out, int64_t out_step, const T* y, const PlaceRun* runs, int64_t run_count,
                const T* weight, const int64_t* taps, int64_t tap_count, const T* next,
                int64_t next_count);
  // sums[t * lanes ...] += the products of x, at the runs' `out`, with y at the places plus
  // taps[t].
  void (*add_products)(T* sums, const T* x, const T* y, const PlaceRun* runs, int64_t run_count,
                       const int64_t* taps, int64_t tap_count);
};
using DepthwiseKernels = RealKernels<DepthwiseKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(DepthwiseKernels, depthwise_kernels)
