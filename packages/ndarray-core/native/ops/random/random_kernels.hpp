// The kernels of random_kernels.cpp, one table per instruction set.
#pragma once

#include <cstdint>

#include "cpu/isa.hpp"

namespace nd::cpu {

// Each writes `count` elements; the first one is made of the first word of Philox block `block`.
struct RandomKernels {
  void (*bits)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*uniform_float32)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*uniform_float64)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*normal_float32)(void* out, int64_t count, uint64_t seed, uint64_t block);
  void (*normal_float64)(void* out, int64_t count, uint64_t seed, uint64_t block);
  // out = x scaled, where the uniform float32 number of an element's word is below `keep`; else 0
  // x.
  void (*dropout_float32)(float* out, const float* x, int64_t count, float keep, float scale,
                          uint64_t seed, uint64_t block);
  void (*dropout_float64)(double* out, const double* x, int64_t count, float keep, double scale,
                          uint64_t seed, uint64_t block);
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(RandomKernels, random_kernels)
