// Softmax of dense rows. `streams`: results that are written once go past the caches.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct SoftmaxKernelsOf {
  using Forward = void (*)(T* out, const T* x, int64_t rows, int64_t length, bool streams);
  using Gradient = void (*)(T* result, const T* gradient, const T* out, int64_t rows,
                            int64_t length, bool streams);
  Forward softmax, log_softmax;
  Gradient softmax_gradient, log_softmax_gradient;
};
using SoftmaxKernels = RealKernels<SoftmaxKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(SoftmaxKernels, softmax_kernels)
