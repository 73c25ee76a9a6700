// How this module was compiled; CMakeLists.txt defines the names that begin with ND_BUILT.
#include "bindings/convert.hpp"

namespace nd {

nb::dict build_information() {
  nb::dict result;
#if defined(__clang__)
  result["compiler"] = "clang++ " __clang_version__;
#else
  result["compiler"] = "g++ " __VERSION__;
#endif
  result["standard"] = message("C++", __cplusplus / 100 % 100);
  result["build_type"] = ND_BUILT_TYPE;
  result["flags"] = ND_BUILT_FLAGS;
  result["sanitizer"] = ND_BUILT_SANITIZER;
  result["instruction_sets"] = ND_BUILT_INSTRUCTION_SETS;
  return result;
}

}  // namespace nd
