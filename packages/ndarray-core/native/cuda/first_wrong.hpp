// For kernels that find out what is wrong with their operands: the call that launches them raises
// the error, and so has to wait for them.
#pragma once

#include <limits>
#include <optional>

#include "core/allow_threads.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/runtime.hpp"

namespace nd::cuda {

// An element of device memory, after the work that is in the stream now.
template <typename T>
T read_back(const T* address, cudaStream_t stream) {
  T value;
  check(cudaMemcpyAsync(&value, address, sizeof value, cudaMemcpyDeviceToHost, stream),
        "copying to the host");
  AllowThreads allow(AllowThreads::least_work);
  check(cudaStreamSynchronize(stream), "waiting for a copy");
  return value;
}

// The smallest number of something wrong: a kernel does atomicMin(numbers, number).
class FirstWrong {
 public:
  FirstWrong(const Array& like, cudaStream_t stream)
      : number_(temporary(like, DType::uint64, {1})), stream_(stream) {
    check(cudaMemsetAsync(number_.data(), 0xFF, sizeof(Number), stream), "clearing memory");
  }
  using Number = unsigned long long;
  Number* address() const { return reinterpret_cast<Number*>(number_.data()); }
  // Waits for the kernels.
  std::optional<int64_t> find() const {
    const Number number = read_back(address(), stream_);
    if (number == std::numeric_limits<Number>::max()) return std::nullopt;
    return static_cast<int64_t>(number);
  }

 private:
  Array number_;
  cudaStream_t stream_;
};

}  // namespace nd::cuda
