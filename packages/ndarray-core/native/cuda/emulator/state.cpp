#include "cuda/emulator/state.hpp"

#include <cstdlib>

namespace nd::cuda::emulator {
namespace {

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

Settings read_settings() {
  Settings result;
  if (const char* value = environment("NDARRAY_CORE_EMULATOR_DEVICES")) {
    result.devices = std::atoi(value);
  }
  if (const char* value = environment("NDARRAY_CORE_EMULATOR_MEMORY")) {
    result.memory_bytes = std::strtoull(value, nullptr, 10);
  }
  if (const char* value = environment("NDARRAY_CORE_EMULATOR_CAPABILITY")) {
    result.capability = std::atoi(value);
  }
  if (const char* value = environment("NDARRAY_CORE_EMULATOR_FAIL")) {
    const std::string text = value;
    const size_t first = text.find(':'), second = text.find(':', first + 1);
    result.failing_function = text.substr(0, first);
    result.calls_until_failure = first == text.npos ? 1 : std::atoi(text.c_str() + first + 1);
    if (second != text.npos) {
      result.failure = static_cast<cudaError_t>(std::atoi(text.c_str() + second + 1));
    }
  }
  const char* blocking = environment("CUDA_LAUNCH_BLOCKING");
  result.blocking_launches = blocking && std::string(blocking) != "0";
  return result;
}

}  // namespace

Settings& settings() {
  static Settings instance = read_settings();
  return instance;
}

Device& device(int number) {
  static std::vector<Device> devices(16);  // more than there ever are
  return devices.at(static_cast<size_t>(number));
}

int& current_device() {
  thread_local int number = 0;
  return number;
}

std::recursive_mutex& lock() {
  static std::recursive_mutex mutex;
  return mutex;
}

cudaError_t& last_error() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

void forget_errors() {
  std::lock_guard guard(lock());
  for (int number = 0; number < settings().devices; ++number) device(number).error = cudaSuccess;
  last_error() = cudaSuccess;
}

cudaError_t error_before(const char* function) {
  Settings& now = settings();
  if (now.devices == 0) return cudaErrorNoDevice;
  if (now.calls_until_failure > 0 && now.failing_function == function &&
      --now.calls_until_failure == 0) {
    return now.failure;
  }
  return error_after(cudaSuccess);
}

cudaError_t error_after(cudaError_t status) {
  Device& now = device(current_device());
  if (status != cudaSuccess || now.error == cudaSuccess) return status;
  status = now.error;
  if (!now.error_stays) now.error = cudaSuccess;
  return status;
}

}  // namespace nd::cuda::emulator
