#include <algorithm>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "core/threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/real_types.hpp"
#include "ops/random/random_kernels.hpp"

namespace nd::cpu {
namespace {

using Kernel = void (*)(void* out, int64_t count, uint64_t seed, uint64_t block);

Kernel select_kernel(Distribution d, DType dtype) {
  const RandomKernels& kernels = ND_SELECT_KERNELS(random_kernels);
  const bool is_float64 = dtype == DType::float64;
  switch (d) {
    case Distribution::bits:
      return kernels.bits;
    case Distribution::uniform:
      return is_float64 ? kernels.uniform_float64 : kernels.uniform_float32;
    case Distribution::normal:
      return is_float64 ? kernels.normal_float64 : kernels.normal_float32;
  }
  __builtin_unreachable();
}

// Some ten microseconds of work. A multiple of four words, so that a task starts with a block.
constexpr int64_t elements_per_task = 16384;

}  // namespace

void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) {
  const Kernel kernel = select_kernel(d, out.dtype());
  const int64_t count = out.size();
  const int64_t nbytes = static_cast<int64_t>(itemsize(out.dtype()));
  char* data = out.data();
  parallel_for((count + elements_per_task - 1) / elements_per_task, [&](int64_t task) {
    const int64_t start = task * elements_per_task;
    const int64_t words = start * (nbytes / 4);
    kernel(data + start * nbytes, std::min(elements_per_task, count - start), seed,
           offset + static_cast<uint64_t>(words / 4));
  });
}

void dropout(const Array& out, const Array& x, double keep, uint64_t seed, uint64_t offset) {
  const RandomKernels& kernels = ND_SELECT_KERNELS(random_kernels);
  AllowThreads allow(out.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    const auto kernel = [&] {
      if constexpr (std::is_same_v<T, float>) {
        return kernels.dropout_float32;
      } else {
        return kernels.dropout_float64;
      }
    }();
    parallel_for(divide_up(out.size(), elements_per_task), [&](int64_t task) {
      const int64_t start = task * elements_per_task;
      kernel(elements<T>(out) + start, elements<T>(x) + start,
             std::min(elements_per_task, out.size() - start), static_cast<float>(keep),
             static_cast<T>(1 / keep), seed, offset + static_cast<uint64_t>(start / 4));
    });
  });
}

}  // namespace nd::cpu
