// The checker: looks at every access to memory that a kernel makes, and ends the kernel at the
// first mistake, with a report.
//
// Two accesses to a byte, at least one of them a write, are in order if one thread made them, if
// they belong to different launches, if a barrier of their block lies between them, or, within a
// warp, a __syncwarp of both lanes. Otherwise they are a race, whatever the order was this time,
// unless both are atomic. Threads of different blocks are never in order.
#pragma once

#include <array>
#include <map>

#include "cuda/emulator/checker/counts.hpp"
#include "cuda/emulator/checker/shadow.hpp"
#include "cuda/emulator/observer.hpp"

namespace nd::cuda::emulator {

enum class AccessKind { load, store, atomic };

class Checker final : public Observer {
 public:
  static Checker& instance();

  // An access of the running thread; `instruction` is where in the code.
  void access(const char* address, size_t nbytes, AccessKind kind, const void* instruction);

  void allocated(const char* start, size_t nbytes, int device) override;
  void released(const char* start) override;
  void written(const char* start, size_t nbytes) override;
  void copied(const char* to, const char* from, size_t nbytes) override;
  void grid_begins(const LaunchShape& shape, const Call& call) override;
  void block_begins() override;
  void block_ends() override;
  void shared_piece_added(const char* start, size_t nbytes) override;
  void barrier_passed(int ended) override;
  void warp_met(int warp, uint32_t lanes, Together together, const char* name) override;
  void missing_lane(const Thread& reader, const char* name, int source) override;

 private:
  // A piece of the arena that may be used, or was until it was released.
  struct Piece {
    const char* start;
    size_t nbytes;
    int device;
    bool released;
  };
  // The lanes' knowledge of each other: known[a][b] is the last clock of lane b that comes before
  // what lane a does now.
  struct WarpOrder {
    std::array<uint16_t, warp_size> clock;
    std::array<std::array<uint16_t, warp_size>, warp_size> known;
  };

  void check_outside(const char* address, size_t nbytes, AccessKind kind) const;
  void check_state(size_t index, const char* address, size_t nbytes, AccessKind kind) const;
  bool in_order(Access before, Access now) const;
  [[noreturn]] void report_race(Access before, Access now, const char* address, bool before_wrote,
                                AccessKind kind) const;
  void count(const char* address, size_t nbytes, AccessKind kind, const void* instruction);
  [[noreturn]] void fail(cudaError_t error, const std::string& what, const char* address,
                         size_t nbytes, AccessKind kind, const std::string& more) const;
  std::string place(const char* address) const;
  std::string describe_access(Access access) const;
  bool is_shared(const char* address) const { return address < shared_end_; }

  Shadow shadow_;
  std::map<const char*, Piece> pieces_;  // by start
  std::vector<Piece> shared_pieces_;
  const char* shared_end_ = Arena::instance().start() + shared_memory_bytes;

  const Call* call_ = nullptr;
  KernelCounts* counts_ = nullptr;
  SectorCounter sectors_;
  unsigned grid_ = 0, block_ = 0, epoch_ = 0;
  bool epochs_exhausted_ = false;  // within this block; nothing more is said of its races
  std::array<WarpOrder, max_threads / warp_size> warps_;
};

}  // namespace nd::cuda::emulator
