// The table of fused kernels of the `cpu` device: what ops/<family>/<family>_cpu.cpp define.
#include "core/fused.hpp"

#include "cpu/cpu_backend.hpp"

namespace nd::cpu {

const FusedKernels* fused_kernels() {
  static constexpr FusedKernels kernels = {
#define ND_FUSED(name, arguments) .name = name,
#include "core/fused.inc"
#undef ND_FUSED
  };
  return &kernels;
}

}  // namespace nd::cpu
