// The kernels of rotary_kernels.cpp, one table per instruction set.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct RotaryKernelsOf {
  // out (rows, 2 half), dense; x the same with rows x_row apart; cos and sin (rows, half).
  void (*rotate)(T* out, const T* x, int64_t x_row, const T* cos, const T* sin, int64_t rows,
                 int64_t half);
};
using RotaryKernels = RealKernels<RotaryKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(RotaryKernels, rotary_kernels)
