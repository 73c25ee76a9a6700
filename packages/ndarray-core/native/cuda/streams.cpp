#include "cuda/streams.hpp"

#include <map>
#include <mutex>

#include "cuda/allocator.hpp"
#include "cuda/runtime.hpp"

namespace nd::cuda {
namespace {

bool is_done(cudaError_t status, const char* what) {
  if (status == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  check(status, what);
  return true;
}

// The stream of all threads that have set no other one. It lives as long as the process.
const StreamRef& default_stream(int device) {
  static std::mutex mutex;
  static auto* streams = new std::map<int, StreamRef>;
  std::lock_guard lock(mutex);
  StreamRef& stream = (*streams)[device];
  if (!stream) stream = std::make_shared<Stream>(device);
  return stream;
}

thread_local std::map<int, StreamRef> streams_of_thread;

}  // namespace

void select_device(int device) {
  thread_local int selected = -1;
  if (selected == device) return;
  check(cudaSetDevice(device), "choosing a device");
  selected = device;
}

Stream::Stream(int device) : device(device) {
  select_device(device);
  // Non-blocking: the legacy default stream, which others in this process may use, waits for it
  // not.
  check(cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking), "making a stream");
}

Stream::~Stream() {
  cudaStreamSynchronize(handle_);
  allocator(device).forget(handle_);
  cudaStreamDestroy(handle_);
}

bool Stream::query() const { return is_done(cudaStreamQuery(handle_), "asking a stream"); }

void Stream::synchronize() const { check(cudaStreamSynchronize(handle_), "waiting for a stream"); }

Event::Event(int device, bool timing) : device(device) {
  select_device(device);
  check(cudaEventCreateWithFlags(&handle_, timing ? cudaEventDefault : cudaEventDisableTiming),
        "making an event");
}

Event::~Event() { cudaEventDestroy(handle_); }

void Event::record(cudaStream_t stream) {
  check(cudaEventRecord(handle_, stream), "recording an event");
}

void Event::make_wait(cudaStream_t stream) const {
  check(cudaStreamWaitEvent(stream, handle_, 0), "waiting for an event");
}

bool Event::query() const { return is_done(cudaEventQuery(handle_), "asking an event"); }

void Event::synchronize() const { check(cudaEventSynchronize(handle_), "waiting for an event"); }

double Event::elapsed_ms(const Event& end) const {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, handle_, end.handle_), "measuring time");
  return milliseconds;
}

const StreamRef& current_stream(int device) {
  const auto found = streams_of_thread.find(device);
  return found == streams_of_thread.end() ? default_stream(device) : found->second;
}

void set_current_stream(const StreamRef& stream) { streams_of_thread[stream->device] = stream; }

}  // namespace nd::cuda
