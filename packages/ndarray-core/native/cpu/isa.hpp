// Instruction sets: every ops/*/*_kernels.cpp is compiled once for each of them, with its flags, in
// a namespace of its own (ND_ISA, set by CMake). The best one that this processor has is chosen at
// import; NDARRAY_CORE_ISA=baseline|avx2|avx512 forces a lower one.
#pragma once

#include <string>
#include <vector>

namespace nd::cpu {

enum class Isa { baseline, avx2, avx512 };

Isa active_isa();
const char* name_of(Isa isa);
std::vector<std::string> supported_isas();  // built into this module and present in this processor

}  // namespace nd::cpu

// A family declares its table of kernels once for all instruction sets:
//   struct MatmulKernels { ... function pointers ... };
//   ND_DECLARE_KERNELS(MatmulKernels, matmul_kernels)
// its *_kernels.cpp defines  const MatmulKernels& matmul_kernels()  in  namespace nd::cpu::ND_ISA,
// and its driver calls  ND_SELECT_KERNELS(matmul_kernels).
#if defined(ND_BUILD_AVX2)
#define ND_DECLARE_KERNELS(Table, function) \
  namespace nd::cpu {                       \
  namespace baseline {                      \
  const Table& function();                  \
  }                                         \
  namespace avx2 {                          \
  const Table& function();                  \
  }                                         \
  namespace avx512 {                        \
  const Table& function();                  \
  }                                         \
  }
#define ND_SELECT_KERNELS(function)                                                  \
  (::nd::cpu::active_isa() == ::nd::cpu::Isa::avx512 ? ::nd::cpu::avx512::function() \
   : ::nd::cpu::active_isa() == ::nd::cpu::Isa::avx2 ? ::nd::cpu::avx2::function()   \
                                                     : ::nd::cpu::baseline::function())
#else
#define ND_DECLARE_KERNELS(Table, function) \
  namespace nd::cpu::baseline {             \
  const Table& function();                  \
  }
// A wrong NDARRAY_CORE_ISA is an error here, too.
#define ND_SELECT_KERNELS(function) (::nd::cpu::active_isa(), ::nd::cpu::baseline::function())
#endif
