// One step of a recurrent cell, for `units` of the hidden units of a batch: what is left to do when
// the products of matrices are there.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

template <typename T>
struct RecurrentKernelsOf {
  // h (rows `size` long): sums on the way in.
  void (*rnn_step)(T* h, int64_t rows, int64_t size, int64_t units, bool relu);
  void (*rnn_step_gradient)(T* of_sums, const T* of_h, const T* h, int64_t rows, int64_t size,
                            int64_t units, bool relu);
  // gates: sums of products on the way in, i, f, g and o on the way out, of rows 4 `size` long; the
  // states' rows are `size` long.
  void (*lstm_step)(T* gates, T* h, T* c, const T* c_before, int64_t rows, int64_t size,
                    int64_t units);
  // of_c is the gradient of the next step's c_before on the way in, and of this one's on the way
  // out; of_h is complete.
  void (*lstm_step_gradient)(T* of_gates, T* of_c, const T* of_h, const T* gates, const T* c,
                             const T* c_before, int64_t rows, int64_t size, int64_t units);
  // gates (rows 4 `size` long): r, z, n, and what r scales, whose sum is there on the way in, as
  // the sums of r and z are. from_x: rows 3 `size` long, of which the last third is n's sum.
  void (*gru_step)(T* gates, T* h, const T* from_x, const T* h_before, int64_t rows, int64_t size,
                   int64_t units);
  // of_sums: of the products with h (rows 3 `size` long); of_x: of those with x. of_h: complete on
  // the way in, and the part that goes straight to h_before on the way out.
  void (*gru_step_gradient)(T* of_x, T* of_sums, T* of_h, const T* gates, const T* h_before,
                            int64_t rows, int64_t size, int64_t units);
};
using RecurrentKernels = RealKernels<RecurrentKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(RecurrentKernels, recurrent_kernels)
