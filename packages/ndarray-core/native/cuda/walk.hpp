// Where the elements of several operands of one shape lie, for the threads of a kernel: thread i
// finds the i-th element of each of them. The host has brought the dimensions into a good order and
// merged them (Walk, core/strided.hpp).
#pragma once

#include <bit>

#include "core/strided.hpp"
#include "cuda/device.hpp"

namespace nd::cuda {

// Division by a number that the host knows: a multiplication and a shift, instead of the thirty
// instructions that a GPU takes (Granlund and Montgomery, "Division by invariant integers using
// multiplication", 1994). For dividends below 2^31.
struct Divider {
  uint32_t divisor = 1, multiplier = 1, shift = 0;

  Divider() = default;
  explicit Divider(uint32_t divisor) : divisor(divisor) {
    shift = static_cast<uint32_t>(std::bit_width(divisor - 1));
    const uint64_t power = uint64_t{1} << shift;
    multiplier = static_cast<uint32_t>(((power - divisor) << 32) / divisor + 1);
  }
  __host__ __device__ __forceinline__ uint32_t quotient(uint32_t dividend) const {
    const auto high = static_cast<uint32_t>((static_cast<uint64_t>(dividend) * multiplier) >> 32);
    return (high + dividend) >> shift;
  }
};

// How many elements one launch handles at most, so that 32 bits number them.
inline constexpr int64_t largest_launch = int64_t{1} << 30;

template <int N>
struct ThreadWalk {
  int ndim;
  uint32_t size;
  Divider sizes[max_ndim];
  int64_t strides[max_ndim][N];  // in bytes
  char* data[N];

  // Of less than largest_launch elements.
  explicit ThreadWalk(const Walk<N>& walk)
      : ndim(walk.ndim), size(static_cast<uint32_t>(walk.size)) {
    for (int d = 0; d < ndim; ++d) {
      sizes[d] = Divider(static_cast<uint32_t>(walk.shape[d]));
      for (int k = 0; k < N; ++k) strides[d][k] = walk.strides[d][k];
    }
    for (int k = 0; k < N; ++k) data[k] = walk.data[k];
  }

  // The addresses of the elements with number `index`, the last dimension varying fastest.
  __device__ __forceinline__ void locate(uint32_t index, char* (&elements)[N]) const {
    for (int k = 0; k < N; ++k) elements[k] = data[k];
    for (int d = ndim - 1; d >= 0; --d) {
      const uint32_t rest = sizes[d].quotient(index);
      const int64_t i = index - rest * sizes[d].divisor;
      for (int k = 0; k < N; ++k) elements[k] += i * strides[d][k];
      index = rest;
    }
  }
};

// Calls body(part) for parts of a walk that one launch can handle each.
template <int N, typename Body>
void for_each_launch(const Walk<N>& walk, Body&& body) {
  if (walk.size == 0) return;
  if (walk.size <= largest_launch) return body(walk);
  // Along the longest dimension: one of them is longer than 1.
  const int axis =
      static_cast<int>(std::max_element(walk.shape, walk.shape + walk.ndim) - walk.shape);
  const int64_t halves[2] = {walk.shape[axis] / 2, walk.shape[axis] - walk.shape[axis] / 2};
  Walk<N> part = walk;
  for (const int64_t length : halves) {
    part.shape[axis] = length;
    part.size = walk.size / walk.shape[axis] * length;
    for_each_launch(part, body);
    for (int k = 0; k < N; ++k) part.data[k] += length * walk.strides[axis][k];
  }
}

// The threads of a launch in which each handles `work` elements, or a few more where there are so
// many that the device is full anyway.
inline constexpr unsigned threads_per_block = 256;
inline dim3 blocks_for(int64_t elements, int64_t work = 1) {
  constexpr int64_t most = 1 << 16;
  return dim3(static_cast<unsigned>(
      std::min(divide_up(divide_up(elements, work), int64_t{threads_per_block}), most)));
}

// The loop of a thread that handles every (number of threads)-th element from its own number on.
__device__ __forceinline__ uint32_t first_index() { return blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ uint32_t index_step() { return gridDim.x * blockDim.x; }

}  // namespace nd::cuda
