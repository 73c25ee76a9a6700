// What the runtime remembers between its calls: devices, their errors, and settings.
//
// Settings are read from the environment at the first call; tests change them as they go.
//   NDARRAY_CORE_EMULATOR_DEVICES       how many devices there are (1; 0 to try a machine without)
//   NDARRAY_CORE_EMULATOR_MEMORY        bytes of memory of each (4 GiB)
//   NDARRAY_CORE_EMULATOR_CAPABILITY    compute capability, major and minor digit (86)
//   NDARRAY_CORE_EMULATOR_FAIL          function:n:code, say cudaMalloc:3:2: its third call from
//                                       now fails with that error
//   CUDA_LAUNCH_BLOCKING=1              as CUDA's: each kernel runs within its launch
#pragma once

#include <cuda_runtime_api.h>

#include <mutex>
#include <string>
#include <vector>

namespace nd::cuda::emulator {

inline constexpr size_t default_shared_memory = 48 << 10;  // what a kernel gets without asking
inline constexpr size_t max_shared_memory = 99 << 10;      // what it may ask for

struct Settings {
  int devices = 1;
  size_t memory_bytes = size_t{4} << 30;
  int capability = 86;
  bool blocking_launches = false;
  // The n-th next call of this function fails; no function: none does.
  std::string failing_function;
  int calls_until_failure = 0;
  cudaError_t failure = cudaErrorMemoryAllocation;
};
Settings& settings();

struct Device {
  size_t memory_used = 0;
  CUstream_st* default_stream = nullptr;
  // An error of a kernel is the answer to all later calls: the device is lost to this process.
  // With a checker it is told once, and the device goes on, so that a suite of tests may.
  cudaError_t error = cudaSuccess;
  bool error_stays = false;
  // The last error of a kernel, for messages.
  cudaError_t explained = cudaSuccess;
  std::string explanation;
};
Device& device(int number);
int& current_device();  // of this thread of the host

// For tests: forgets the errors of all devices.
void forget_errors();

// Each function of the runtime is such a call: one at a time, refused where the device has an
// error, and its answer is kept for cudaGetLastError.
std::recursive_mutex& lock();
cudaError_t& last_error();
cudaError_t error_before(const char* function);
cudaError_t error_after(cudaError_t status);

template <typename Body>
cudaError_t runtime_call(const char* function, Body body) {
  std::lock_guard guard(lock());
  cudaError_t status = error_before(function);
  if (status == cudaSuccess) status = error_after(body());
  if (status != cudaSuccess) last_error() = status;
  return status;
}

}  // namespace nd::cuda::emulator
