// Totals over threads: each brings what it has combined of its own elements, and all get the total.
// Operations are those of core/combine.hpp. The order is always the same, so the result is, too.
#pragma once

#include "core/combine.hpp"
#include "cuda/device.hpp"

namespace nd::cuda {

// Over `width` neighbouring lanes of a warp, a power of two. All 32 lanes must come.
template <typename Op, typename T>
__device__ __forceinline__ T warp_total(T value, int width = 32) {
  for (int distance = width / 2; distance > 0; distance /= 2) {
    value = Op::combine(value, __shfl_xor_sync(0xFFFFFFFF, value, distance));
  }
  return value;
}

// Over the threads of a block (of one dimension, a multiple of 32). All of them must come.
template <typename Op, typename T>
__device__ __forceinline__ T block_total(T value) {
  ND_SHARED(T, totals, [32]);
  value = warp_total<Op>(value);
  const int warps = static_cast<int>(blockDim.x) / 32;
  if (warps == 1) return value;
  __syncthreads();  // the totals of a call before have been read
  if (threadIdx.x % 32 == 0) totals[threadIdx.x / 32] = value;
  __syncthreads();
  value = totals[0];
  for (int warp = 1; warp < warps; ++warp) value = Op::combine(value, totals[warp]);
  return value;
}

}  // namespace nd::cuda
