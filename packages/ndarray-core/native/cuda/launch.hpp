// launch(kernel, grid, block, shared_bytes, stream, arguments...): kernel<<<...>>>(arguments...)
// in a form that any C++ compiler reads. Arguments are converted to the kernel's parameter types;
// a grid without blocks launches nothing; a refused launch is an error that names the kernel.
#pragma once

#include <string>
#include <tuple>
#include <utility>

#include "cuda/device.hpp"
#include "cuda/runtime.hpp"
#if !defined(__CUDACC__)
#include "cuda/emulator/launch.hpp"
#endif

namespace nd::cuda {

#if defined(__CUDACC__)
inline std::string kernel_name(const void* kernel) {
  const char* name = nullptr;
  return cudaFuncGetName(&name, kernel) == cudaSuccess ? name : "a kernel";
}
#else
using emulator::kernel_name;
#endif

template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes,
            cudaStream_t stream, Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "one argument per parameter");
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
#if defined(__CUDACC__)
  std::tuple<Parameters...> values{std::forward<Arguments>(arguments)...};
  const auto start = [&](auto&... value) {
    void* addresses[] = {static_cast<void*>(&value)..., nullptr};
    return cudaLaunchKernel(reinterpret_cast<const void*>(kernel), grid, block, addresses,
                            shared_bytes, stream);
  };
  const cudaError_t status = std::apply(start, values);
#else
  const cudaError_t status =
      emulator::queue_launch({reinterpret_cast<const void*>(kernel), grid, block, shared_bytes},
                             emulator::Call(kernel, std::forward<Arguments>(arguments)...), stream);
#endif
  const auto require = [&](cudaError_t answer) {
    if (answer == cudaSuccess) return;
    check(answer, kernel_name(reinterpret_cast<const void*>(kernel)).c_str());
  };
  require(status);
  if (debug_mode) require(cudaStreamSynchronize(stream));
}

}  // namespace nd::cuda
