// What the checker remembers about each byte of the arena: whether it may be read, who wrote it
// last, and who read it since. The tables are as long as the arena has addresses, but the system
// gives memory only to the parts that are touched.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/emulator/arena.hpp"

namespace nd::cuda::emulator {

enum class ByteState : uint8_t { unallocated, uninitialised, initialised, released };

// An access by a thread of a kernel, in 64 bits; 0 is none. Two numbers say when it was: how many
// barriers its block had passed, and how often its lane had met others at __syncwarp.
class Access {
 public:
  static constexpr unsigned grids = 1 << 10, blocks = 1 << 16, last_epoch = (1 << 13) - 1,
                            last_clock = (1 << 14) - 1;

  Access() = default;
  Access(unsigned grid, unsigned block, unsigned thread, unsigned epoch, unsigned clock,
         bool atomic)
      : bits_(uint64_t{grid} << 54 | uint64_t{block} << 38 | uint64_t{thread} << 28 |
              uint64_t{epoch} << 15 | uint64_t{clock} << 1 | (atomic ? 1 : 0)) {}

  bool exists() const { return bits_ != 0; }
  unsigned grid() const { return static_cast<unsigned>(bits_ >> 54); }
  unsigned block() const { return static_cast<unsigned>(bits_ >> 38) % blocks; }
  unsigned thread() const { return static_cast<unsigned>(bits_ >> 28) % (1 << 10); }
  unsigned epoch() const { return static_cast<unsigned>(bits_ >> 15) % (1 << 13); }
  unsigned clock() const { return static_cast<unsigned>(bits_ >> 1) % (1 << 14); }
  bool atomic() const { return (bits_ & 1) != 0; }

  bool operator==(const Access&) const = default;
  bool same_grid(Access other) const { return grid() == other.grid(); }
  // Of one thread, whenever.
  bool same_thread(Access other) const { return (bits_ ^ other.bits_) >> 28 == 0; }

 private:
  uint64_t bits_ = 0;
};

class Shadow {
 public:
  Shadow();

  size_t index(const void* address) const {
    return static_cast<size_t>(static_cast<const char*>(address) - Arena::instance().start());
  }
  void set_state(const char* start, size_t nbytes, ByteState state);
  void forget_accesses(const char* start, size_t nbytes);
  void forget_all_accesses();

  // By index. Two readers are enough: if any two different threads have read a byte, one of the two
  // is not the one that writes it next.
  ByteState* state;
  Access *writer, *reader, *other_reader;
};

}  // namespace nd::cuda::emulator
