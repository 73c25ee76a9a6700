// Pools of dense planes, each a depth, a height and a width.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"
#include "ops/pooling/plane_windows.hpp"

namespace nd::cpu {

template <typename T>
struct PoolingKernelsOf {
  // Positions count through a plane. Takes as much scratch memory, in bytes, as the second one
  // says.
  void (*max_pool)(T* out, int32_t* positions, const T* x, int64_t planes,
                   const PlaneWindows& geometry, void* scratch);
  size_t (*max_pool_scratch)(const PlaneWindows& geometry);
  // Returns whether all positions are below plane_size; otherwise the result is not made. With
  // scratch memory for a plane the result is written past the caches.
  bool (*add_at)(T* result, const T* gradient, const int32_t* positions, int64_t planes,
                 int64_t plane_size, int64_t places, T* scratch);
  // counts: of elements that a mean is taken of, for each place along depth, height, width.
  void (*avg_pool)(T* out, const T* x, int64_t planes, const PlaneWindows& geometry,
                   const T* const* counts);
  // Takes as much scratch memory, in bytes, as the second one says.
  void (*avg_pool_gradient)(T* result, const T* gradient, int64_t planes,
                            const PlaneWindows& geometry, const T* const* counts, void* scratch);
  size_t (*avg_pool_gradient_scratch)(const PlaneWindows& geometry);
};
using PoolingKernels = RealKernels<PoolingKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(PoolingKernels, pooling_kernels)
