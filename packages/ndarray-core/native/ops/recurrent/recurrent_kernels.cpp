// Compiled once per instruction set.
#include "ops/recurrent/recurrent_kernels.hpp"

#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
ND_INLINE T gate_of(T x) {
  return m::times_sigmoid(T(1), x);
}

template <typename T>
void rnn_step(T* h, int64_t rows, int64_t size, int64_t units, bool relu) {
  for (int64_t row = 0; row < rows; ++row, h += size) {
    if (relu) {
      for (int64_t j = 0; j < units; ++j) h[j] = h[j] < 0 ? T(0) : h[j];
    } else {
      for (int64_t j = 0; j < units; ++j) h[j] = m::tanh(h[j]);
    }
  }
}

template <typename T>
void rnn_step_gradient(T* of_sums, const T* of_h, const T* h, int64_t rows, int64_t size,
                       int64_t units, bool relu) {
  for (int64_t row = 0; row < rows; ++row, of_sums += size, of_h += size, h += size) {
    if (relu) {
#pragma GCC ivdep
      for (int64_t j = 0; j < units; ++j) of_sums[j] = h[j] > 0 ? of_h[j] : T(0);
    } else {
#pragma GCC ivdep
      for (int64_t j = 0; j < units; ++j) of_sums[j] = of_h[j] * (1 - h[j] * h[j]);
    }
  }
}

template <typename T>
void lstm_step(T* gates, T* h, T* c, const T* c_before, int64_t rows, int64_t size, int64_t units) {
  for (int64_t row = 0; row < rows; ++row) {
    T *const i = gates, *const f = gates + size, *const g = f + size, *const o = g + size;
#pragma GCC ivdep
    for (int64_t j = 0; j < units; ++j) {
      i[j] = gate_of(i[j]);
      f[j] = gate_of(f[j]);
      g[j] = m::tanh(g[j]);
      o[j] = gate_of(o[j]);
      c[j] = f[j] * c_before[j] + i[j] * g[j];
      h[j] = o[j] * m::tanh(c[j]);
    }
    gates += 4 * size, h += size, c += size, c_before += size;
  }
}

template <typename T>
void lstm_step_gradient(T* of_gates, T* of_c, const T* of_h, const T* gates, const T* c,
                        const T* c_before, int64_t rows, int64_t size, int64_t units) {
  for (int64_t row = 0; row < rows; ++row) {
    const T *const i = gates, *const f = gates + size, *const g = f + size, *const o = g + size;
    T *const of_i = of_gates, *const of_f = of_i + size, *const of_g = of_f + size,
             *const of_o = of_g + size;
#pragma GCC ivdep
    for (int64_t j = 0; j < units; ++j) {
      const T squashed = m::tanh(c[j]);
      const T total = of_c[j] + of_h[j] * o[j] * (1 - squashed * squashed);
      of_i[j] = total * g[j] * i[j] * (1 - i[j]);
      of_f[j] = total * c_before[j] * f[j] * (1 - f[j]);
      of_g[j] = total * i[j] * (1 - g[j] * g[j]);
      of_o[j] = of_h[j] * squashed * o[j] * (1 - o[j]);
      of_c[j] = total * f[j];
    }
    of_gates += 4 * size, gates += 4 * size;
    of_c += size, of_h += size, c += size, c_before += size;
  }
}

template <typename T>
void gru_step(T* gates, T* h, const T* from_x, const T* h_before, int64_t rows, int64_t size,
              int64_t units) {
  for (int64_t row = 0; row < rows; ++row) {
    T *const r = gates, *const z = gates + size, *const n = z + size;
    const T *const scaled = n + size, *const own = from_x + 2 * size;
#pragma GCC ivdep
    for (int64_t j = 0; j < units; ++j) {
      r[j] = gate_of(r[j]);
      z[j] = gate_of(z[j]);
      n[j] = m::tanh(own[j] + r[j] * scaled[j]);
      h[j] = n[j] + z[j] * (h_before[j] - n[j]);
    }
    gates += 4 * size, from_x += 3 * size, h += size, h_before += size;
  }
}

template <typename T>
void gru_step_gradient(T* of_x, T* of_sums, T* of_h, const T* gates, const T* h_before,
                       int64_t rows, int64_t size, int64_t units) {
  for (int64_t row = 0; row < rows; ++row) {
    const T *const r = gates, *const z = gates + size, *const n = z + size;
    const T* const scaled = n + size;
#pragma GCC ivdep
    for (int64_t j = 0; j < units; ++j) {
      const T of_n = of_h[j] * (1 - z[j]) * (1 - n[j] * n[j]);
      const T of_r = of_n * scaled[j] * r[j] * (1 - r[j]);
      const T of_z = of_h[j] * (h_before[j] - n[j]) * z[j] * (1 - z[j]);
      of_x[j] = of_sums[j] = of_r;
      of_x[size + j] = of_sums[size + j] = of_z;
      of_x[2 * size + j] = of_n;
      of_sums[2 * size + j] = of_n * r[j];
      of_h[j] *= z[j];
    }
    of_x += 3 * size, of_sums += 3 * size, gates += 4 * size, of_h += size, h_before += size;
  }
}

template <typename T>
constexpr RecurrentKernelsOf<T> kernels_of = {rnn_step<T>,  rnn_step_gradient<T>,
                                              lstm_step<T>, lstm_step_gradient<T>,
                                              gru_step<T>,  gru_step_gradient<T>};
constexpr RecurrentKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const RecurrentKernels& recurrent_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
