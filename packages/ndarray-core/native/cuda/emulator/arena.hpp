// The memory of the emulated devices: one range of addresses that holds nothing else, so that a
// pointer alone says whether it is the device's or the host's. A part of a block's shared memory
// comes first, the allocations follow. Addresses are not used again before all others have been,
// and what is free cannot be accessed: a stale pointer does not reach someone else's data.
#pragma once

#include <cstddef>
#include <map>

namespace nd::cuda::emulator {

inline constexpr size_t arena_bytes = size_t{1} << 36;          // of addresses, not of memory
inline constexpr size_t shared_memory_bytes = size_t{1} << 20;  // a block's, with gaps between
inline constexpr size_t allocation_alignment = 256;             // as cudaMalloc's

struct Allocation {
  char* start;
  size_t nbytes;
  int device;
};

class Arena {
 public:
  // Nothing ever gives it back: arrays may live as long as the process.
  static Arena& instance();

  // Filled with bytes 0xFF, which are NaN to floating-point numbers. Null: no addresses are left.
  char* allocate(size_t nbytes, int device);
  // False if no allocation starts there.
  bool release(const void* start);

  bool contains(const void* address) const {
    return address >= start_ && address < start_ + arena_bytes;
  }
  // The allocation that holds all of these bytes, or null.
  const Allocation* find(const void* address, size_t nbytes = 1) const;
  // The one that starts at or before the address, for messages; null if there is none.
  const Allocation* nearest_before(const void* address) const;
  char* start() const { return start_; }

 private:
  Arena();
  char* find_gap(size_t nbytes);

  char* start_;
  char* next_;                                     // where to look for room
  std::map<const char*, Allocation> allocations_;  // by start
};

}  // namespace nd::cuda::emulator
