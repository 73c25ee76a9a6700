// Devices, errors and launches in CUDA's runtime.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "cuda/emulator/block.hpp"
#include "cuda/emulator/launch.hpp"
#include "cuda/emulator/observer.hpp"
#include "cuda/emulator/state.hpp"
#include "cuda/emulator/stream.hpp"

namespace nd::cuda::emulator {
namespace {

constexpr int multiprocessors = 8;
constexpr unsigned max_grid_x = 2147483647, max_grid_yz = 65535, max_block_z = 64;
constexpr int runtime_version = CUDART_VERSION;

// What a kernel may use of dynamic shared memory, where it has asked for more than others get.
std::map<const void*, size_t>& shared_memory_limits() {
  static auto* limits = new std::map<const void*, size_t>;
  return *limits;
}

cudaError_t check_shape(const LaunchShape& shape) {
  const dim3 &grid = shape.grid, &block = shape.block;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > max_grid_x || grid.y > max_grid_yz ||
      grid.z > max_grid_yz || block.x == 0 || block.y == 0 || block.z == 0 ||
      block.x > max_threads || block.y > max_threads || block.z > max_block_z ||
      block.x * block.y * block.z > max_threads) {
    return cudaErrorInvalidConfiguration;
  }
  const auto limit = shared_memory_limits().find(shape.kernel);
  const size_t allowed =
      limit == shared_memory_limits().end() ? default_shared_memory : limit->second;
  return shape.shared_bytes > allowed ? cudaErrorInvalidValue : cudaSuccess;
}

void run(const LaunchShape& shape, const Call& call, int number) {
  const KernelFailure failure = run_grid(shape, call);
  if (failure.error == cudaSuccess) return;
  Device& owner = device(number);
  owner.error = owner.explained = failure.error;
  owner.error_stays = observer == nullptr;
  owner.explanation = kernel_name(shape.kernel) + ": " + failure.explanation;
}

struct ErrorText {
  cudaError_t error;
  const char *name, *text;
};
#define ND_ERROR(name, text) {name, #name, text}
// Those that the emulator answers with.
constexpr ErrorText error_texts[] = {
    ND_ERROR(cudaSuccess, "no error"),
    ND_ERROR(cudaErrorInvalidValue, "invalid argument"),
    ND_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    ND_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    ND_ERROR(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ND_ERROR(cudaErrorInsufficientDriver,
             "CUDA driver version is insufficient for CUDA runtime version"),
    ND_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    ND_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    ND_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    ND_ERROR(cudaErrorNotReady, "device not ready"),
    ND_ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    ND_ERROR(cudaErrorLaunchOutOfResources, "too many resources requested for launch"),
    ND_ERROR(cudaErrorLaunchTimeout, "the launch timed out and was terminated"),
    ND_ERROR(cudaErrorAssert, "device-side assert triggered"),
    ND_ERROR(cudaErrorMisalignedAddress, "misaligned address"),
    ND_ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
};
#undef ND_ERROR

const ErrorText* find_text(cudaError_t error) {
  for (const ErrorText& text : error_texts) {
    if (text.error == error) return &text;
  }
  return nullptr;
}

// With limits of a device of compute capability 8.6, the numbers that our code asks for.
cudaError_t attribute(int* value, cudaDeviceAttr which) {
  switch (which) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = max_threads;
      return cudaSuccess;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = 1536;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = default_shared_memory;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = max_shared_memory;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = multiprocessors;
      return cudaSuccess;
    case cudaDevAttrWarpSize:
      *value = warp_size;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = settings().capability / 10;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = settings().capability % 10;
      return cudaSuccess;
    case cudaDevAttrMemoryPoolsSupported:
    case cudaDevAttrCooperativeLaunch:
      *value = 0;
      return cudaSuccess;
    default:
      return cudaErrorInvalidValue;
  }
}

bool is_device(int number) { return number >= 0 && number < settings().devices; }

}  // namespace

cudaError_t queue_launch(const LaunchShape& shape, Call call, cudaStream_t handle) {
  return runtime_call("cudaLaunchKernel", [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t wrong = check_shape(shape); wrong != cudaSuccess) return wrong;
    const int number = stream->device;
    enqueue(stream, [shape, call = std::move(call), number] { run(shape, call, number); });
    if (settings().blocking_launches) complete_stream(stream);
    return cudaSuccess;
  });
}

}  // namespace nd::cuda::emulator

namespace emulator = nd::cuda::emulator;
using emulator::runtime_call;

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  return runtime_call(__func__, [&] {
    *count = emulator::settings().devices;
    return cudaSuccess;
  });
}

cudaError_t cudaSetDevice(int number) {
  return runtime_call(__func__, [&] {
    if (!emulator::is_device(number)) return cudaErrorInvalidDevice;
    emulator::current_device() = number;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDevice(int* number) {
  return runtime_call(__func__, [&] {
    *number = emulator::current_device();
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* result, int number) {
  return runtime_call(__func__, [&] {
    if (!emulator::is_device(number)) return cudaErrorInvalidDevice;
    std::memset(result, 0, sizeof(*result));
    std::strcpy(result->name, "emulated CUDA device");
    result->totalGlobalMem = emulator::settings().memory_bytes;
    result->sharedMemPerBlock = emulator::default_shared_memory;
    result->sharedMemPerBlockOptin = emulator::max_shared_memory;
    result->sharedMemPerMultiprocessor = emulator::max_shared_memory + 1024;
    result->reservedSharedMemPerBlock = 1024;
    result->regsPerBlock = result->regsPerMultiprocessor = 65536;
    result->warpSize = emulator::warp_size;
    result->maxThreadsPerBlock = emulator::max_threads;
    result->maxThreadsPerMultiProcessor = 1536;
    result->maxBlocksPerMultiProcessor = 16;
    result->maxThreadsDim[0] = result->maxThreadsDim[1] = emulator::max_threads;
    result->maxThreadsDim[2] = emulator::max_block_z;
    result->maxGridSize[0] = emulator::max_grid_x;
    result->maxGridSize[1] = result->maxGridSize[2] = emulator::max_grid_yz;
    result->major = emulator::settings().capability / 10;
    result->minor = emulator::settings().capability % 10;
    result->multiProcessorCount = emulator::multiprocessors;
    result->unifiedAddressing = 1;
    result->concurrentKernels = 1;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int number) {
  return runtime_call(__func__, [&] {
    if (!emulator::is_device(number)) return cudaErrorInvalidDevice;
    return emulator::attribute(value, which);
  });
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = emulator::runtime_version;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = emulator::runtime_version;
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute which, int value) {
  return runtime_call(__func__, [&] {
    if (which != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        static_cast<size_t>(value) > emulator::max_shared_memory) {
      return cudaErrorInvalidValue;
    }
    emulator::shared_memory_limits()[kernel] = static_cast<size_t>(value);
    return cudaSuccess;
  });
}

cudaError_t cudaGetLastError() { return std::exchange(emulator::last_error(), cudaSuccess); }

cudaError_t cudaPeekAtLastError() { return emulator::last_error(); }

const char* cudaGetErrorName(cudaError_t error) {
  const emulator::ErrorText* found = emulator::find_text(error);
  return found ? found->name : "unrecognized error code";
}

// CUDA's text, and after an error of a kernel what the emulator knows about it.
const char* cudaGetErrorString(cudaError_t error) {
  std::lock_guard guard(emulator::lock());
  const emulator::ErrorText* found = emulator::find_text(error);
  std::string text = found ? found->text : "unrecognized error code";
  const emulator::Device& owner = emulator::device(emulator::current_device());
  if (error == owner.explained && !owner.explanation.empty()) text += ": " + owner.explanation;
  static auto* texts = new std::set<std::string>;  // callers keep the pointer
  return texts->insert(text).first->c_str();
}
