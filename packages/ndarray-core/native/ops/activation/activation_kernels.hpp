// Activation functions of dense arrays, and their derivatives times a gradient.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct ActivationKernelsOf {
  using Forward = void (*)(T* out, const T* x, int64_t count);
  using Gradient = void (*)(T* result, const T* gradient, const T* x, int64_t count);
  Forward gelu, gelu_tanh, silu;
  Gradient gelu_gradient, gelu_tanh_gradient, silu_gradient;
};
using ActivationKernels = RealKernels<ActivationKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(ActivationKernels, activation_kernels)
