// Planted mistakes, to know that the checker finds them: small kernels that have one each, and the
// same kernels without it.
#pragma once

#include <string>
#include <vector>

namespace nd::cuda::emulator {

std::vector<std::string> defect_names();
// What the checker says about the kernel, with the mistake or without; "" if nothing.
std::string run_defect(const std::string& name, bool correct);

}  // namespace nd::cuda::emulator
