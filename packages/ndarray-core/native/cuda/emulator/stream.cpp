#include "cuda/emulator/stream.hpp"

#include <set>

#include "cuda/emulator/state.hpp"

namespace nd::cuda::emulator {
namespace {

constexpr size_t queue_length = 1024;  // a real one makes its caller wait when it is full

std::set<CUstream_st*>& streams() {
  static auto* all = new std::set<CUstream_st*>;
  return *all;
}

CUstream_st* default_stream(int number) {
  Device& owner = device(number);
  if (!owner.default_stream) {
    owner.default_stream = new CUstream_st{number, true, {}};
    streams().insert(owner.default_stream);
  }
  return owner.default_stream;
}

void run_first(CUstream_st* stream) {
  const CommandPointer command = stream->commands.front();
  const Device& owner = device(stream->device);
  const bool lost = owner.error != cudaSuccess && owner.error_stays;
  if (command->work && !lost) command->work();
  command->work = nullptr;
  command->after.clear();
  command->done = true;
  command->done_at = std::chrono::steady_clock::now();
  stream->commands.pop_front();
}

cudaError_t create(cudaStream_t* result, unsigned flags) {
  if (!result || (flags & ~static_cast<unsigned>(cudaStreamNonBlocking)) != 0) {
    return cudaErrorInvalidValue;
  }
  *result = new CUstream_st{current_device(), (flags & cudaStreamNonBlocking) == 0, {}};
  streams().insert(*result);
  return cudaSuccess;
}

// Polling gets on by one command each time, so that it ends.
cudaError_t poll(const CommandPointer& command) {
  if (command->done) return cudaSuccess;
  complete(CommandPointer(command->stream->commands.front()));
  return cudaErrorNotReady;
}

}  // namespace

CUstream_st* find_stream(cudaStream_t handle) {
  if (!handle || handle == cudaStreamLegacy) return default_stream(current_device());
  return streams().contains(handle) ? handle : nullptr;
}

CommandPointer enqueue(CUstream_st* stream, std::function<void()> work,
                       std::vector<CommandPointer> after) {
  CUstream_st* common = default_stream(stream->device);
  const auto wait_for_last = [&](const CUstream_st* other) {
    if (other != stream && !other->commands.empty()) after.push_back(other->commands.back());
  };
  if (stream == common) {
    for (const CUstream_st* other : streams()) {
      if (other->blocking && other->device == stream->device) wait_for_last(other);
    }
  } else if (stream->blocking) {
    wait_for_last(common);
  }
  while (stream->commands.size() >= queue_length) complete(stream->commands.front());
  stream->commands.push_back(
      std::make_shared<Command>(Command{stream, std::move(work), std::move(after), false, {}}));
  return stream->commands.back();
}

void complete(const CommandPointer& command) {
  std::vector<CommandPointer> wanted = {command};
  while (!wanted.empty()) {
    const CommandPointer last = wanted.back();
    if (last->done) {
      wanted.pop_back();
      continue;
    }
    const CommandPointer first = last->stream->commands.front();
    CommandPointer missing;
    for (const CommandPointer& other : first->after) {
      if (!other->done) missing = other;
    }
    if (missing) {
      wanted.push_back(missing);
    } else {
      run_first(last->stream);
    }
  }
}

void complete_stream(CUstream_st* stream) {
  if (!stream->commands.empty()) complete(CommandPointer(stream->commands.back()));
}

void complete_device(int number) {
  for (CUstream_st* stream : streams()) {
    if (stream->device == number) complete_stream(stream);
  }
}

}  // namespace nd::cuda::emulator

namespace emulator = nd::cuda::emulator;
using emulator::find_stream;
using emulator::runtime_call;

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return runtime_call(__func__, [&] { return emulator::create(stream, cudaStreamDefault); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return runtime_call(__func__, [&] { return emulator::create(stream, flags); });
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return runtime_call(__func__, [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream || !handle || handle == cudaStreamLegacy) return cudaErrorInvalidResourceHandle;
    emulator::complete_stream(stream);
    emulator::streams().erase(stream);
    delete stream;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return runtime_call(__func__, [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    emulator::complete_stream(stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return runtime_call(__func__, [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    if (stream->commands.empty()) return cudaSuccess;
    return emulator::poll(emulator::CommandPointer(stream->commands.back()));
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned) {
  return runtime_call(__func__, [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream || !event) return cudaErrorInvalidResourceHandle;
    if (event->recorded && !event->recorded->done) {
      emulator::enqueue(stream, nullptr, {event->recorded});
    }
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceSynchronize() {
  return runtime_call(__func__, [&] {
    emulator::complete_device(emulator::current_device());
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return runtime_call(__func__, [&] {
    if (!event) return cudaErrorInvalidValue;
    *event = new CUevent_st{emulator::current_device(), (flags & cudaEventDisableTiming) == 0, {}};
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return runtime_call(__func__, [&] {
    if (!event) return cudaErrorInvalidResourceHandle;
    delete event;  // commands that wait for it wait for what it recorded
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  return runtime_call(__func__, [&] {
    CUstream_st* stream = find_stream(handle);
    if (!stream || !event || event->device != stream->device) return cudaErrorInvalidResourceHandle;
    event->recorded = emulator::enqueue(stream, nullptr);
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return runtime_call(__func__, [&] {
    if (!event) return cudaErrorInvalidResourceHandle;
    return event->recorded ? emulator::poll(event->recorded) : cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return runtime_call(__func__, [&] {
    if (!event) return cudaErrorInvalidResourceHandle;
    if (event->recorded) emulator::complete(event->recorded);
    return cudaSuccess;
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return runtime_call(__func__, [&] {
    if (!milliseconds) return cudaErrorInvalidValue;
    if (!start || !end || !start->recorded || !end->recorded || !start->timing || !end->timing) {
      return cudaErrorInvalidResourceHandle;
    }
    if (!start->recorded->done || !end->recorded->done) return cudaErrorNotReady;
    const auto elapsed = end->recorded->done_at - start->recorded->done_at;
    *milliseconds = std::chrono::duration<float, std::milli>(elapsed).count();
    return cudaSuccess;
  });
}
