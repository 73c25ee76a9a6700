// Host memory for the native devices. Freed blocks are kept and handed out again: fresh memory from
// the system costs up to ten times as much as the operation that fills it (page faults).
#pragma once

#include <cstddef>

namespace nd::allocator {

// 64-byte aligned; blocks of 2 MiB and more lie on huge pages where the system grants them.
// Throws OutOfMemory. deallocate takes the size that was asked for.
void* allocate(size_t nbytes);
void deallocate(void* block, size_t nbytes) noexcept;

inline constexpr size_t no_limit = static_cast<size_t>(-1);

struct Statistics {
  size_t in_use;           // bytes handed out now
  size_t peak_in_use;      // largest in_use since the start or reset_peak()
  size_t cached;           // bytes kept for later
  size_t cache_limit;      // above it freed blocks go back to the system
  size_t limit;            // of in_use and cached together
  size_t allocations;      // calls of allocate
  size_t system_requests;  // of them, those that had to ask the system
};
Statistics statistics();
void reset_peak();
void empty_cache();
void set_cache_limit(size_t nbytes);
void set_limit(size_t nbytes);  // beyond it allocate throws OutOfMemory

}  // namespace nd::allocator
