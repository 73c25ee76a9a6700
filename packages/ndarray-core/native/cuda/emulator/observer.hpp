// Where the emulator tells what happens, for whoever wants to watch: the checker (checker/), in the
// build that has one. Everything is told in the order in which it happens on the device.
#pragma once

#include "cuda/emulator/block.hpp"

namespace nd::cuda::emulator {

class Observer {
 public:
  // Memory of the device: there is some, there is no more, the host has written to it, a copy.
  virtual void allocated(const char* start, size_t nbytes, int device) = 0;
  virtual void released(const char* start) = 0;
  virtual void written(const char* start, size_t nbytes) = 0;
  virtual void copied(const char* to, const char* from, size_t nbytes) = 0;

  virtual void grid_begins(const LaunchShape& shape, const Call& call) = 0;
  virtual void block_begins() = 0;
  virtual void block_ends() = 0;
  virtual void shared_piece_added(const char* start, size_t nbytes) = 0;

  // All threads of the block that have not ended have come to a barrier; `ended` others have.
  virtual void barrier_passed(int ended) = 0;
  // These lanes have done something together; __syncwarp alone orders what they do to memory.
  virtual void warp_met(int warp, uint32_t lanes, Together together, const char* name) = 0;
  // A shuffle reads a lane that takes no part in it, which gives nothing defined.
  virtual void missing_lane(const Thread& reader, const char* name, int source) = 0;

 protected:
  ~Observer() = default;
};

extern Observer* observer;  // or null

// Ends the kernel because of a mistake that a device need not notice.
[[noreturn]] void fail_with_finding(cudaError_t error, const std::string& explanation);

std::string describe(const uint3& index);  // (x, y, z)

}  // namespace nd::cuda::emulator
