#include "cpu/isa.hpp"

#include <cstdlib>

#include "core/error.hpp"

namespace nd::cpu {
namespace {

// The features that CMakeLists.txt compiles each kernel with. The compiler's function also asks
// whether the operating system saves the wide registers.
bool is_supported(Isa isa) {
#if defined(ND_BUILD_AVX2)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
  if (isa == Isa::avx2) return avx2;
  if (isa == Isa::avx512) {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return isa == Isa::baseline;
}

constexpr Isa all_isas[] = {Isa::baseline, Isa::avx2, Isa::avx512};  // from low to high

Isa choose_isa() {
  const char* forced = std::getenv("NDARRAY_CORE_ISA");
  Isa best = Isa::baseline;
  for (Isa isa : all_isas) {
    if (!is_supported(isa)) continue;
    best = isa;
    if (forced != nullptr && std::string(forced) == name_of(isa)) return isa;
  }
  if (forced == nullptr) return best;
  std::string known;
  for (const std::string& name : supported_isas()) known += (known.empty() ? "" : ", ") + name;
  throw Error(message("NDARRAY_CORE_ISA: \"", forced,
                      "\" is not an instruction set of this build and processor; it has ", known));
}

}  // namespace

Isa active_isa() {
  static const Isa isa = choose_isa();  // a wrong variable fails here again, on every call
  return isa;
}

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      return "baseline";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  __builtin_unreachable();
}

std::vector<std::string> supported_isas() {
  std::vector<std::string> names;
  for (Isa isa : all_isas) {
    if (is_supported(isa)) names.emplace_back(name_of(isa));
  }
  return names;
}

}  // namespace nd::cpu
