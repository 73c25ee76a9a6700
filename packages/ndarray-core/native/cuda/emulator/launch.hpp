// How a kernel and its arguments reach the emulator: as a function that runs one thread.
#pragma once

#include <cuda_runtime.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace nd::cuda::emulator {

struct LaunchShape {
  const void* kernel;
  dim3 grid, block;
  size_t shared_bytes;
};

// A kernel with the values of its parameters, as they were at the launch. Each thread gets a copy,
// as it may write to them.
class Call {
 public:
  template <typename... Parameters, typename... Arguments>
  explicit Call(void (*kernel)(Parameters...), Arguments&&... arguments) {
    using Closure = std::pair<void (*)(Parameters...), std::tuple<Parameters...>>;
    closure_ = std::make_shared<const Closure>(
        kernel, std::tuple<Parameters...>{std::forward<Arguments>(arguments)...});
    nbytes_ = sizeof(Closure);
    run_ = [](const void* closure) {
      const auto& [function, values] = *static_cast<const Closure*>(closure);
      std::apply(function, values);
    };
  }

  void run_thread() const { run_(closure_.get()); }
  // Where kernels may read their parameters.
  const void* parameters() const { return closure_.get(); }
  size_t parameter_bytes() const { return nbytes_; }

 private:
  std::shared_ptr<const void> closure_;
  size_t nbytes_;
  void (*run_)(const void* closure);
};

// Queues the call on the stream, or says what is wrong with its shape.
cudaError_t queue_launch(const LaunchShape& shape, Call call, cudaStream_t stream);

// The name in the source, with its template arguments where the symbol table has them.
std::string kernel_name(const void* kernel);

}  // namespace nd::cuda::emulator
