// Shared memory of the block that is running, at the front of the arena: first what the launch
// asked for, then the variables that its threads declare, with gaps that belong to nobody.
#pragma once

#include <cstddef>

namespace nd::cuda::emulator {

// For all blocks of the grid that follows.
void set_dynamic_shared_memory(size_t nbytes);
// A block begins. What the one before it has left is still there, as on a device.
void clear_shared_memory();

}  // namespace nd::cuda::emulator
