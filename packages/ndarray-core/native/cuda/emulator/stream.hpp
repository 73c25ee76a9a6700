// Streams. What is queued is only written down, and done when somebody has to wait for it, or may
// rely on it: so whoever forgets to wait sees old data, always, and not once in a thousand runs.
//
// A command waits for the one before it in its stream, and for others where an event or the default
// stream says so. These are older than it, so that doing a command and all it needs always ends.
#pragma once

#include <cuda_runtime_api.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace nd::cuda::emulator {

struct Command {
  CUstream_st* stream;
  std::function<void()> work;
  std::vector<std::shared_ptr<Command>> after;
  bool done = false;
  std::chrono::steady_clock::time_point done_at;
};
using CommandPointer = std::shared_ptr<Command>;

// The stream behind a handle, or null: no such stream.
CUstream_st* find_stream(cudaStream_t handle);
// Queues work that starts when `after` is done as well.
CommandPointer enqueue(CUstream_st* stream, std::function<void()> work,
                       std::vector<CommandPointer> after = {});
// Does it, and what it needs.
void complete(const CommandPointer& command);
void complete_stream(CUstream_st* stream);
void complete_device(int device);

}  // namespace nd::cuda::emulator

struct CUstream_st {
  int device;
  bool blocking;  // waits for the default stream, and the default stream for it
  std::deque<nd::cuda::emulator::CommandPointer> commands;
};

struct CUevent_st {
  int device;
  bool timing;
  nd::cuda::emulator::CommandPointer recorded;  // null: never
};
