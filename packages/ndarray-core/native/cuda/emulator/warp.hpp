// What the 32 lanes of a warp do together: shuffles, votes, and the matrix products of
// cuda/mma.hpp.
//
// Each lane hands its operands in and waits; the last one to come computes for all of them, on
// the operands where they lie: on the stacks of the lanes, which stand still meanwhile.
#pragma once

#include <bit>

#include "cuda/emulator/thread.hpp"

namespace nd::cuda::emulator {

// operands[lane] for each lane in `lanes`, which are those of the mask that have not ended.
using Together = void (*)(void* const* operands, uint32_t lanes);
// Waits until all lanes of `mask` have called it with the same `together`. `name` is for messages.
void warp_collective(uint32_t mask, const char* name, Together together, void* operands);
int lane_of_thread();

struct Shuffle {
  uint64_t value;
  int source;  // a lane of the warp
};
void shuffle(void* const* operands, uint32_t lanes);

struct Vote {
  bool predicate;
  uint32_t ballot;
};
void vote(void* const* operands, uint32_t lanes);

template <typename T>
inline T exchange(uint32_t mask, const char* name, T value, int source) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "CUDA shuffles 4 or 8 bytes");
  Shuffle mine{0, source};
  std::memcpy(&mine.value, &value, sizeof(T));
  warp_collective(mask, name, shuffle, &mine);
  std::memcpy(&value, &mine.value, sizeof(T));
  return value;
}

inline uint32_t ballot(uint32_t mask, const char* name, bool predicate) {
  Vote mine{predicate, 0};
  warp_collective(mask, name, vote, &mine);
  return mine.ballot;
}

inline void meet(void* const*, uint32_t) {}

}  // namespace nd::cuda::emulator

// `width` cuts the warp into parts that shuffle among themselves; a lane whose source would be
// outside of its part gets its own value (PTX ISA, shfl.sync).
template <typename T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = warpSize) {
  const int lane = nd::cuda::emulator::lane_of_thread();
  return nd::cuda::emulator::exchange(mask, "__shfl_sync", value,
                                      (lane & ~(width - 1)) | (source & (width - 1)));
}
template <typename T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize) {
  const int lane = nd::cuda::emulator::lane_of_thread();
  const int source = lane - static_cast<int>(delta);
  return nd::cuda::emulator::exchange(mask, "__shfl_up_sync", value,
                                      source < (lane & ~(width - 1)) ? lane : source);
}
template <typename T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize) {
  const int lane = nd::cuda::emulator::lane_of_thread();
  const int source = lane + static_cast<int>(delta);
  return nd::cuda::emulator::exchange(mask, "__shfl_down_sync", value,
                                      source > (lane | (width - 1)) ? lane : source);
}
template <typename T>
inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize) {
  const int lane = nd::cuda::emulator::lane_of_thread();
  const int source = lane ^ lane_mask;
  return nd::cuda::emulator::exchange(mask, "__shfl_xor_sync", value,
                                      source > (lane | (width - 1)) ? lane : source);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return nd::cuda::emulator::ballot(mask, "__ballot_sync", predicate != 0);
}
inline int __any_sync(unsigned mask, int predicate) {
  return nd::cuda::emulator::ballot(mask, "__any_sync", predicate != 0) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
  return nd::cuda::emulator::ballot(mask, "__all_sync", predicate == 0) == 0;
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFFu) {
  nd::cuda::emulator::warp_collective(mask, "__syncwarp", nd::cuda::emulator::meet, nullptr);
}
// Which lanes run in step is not defined; a kernel may rely on its own only.
inline unsigned __activemask() { return 1u << nd::cuda::emulator::lane_of_thread(); }
