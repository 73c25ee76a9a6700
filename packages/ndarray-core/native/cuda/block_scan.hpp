// Running totals over the threads of a block: each brings a value, and gets the total of those
// before it. Operations are those of core/combine.hpp. The order is always the same.
#pragma once

#include "core/combine.hpp"
#include "cuda/shuffle.hpp"

namespace nd::cuda {

template <typename T>
struct BlockScan {
  T before;  // of the threads before this one; of the first thread it is its own value
  T total;   // of all threads
};

// All threads of the block (of one dimension, a multiple of 32, up to 256) must come.
template <typename Op, typename T>
__device__ __forceinline__ BlockScan<T> block_scan(T value) {
  ND_SHARED(T, totals, [8]);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int warps = static_cast<int>(blockDim.x) / 32;
  T running = value;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    const T earlier = shuffle_up(running, distance);
    if (lane >= distance) running = Op::combine(earlier, running);
  }
  __syncthreads();  // the totals of a call before have been read
  if (lane == 31) totals[warp] = running;
  __syncthreads();
  BlockScan<T> result = {shuffle_up(running, 1), totals[0]};
  for (int i = 1; i < warps; ++i) {
    if (i == warp) {
      result.before = lane == 0 ? result.total : Op::combine(result.total, result.before);
    }
    result.total = Op::combine(result.total, totals[i]);
  }
  return result;
}

}  // namespace nd::cuda
