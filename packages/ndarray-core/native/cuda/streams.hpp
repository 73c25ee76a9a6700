// Streams: queues of work on a device. What is put into one of them runs in order; two of them know
// of each other through events only.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>

namespace nd::cuda {

// Makes the device that of this thread's next calls of the runtime.
void select_device(int device);

class Stream {
 public:
  explicit Stream(int device);
  ~Stream();  // waits for its work
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const int device;
  cudaStream_t handle() const { return handle_; }
  bool query() const;  // whether all its work is done
  void synchronize() const;

 private:
  cudaStream_t handle_ = nullptr;
};
using StreamRef = std::shared_ptr<Stream>;

// A point in a stream's work, for others to wait for.
class Event {
 public:
  Event(int device, bool timing);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  const int device;
  void record(cudaStream_t stream);
  void make_wait(cudaStream_t stream) const;  // what is put into the stream from now on
  bool query() const;
  void synchronize() const;
  double elapsed_ms(const Event& end) const;

 private:
  cudaEvent_t handle_ = nullptr;
};

// The stream that this thread's operations go to: the last one set, or the device's own.
const StreamRef& current_stream(int device);
void set_current_stream(const StreamRef& stream);

}  // namespace nd::cuda
