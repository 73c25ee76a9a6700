// Losses of dense rows.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct LossKernelsOf {
  void (*cross_entropy)(T* losses, T* logsumexp, const T* logits, const int64_t* target,
                        int64_t ignore_index, int64_t rows, int64_t classes);
  void (*cross_entropy_gradient)(T* result, const T* gradient, const T* logits,
                                 const int64_t* target, const T* logsumexp, int64_t ignore_index,
                                 int64_t rows, int64_t classes);
};
using LossKernels = RealKernels<LossKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(LossKernels, loss_kernels)
