// Normalisation of dense rows. `streams`: out, or of_x, goes past the caches.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct NormalizationKernelsOf {
  // Rows of `length` elements, one after another; weight and bias have that length, too.
  using Norm = void (*)(T* out, const T* x, const T* weight, const T* bias, int64_t rows,
                        int64_t length, T eps, bool streams);
  // The gradients of weight and bias are added to what is there: both are given, or neither is.
  // of_x may be null.
  using NormGradient = void (*)(T* of_x, T* of_weight, T* of_bias, const T* gradient, const T* x,
                                const T* weight, int64_t rows, int64_t length, T eps, bool streams);
  Norm layer_norm, rms_norm;
  NormGradient layer_norm_gradient, rms_norm_gradient;

  // One row: its mean, and the sum of squared distances from it.
  void (*moments)(T* mean, T* squares, const T* x, int64_t length);
  // out = (x - center) * scale + shift
  void (*affine)(T* out, const T* x, int64_t length, T center, T scale, T shift, bool streams);
  // The sums of the gradient, and of gradient * (x - center).
  void (*gradient_sums)(T* sum, T* product_sum, const T* gradient, const T* x, int64_t length,
                        T center);
  // out = gradient * scale + (x - center) * slope + shift
  void (*affine_gradient)(T* out, const T* gradient, const T* x, int64_t length, T scale, T center,
                          T slope, T shift, bool streams);
};
using NormalizationKernels = RealKernels<NormalizationKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(NormalizationKernels, normalization_kernels)
