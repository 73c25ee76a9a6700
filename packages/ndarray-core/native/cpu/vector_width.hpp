// Only for *_kernels.cpp files.
#pragma once

namespace nd::cpu::ND_ISA {

// Width of the vector registers that this instruction set's kernels use.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

}  // namespace nd::cpu::ND_ISA
