#include "cuda/runtime.hpp"

#include <cstdlib>
#include <string_view>

#include "core/error.hpp"

namespace nd::cuda {
namespace {

bool debug_by_environment() {
  const char* const value = std::getenv("NDARRAY_CORE_CUDA_DEBUG");
  return value && *value && std::string_view(value) != "0";
}

}  // namespace

std::atomic<bool> debug_mode = debug_by_environment();

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that does not stick must not be found again by the next call
  const std::string text = message("cuda: ", what, " failed: ", cudaGetErrorName(status), ", ",
                                   cudaGetErrorString(status));
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory(text);
  throw Error(debug_mode ? text
                         : text +
                               "; kernels run later than they are called, so an earlier "
                               "operation may be the cause: NDARRAY_CORE_CUDA_DEBUG=1 shows it");
}

}  // namespace nd::cuda
