// mma.sync: the last lane to come finds the registers of all lanes, puts the matrices together,
// multiplies them and hands the sums out again.
#pragma once

#include <cstdint>

namespace nd::cuda::emulator {

enum class MmaElement { float16, bfloat16, tf32 };

// d += a @ b for a (16, depth) and b (depth, 8); the registers are described in cuda/mma.hpp.
void mma(MmaElement element, int depth, float* d, const uint32_t* a, const uint32_t* b);

}  // namespace nd::cuda::emulator
