// Products of small matrices, one for a whole warp: d += a @ b, on tensor cores (mma.sync). a has
// 16 rows, b 8 columns, and each lane holds some elements of every matrix in its registers.
//
// With g = lane / 4 and t = lane % 4, where (row, column) is the element's place in its matrix:
//   d      d[0], d[1]: (g, 2t), (g, 2t + 1)      d[2], d[3]: the same of row g + 8
//   16-bit elements, two per register, the one of the lower index in the lower half:
//   a      a[0]: (g, 2t), (g, 2t + 1)            a[1]: row g + 8    a[2], a[3]: columns + 8
//   b      b[0]: (2t, g), (2t + 1, g)            b[1]: rows + 8
//   tf32, one per register:
//   a      a[0]: (g, t)    a[1]: (g + 8, t)      a[2], a[3]: columns + 4
//   b      b[0]: (t, g)    b[1]: (t + 4, g)
// (PTX ISA, "Matrix Fragments for mma.m16n8k16" and "... m16n8k8".) Sums are kept in float32.
//
// All 32 lanes have to call it. What a device cannot do traps: the host chooses kernels by compute
// capability, 7.5 for m16n8k8 of float16 and 8.0 for the others.
#pragma once

#include "core/half.hpp"
#include "cuda/device.hpp"
#if !defined(__CUDACC__)
#include "cuda/emulator/mma.hpp"
#endif

namespace nd::cuda {

// To the nearest number with 10 bits of fraction, ties away from zero (cvt.rna.tf32.f32).
__device__ __forceinline__ uint32_t to_tf32(float x) {
  uint32_t bits = __float_as_uint(x);
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
#else
  if ((bits & 0x7F800000u) != 0x7F800000u) bits += 0x1000u;
  bits &= ~0x1FFFu;
#endif
  return bits;
}

#if defined(__CUDACC__)

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#define ND_MMA(instruction, ...) __trap()
#else
#define ND_MMA(instruction, ...) asm volatile(instruction __VA_ARGS__)
#endif

template <typename Half>
__device__ __forceinline__ void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4],
                                             const uint32_t (&b)[2]) {
  static_assert(is_half<Half>);
  if constexpr (std::is_same_v<Half, float16>) {
    ND_MMA(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(d[0]),
        "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]),
        "r"(b[1]));
  } else {
    ND_MMA(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(d[0]),
        "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]),
        "r"(b[1]));
  }
}

__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const uint32_t (&a)[4],
                                                 const uint32_t (&b)[2]) {
  ND_MMA(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(d[0]),
      "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]),
      "r"(b[1]));
}

#undef ND_MMA

// float16, for devices that have no m16n8k16: a[0], a[1] and b as the first ones above.
__device__ __forceinline__ void mma_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 750
  __trap();
#else
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
#endif
}

#else

template <typename Half>
inline void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  static_assert(is_half<Half>);
  constexpr bool float16s = std::is_same_v<Half, float16>;
  emulator::mma(float16s ? emulator::MmaElement::float16 : emulator::MmaElement::bfloat16, 16, d, a,
                b);
}

inline void mma_m16n8k8_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  emulator::mma(emulator::MmaElement::tf32, 8, d, a, b);
}

inline void mma_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b) {
  emulator::mma(emulator::MmaElement::float16, 8, d, a, &b);
}

#endif

}  // namespace nd::cuda
