#pragma once

#include <nanobind/nanobind.h>

namespace nd::cuda::emulator {

// Adds the submodule `emulator` to an emulated module: what tests need to know and to change.
void bind(nanobind::module_& module);

}  // namespace nd::cuda::emulator
