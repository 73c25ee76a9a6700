// For an allocator that hands out pieces of what it got from cudaMalloc: which of it is in use. The
// checker then knows the ends of pieces, and that a piece handed out again holds nothing. In the
// order of the stream, as the use of the memory is; nothing happens without a checker.
#pragma once

#include <cuda_runtime_api.h>

namespace nd::cuda::emulator {

void mark_in_use(void* data, size_t nbytes, cudaStream_t stream);
void mark_unused(void* data, cudaStream_t stream);

}  // namespace nd::cuda::emulator
