// A few vectors times a quantised matrix on the `cpu` device. Reading the matrix is the work, and
// threads share its rows.
#include <algorithm>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/real_types.hpp"
#include "ops/quantization/quantization_kernels.hpp"

namespace nd::cpu {
namespace {

// Some ten microseconds of work.
constexpr int64_t numbers_per_task = 1 << 17;
constexpr int64_t rows_together = 4;  // what the kernels take at once

}  // namespace

void quantized_matmul(const Array& out, const Array& x, const Array& weight, const Array& scales) {
  static const QuantizationKernels& kernels = ND_SELECT_KERNELS(quantization_kernels);
  const QuantizedKernel& kernel = weight.dtype() == DType::int8 ? kernels.int8 : kernels.int4;
  const int64_t m = x.shape()[0], k = x.shape()[1], n = weight.shape()[0];
  const int64_t row_bytes = weight.shape()[1], groups = scales.shape()[1];
  const int64_t rows =
      divide_up(std::max<int64_t>(numbers_per_task / k, 1), rows_together) * rows_together;
  AllowThreads allow(m * n * k);
  const Scratch memory(static_cast<size_t>(m * k) * sizeof(float));
  float* const arranged = reinterpret_cast<float*>(memory.data());
  for (int64_t i = 0; i < m; ++i) kernel.arrange(arranged + i * k, elements<float>(x) + i * k, k);
  parallel_for(divide_up(n, rows), [&](int64_t task) {
    const int64_t row = task * rows;
    const QuantizedRows matrix{weight.data() + row * row_bytes, row_bytes,
                               elements<float>(scales) + row * groups, groups, k};
    kernel.multiply(elements<float>(out) + row, n, arranged, m, matrix, std::min(rows, n - row));
  });
}

}  // namespace nd::cpu
