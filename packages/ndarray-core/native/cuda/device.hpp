// What a kernel includes. Under nvcc it is CUDA; under g++ the same names are the emulator's, so
// that one source serves both (cuda/emulator/). In a kernel nothing but these differs:
//
//   ND_SHARED(float, tile, [32][33]);     shared memory of a size known at compile time
//   ND_DYNAMIC_SHARED(float, scratch);    the launch's shared memory: `float* scratch`
//
// Both are aligned to 16 bytes, for vector loads (cuda/vector.hpp).
#pragma once

#include <cuda_runtime.h>

#if defined(__CUDACC__)

#define ND_SHARED(type, name, dimensions) __shared__ __align__(16) type name dimensions
// One symbol for all kernels: the linker lets it have one type only.
#define ND_DYNAMIC_SHARED(type, name)                                       \
  extern __shared__ __align__(16) unsigned char nd_dynamic_shared_memory[]; \
  type* const name = reinterpret_cast<type*>(nd_dynamic_shared_memory)

#else

#include "cuda/emulator/atomics.hpp"
#include "cuda/emulator/thread.hpp"
#include "cuda/emulator/warp.hpp"

#undef __launch_bounds__
#define __launch_bounds__(...)

#define ND_SHARED(type, name, dimensions)                           \
  using name##_type = type dimensions;                              \
  static ::nd::cuda::emulator::SharedVariable name##_variable = {}; \
  name##_type& name = *static_cast<name##_type*>(name##_variable.address(sizeof(name##_type)))
#define ND_DYNAMIC_SHARED(type, name) \
  type* const name = static_cast<type*>(::nd::cuda::emulator::dynamic_shared_memory())

#endif
