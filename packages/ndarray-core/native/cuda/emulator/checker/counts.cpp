#include "cuda/emulator/checker/counts.hpp"

#include <algorithm>

#include "cuda/emulator/block.hpp"

namespace nd::cuda::emulator {

bool counting_sectors = false;

std::map<std::string, KernelCounts>& kernel_counts() {
  static auto* counts = new std::map<std::string, KernelCounts>;
  return *counts;
}

size_t SectorCounter::Hash::operator()(const std::pair<Instruction, unsigned>& key) const {
  const auto& [instruction, visit] = key;
  return (reinterpret_cast<uintptr_t>(instruction.first) * 2 + instruction.second) *
             0x9E3779B97F4A7C15 +
         visit;
}

void SectorCounter::add(int thread, const void* instruction, const void* address, size_t nbytes,
                        bool write) {
  constexpr uintptr_t sector_bytes = 32;
  const Instruction key = {instruction, write};
  const unsigned visit = visits_[thread][key]++;
  Sectors& sectors = touched_[thread / warp_size][{key, visit}];
  const auto first = reinterpret_cast<uintptr_t>(address);
  for (uintptr_t s = first / sector_bytes; s <= (first + nbytes - 1) / sector_bytes; ++s) {
    if (std::find(sectors.begin(), sectors.end(), s) == sectors.end()) sectors.push_back(s);
  }
}

void SectorCounter::finish_block(KernelCounts& counts) {
  for (const auto& [warp, instructions] : touched_) {
    for (const auto& [key, sectors] : instructions) {
      (key.first.second ? counts.store_sectors : counts.load_sectors) += sectors.size();
    }
  }
  visits_.clear();
  touched_.clear();
}

}  // namespace nd::cuda::emulator
