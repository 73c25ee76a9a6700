// Steps of optimizers over dense arrays of one size.
#pragma once

#include "core/fused.hpp"
#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct OptimizationKernelsOf {
  // momentum: null without it.
  void (*sgd_step)(T* parameter, const T* gradient, T* momentum, int64_t count,
                   const SgdOptions& options);
  // largest: null without amsgrad.
  void (*adam_step)(T* parameter, const T* gradient, T* mean, T* variance, T* largest,
                    int64_t count, const AdamOptions& options);
};
using OptimizationKernels = RealKernels<OptimizationKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(OptimizationKernels, optimization_kernels)
