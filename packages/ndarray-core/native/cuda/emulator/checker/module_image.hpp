// The code and the data of this module as the system has loaded it. Kernels may read constants that
// lie there, and what the emulator keeps for them, such as threadIdx.
#pragma once

namespace nd::cuda::emulator {

bool in_module_image(const void* address);

}  // namespace nd::cuda::emulator
