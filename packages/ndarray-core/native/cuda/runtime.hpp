// Calls of the CUDA runtime, each of them checked.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>

namespace nd::cuda {

// Throws what `status` says, unless that is success: OutOfMemory, or Error with the runtime's name
// and text for it. `what` says what was being done.
void check(cudaError_t status, const char* what);

// Debug mode: each kernel is waited for, so that an error is raised by the call that caused it and
// not by a later one. Slow. Set by NDARRAY_CORE_CUDA_DEBUG=1 or ndarray_core.cuda.set_debug().
extern std::atomic<bool> debug_mode;

}  // namespace nd::cuda
