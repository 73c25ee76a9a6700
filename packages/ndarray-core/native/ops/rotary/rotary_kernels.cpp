// Compiled once per instruction set.
#include "ops/rotary/rotary_kernels.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
void rotate(T* out, const T* x, int64_t x_row, const T* cos, const T* sin, int64_t rows,
            int64_t half) {
  for (int64_t row = 0; row < rows; ++row) {
#pragma GCC ivdep
    for (int64_t i = 0; i < half; ++i) {
      const T first = x[i], second = x[half + i];
      out[i] = first * cos[i] - second * sin[i];
      out[half + i] = second * cos[i] + first * sin[i];
    }
    out += 2 * half, x += x_row, cos += half, sin += half;
  }
}

constexpr RotaryKernels kernels = {{rotate<float>}, {rotate<double>}};

}  // namespace

const RotaryKernels& rotary_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
