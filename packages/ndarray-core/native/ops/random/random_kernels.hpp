// The kernels of random_kernels.cpp, one table per instruction set.
#pragma once

#include <cstdint>

#include "cpu/isa.hpp"

namespace nd::cpu {

// Each writes `count` elements that start with the first word of Philox block `block`.
struct RandomKernels {
  void (*bits)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*uniform_float32)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*uniform_float64)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*normal_float32)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*normal_float64)(void* out, int64_t count, uint64_t seed, uint64_t block);
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(RandomKernels, random_kernels)
