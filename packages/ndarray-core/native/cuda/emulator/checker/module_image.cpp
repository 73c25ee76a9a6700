#include "cuda/emulator/checker/module_image.hpp"

#include <link.h>

#include <cstdint>
#include <utility>

namespace nd::cuda::emulator {
namespace {

using Range = std::pair<uintptr_t, uintptr_t>;

int look_for_own(dl_phdr_info* info, size_t, void* result) {
  const auto own = reinterpret_cast<uintptr_t>(&look_for_own);
  Range range{UINTPTR_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const uintptr_t start = info->dlpi_addr + segment.p_vaddr;
    if (start < range.first) range.first = start;
    if (start + segment.p_memsz > range.second) range.second = start + segment.p_memsz;
  }
  if (own < range.first || own >= range.second) return 0;
  *static_cast<Range*>(result) = range;
  return 1;
}

Range find_own() {
  Range range{0, 0};
  dl_iterate_phdr(look_for_own, &range);
  return range;
}

}  // namespace

bool in_module_image(const void* address) {
  static const Range range = find_own();
  const auto value = reinterpret_cast<uintptr_t>(address);
  return value >= range.first && value < range.second;
}

}  // namespace nd::cuda::emulator
