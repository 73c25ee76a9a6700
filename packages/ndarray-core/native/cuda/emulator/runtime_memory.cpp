// Memory in CUDA's runtime: cudaMalloc, cudaMemcpy and their relatives.
//
// What a copy waits for follows "API synchronization behavior" of CUDA's documentation: a copy to
// or from pageable memory of the host has read or written it when the call returns; one with pinned
// memory, or within the device, is only queued if it is an Async one.
#include <cstdlib>
#include <cstring>
#include <map>

#include "cuda/emulator/arena.hpp"
#include "cuda/emulator/marks.hpp"
#include "cuda/emulator/observer.hpp"
#include "cuda/emulator/state.hpp"
#include "cuda/emulator/stream.hpp"

namespace nd::cuda::emulator {
namespace {

std::map<const char*, size_t>& pinned() {
  static auto* blocks = new std::map<const char*, size_t>;
  return *blocks;
}

bool is_pinned(const void* address) {
  auto after = pinned().upper_bound(static_cast<const char*>(address));
  if (after == pinned().begin()) return false;
  --after;
  return static_cast<const char*>(address) < after->first + after->second;
}

bool on_device(const void* address) { return Arena::instance().contains(address); }

// Whether these bytes can be one side of a copy.
bool is_side(const void* address, size_t nbytes, bool device_side) {
  if (on_device(address) != device_side) return false;
  return device_side ? Arena::instance().find(address, nbytes) != nullptr : address != nullptr;
}

void move(void* to, const void* from, size_t nbytes) {
  std::memmove(to, from, nbytes);
  if (!observer || !on_device(to)) return;
  if (on_device(from)) {
    observer->copied(static_cast<char*>(to), static_cast<const char*>(from), nbytes);
  } else {
    observer->written(static_cast<char*>(to), nbytes);
  }
}

cudaError_t copy(void* to, const void* from, size_t nbytes, cudaMemcpyKind kind,
                 cudaStream_t handle, bool async) {
  CUstream_st* stream = find_stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  if (nbytes == 0) return cudaSuccess;
  if (kind == cudaMemcpyDefault) {
    kind = static_cast<cudaMemcpyKind>((on_device(from) ? 2 : 0) + (on_device(to) ? 1 : 0));
  }
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  if (!is_side(from, nbytes, from_device) || !is_side(to, nbytes, to_device)) {
    return cudaErrorInvalidValue;
  }
  if (!from_device && !is_pinned(from)) {  // staged: the caller may go on to write to it
    auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from),
                                                      static_cast<const char*>(from) + nbytes);
    enqueue(stream, [=] { move(to, staged->data(), nbytes); });
  } else {
    enqueue(stream, [=] { move(to, from, nbytes); });
  }
  const bool within_device = from_device && to_device;
  const bool to_pageable = !to_device && !is_pinned(to);
  if (to_pageable || (!async && !within_device)) complete_stream(stream);
  return cudaSuccess;
}

cudaError_t set(void* to, int value, size_t nbytes, cudaStream_t handle) {
  CUstream_st* stream = find_stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  if (nbytes == 0) return cudaSuccess;
  if (!is_side(to, nbytes, true)) return cudaErrorInvalidValue;
  enqueue(stream, [=] {
    std::memset(to, value, nbytes);
    if (observer) observer->written(static_cast<char*>(to), nbytes);
  });
  return cudaSuccess;
}

cudaError_t allocate_pinned(void** result, size_t nbytes) {
  if (!result) return cudaErrorInvalidValue;
  *result = nullptr;
  if (nbytes == 0) return cudaSuccess;
  *result = std::malloc(nbytes);
  if (!*result) return cudaErrorMemoryAllocation;
  pinned().emplace(static_cast<char*>(*result), nbytes);
  return cudaSuccess;
}

// What belongs to no stream that there is still takes effect at once.
void tell_observer(std::function<void()> what, cudaStream_t handle) {
  if (!observer) return;
  std::lock_guard guard(lock());
  if (CUstream_st* stream = find_stream(handle)) {
    enqueue(stream, std::move(what));
  } else {
    what();
  }
}

}  // namespace

void mark_in_use(void* data, size_t nbytes, cudaStream_t stream) {
  const int number = current_device();
  tell_observer([=] { observer->allocated(static_cast<char*>(data), nbytes, number); }, stream);
}

void mark_unused(void* data, cudaStream_t stream) {
  tell_observer([=] { observer->released(static_cast<char*>(data)); }, stream);
}

}  // namespace nd::cuda::emulator

namespace emulator = nd::cuda::emulator;
using emulator::Arena;
using emulator::current_device;
using emulator::runtime_call;

cudaError_t cudaMalloc(void** result, size_t nbytes) {
  return runtime_call(__func__, [&] {
    if (!result) return cudaErrorInvalidValue;
    *result = nullptr;
    if (nbytes == 0) return cudaSuccess;
    emulator::Device& owner = emulator::device(current_device());
    const size_t limit = emulator::settings().memory_bytes;
    if (nbytes > limit || owner.memory_used > limit - nbytes) return cudaErrorMemoryAllocation;
    *result = Arena::instance().allocate(nbytes, current_device());
    if (!*result) return cudaErrorMemoryAllocation;
    owner.memory_used += nbytes;
    if (emulator::observer) {
      emulator::observer->allocated(static_cast<char*>(*result), nbytes, current_device());
    }
    return cudaSuccess;
  });
}

cudaError_t cudaFree(void* address) {
  return runtime_call(__func__, [&] {
    if (!address) return cudaSuccess;
    const emulator::Allocation* allocation = Arena::instance().find(address);
    if (!allocation || allocation->start != address) return cudaErrorInvalidValue;
    emulator::complete_device(allocation->device);
    emulator::device(allocation->device).memory_used -= allocation->nbytes;
    if (emulator::observer) emulator::observer->released(allocation->start);
    Arena::instance().release(address);
    return cudaSuccess;
  });
}

cudaError_t cudaMallocHost(void** result, size_t nbytes) {
  return runtime_call(__func__, [&] { return emulator::allocate_pinned(result, nbytes); });
}

cudaError_t cudaHostAlloc(void** result, size_t nbytes, unsigned) {
  return runtime_call(__func__, [&] { return emulator::allocate_pinned(result, nbytes); });
}

cudaError_t cudaFreeHost(void* address) {
  return runtime_call(__func__, [&] {
    if (!address) return cudaSuccess;
    const auto found = emulator::pinned().find(static_cast<char*>(address));
    if (found == emulator::pinned().end()) return cudaErrorInvalidValue;
    for (int number = 0; number < emulator::settings().devices; ++number) {
      emulator::complete_device(number);
    }
    emulator::pinned().erase(found);
    std::free(address);
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t nbytes, cudaMemcpyKind kind) {
  return runtime_call(__func__,
                      [&] { return emulator::copy(to, from, nbytes, kind, nullptr, false); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t nbytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return runtime_call(__func__,
                      [&] { return emulator::copy(to, from, nbytes, kind, stream, true); });
}

cudaError_t cudaMemset(void* to, int value, size_t nbytes) {
  return runtime_call(__func__, [&] { return emulator::set(to, value, nbytes, nullptr); });
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t nbytes, cudaStream_t stream) {
  return runtime_call(__func__, [&] { return emulator::set(to, value, nbytes, stream); });
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return runtime_call(__func__, [&] {
    *total = emulator::settings().memory_bytes;
    *free = *total - emulator::device(current_device()).memory_used;
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* result, const void* address) {
  return runtime_call(__func__, [&] {
    *result = {};
    result->device = -1;
    result->type = cudaMemoryTypeUnregistered;
    if (const emulator::Allocation* allocation = Arena::instance().find(address)) {
      result->type = cudaMemoryTypeDevice;
      result->device = allocation->device;
      result->devicePointer = const_cast<void*>(address);
    } else if (emulator::is_pinned(address)) {
      result->type = cudaMemoryTypeHost;
      result->device = current_device();
      result->devicePointer = result->hostPointer = const_cast<void*>(address);
    }
    return cudaSuccess;
  });
}
