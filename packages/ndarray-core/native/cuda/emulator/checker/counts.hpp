// What a kernel has done, for models of its speed: loads, stores and what they ask of the memory.
//
// The device's memory moves in sectors of 32 bytes. What the lanes of a warp load with one
// instruction costs as many as it touches, and that is what is counted here: an instruction is a
// place in the code, and the n-th time a lane comes there is the n-th time its warp does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nd::cuda::emulator {

struct KernelCounts {
  uint64_t launches = 0, blocks = 0, threads = 0;
  uint64_t global_loads = 0, global_stores = 0, global_load_bytes = 0, global_store_bytes = 0;
  uint64_t shared_loads = 0, shared_stores = 0, shared_load_bytes = 0, shared_store_bytes = 0;
  uint64_t global_atomics = 0, shared_atomics = 0;
  uint64_t barriers = 0;          // of a block
  uint64_t warp_collectives = 0;  // of a warp, matrix products aside
  uint64_t matrix_products = 0;   // mma.sync, of a warp
  // Only while sectors are counted, which is slow.
  uint64_t load_sectors = 0, store_sectors = 0;
};

// Sectors that the warps of one block touch, instruction by instruction.
class SectorCounter {
 public:
  void add(int thread, const void* instruction, const void* address, size_t nbytes, bool write);
  // At the end of a block: adds them up.
  void finish_block(KernelCounts& counts);

 private:
  using Instruction = std::pair<const void*, bool>;  // and whether it writes
  struct Hash {
    size_t operator()(const std::pair<Instruction, unsigned>& key) const;
  };
  using Sectors = std::vector<uintptr_t>;
  // For each lane, how often it came to an instruction; for each warp, what was touched there.
  std::map<int, std::map<Instruction, unsigned>> visits_;
  std::map<int, std::unordered_map<std::pair<Instruction, unsigned>, Sectors, Hash>> touched_;
};

// By name of the kernel.
std::map<std::string, KernelCounts>& kernel_counts();
extern bool counting_sectors;

}  // namespace nd::cuda::emulator
