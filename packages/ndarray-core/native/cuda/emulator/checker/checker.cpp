#include "cuda/emulator/checker/checker.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cuda/emulator/checker/module_image.hpp"

namespace nd::cuda::emulator {
namespace {

const char* verb(AccessKind kind) {
  switch (kind) {
    case AccessKind::load:
      return "reads";
    case AccessKind::store:
      return "writes";
    case AccessKind::atomic:
      return "changes atomically";
  }
  __builtin_unreachable();
}

uint3 thread_index(unsigned number) {
  return {number % blockDim.x, number / blockDim.x % blockDim.y, number / blockDim.x / blockDim.y};
}

uint3 block_index(unsigned number) {
  return {number % gridDim.x, number / gridDim.x % gridDim.y, number / gridDim.x / gridDim.y};
}

[[maybe_unused]] const bool installed = (observer = &Checker::instance(), true);

}  // namespace

Checker& Checker::instance() {
  static auto* checker = new Checker;
  return *checker;
}

void Checker::allocated(const char* start, size_t nbytes, int device) {
  // Of what lay here before, nothing is left to say.
  auto next = pieces_.lower_bound(start);
  if (next != pieces_.begin()) {
    const auto before = std::prev(next);
    if (before->second.start + before->second.nbytes > start) next = before;
  }
  while (next != pieces_.end() && next->first < start + nbytes) {
    shadow_.set_state(next->second.start, next->second.nbytes, ByteState::unallocated);
    next = pieces_.erase(next);
  }
  pieces_[start] = {start, nbytes, device, false};
  shadow_.set_state(start, nbytes, ByteState::uninitialised);
  shadow_.forget_accesses(start, nbytes);
}

void Checker::released(const char* start) {
  const auto found = pieces_.find(start);
  if (found == pieces_.end()) return;
  found->second.released = true;
  shadow_.set_state(start, found->second.nbytes, ByteState::released);
}

void Checker::written(const char* start, size_t nbytes) {
  shadow_.set_state(start, nbytes, ByteState::initialised);
}

void Checker::copied(const char* to, const char* from, size_t nbytes) {
  std::memmove(shadow_.state + shadow_.index(to), shadow_.state + shadow_.index(from), nbytes);
}

void Checker::grid_begins(const LaunchShape& shape, const Call& call) {
  call_ = &call;
  if (++grid_ == Access::grids) {
    grid_ = 1;
    shadow_.forget_all_accesses();
  }
  counts_ = &kernel_counts()[kernel_name(shape.kernel)];
  ++counts_->launches;
  block_ = Access::blocks - 1;
}

void Checker::block_begins() {
  block_ = (block_ + 1) % Access::blocks;
  epoch_ = 0;
  epochs_exhausted_ = false;
  for (WarpOrder& warp : warps_) {
    warp.clock.fill(1);
    for (auto& row : warp.known) row.fill(0);
  }
  for (const Piece& piece : shared_pieces_) {
    shadow_.set_state(piece.start, piece.nbytes, ByteState::unallocated);
    shadow_.forget_accesses(piece.start, piece.nbytes);
  }
  shared_pieces_.clear();
  ++counts_->blocks;
  counts_->threads += blockDim.x * blockDim.y * blockDim.z;
}

void Checker::block_ends() {
  if (counting_sectors) sectors_.finish_block(*counts_);
}

void Checker::shared_piece_added(const char* start, size_t nbytes) {
  shared_pieces_.push_back({start, nbytes, 0, false});
  shadow_.set_state(start, nbytes, ByteState::uninitialised);
}

void Checker::barrier_passed(int ended) {
  if (ended != 0) {
    fail_with_finding(cudaErrorLaunchFailure,
                      "divergent barrier: __syncthreads in block " + describe(blockIdx) +
                          " while " + std::to_string(ended) +
                          " of the block's threads have ended without coming to it");
  }
  ++counts_->barriers;
  if (epoch_ == Access::last_epoch) {
    epochs_exhausted_ = true;
  } else {
    ++epoch_;
  }
}

void Checker::warp_met(int warp, uint32_t lanes, Together together, const char* name) {
  ++(std::strcmp(name, "mma.sync") == 0 ? counts_->matrix_products : counts_->warp_collectives);
  if (together != meet) return;
  WarpOrder& order = warps_[warp];
  std::array<uint16_t, warp_size> joined{};
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    order.known[lane][lane] = order.clock[lane];
    for (int i = 0; i < warp_size; ++i) joined[i] = std::max(joined[i], order.known[lane][i]);
  }
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    order.known[lane] = joined;
    if (order.clock[lane] < Access::last_clock) ++order.clock[lane];
  }
}

void Checker::missing_lane(const Thread& reader, const char* name, int source) {
  fail_with_finding(cudaErrorLaunchFailure, std::string("shuffle of a missing lane: ") + name +
                                                " of thread " + describe(reader.index) +
                                                " in block " + describe(blockIdx) + " reads lane " +
                                                std::to_string(source) +
                                                ", which has ended or is not in the mask");
}

void Checker::check_outside(const char* address, size_t nbytes, AccessKind kind) const {
  const auto* parameters = static_cast<const char*>(call_->parameters());
  const bool is_parameter =
      address >= parameters && address + nbytes <= parameters + call_->parameter_bytes();
  if (kind == AccessKind::load && (is_parameter || in_module_image(address))) return;
  fail(cudaErrorIllegalAddress, "host memory", address, nbytes, kind,
       "the address is not the device's");
}

void Checker::check_state(size_t index, const char* address, size_t nbytes, AccessKind kind) const {
  for (size_t i = 0; i < nbytes; ++i) {
    switch (shadow_.state[index + i]) {
      case ByteState::initialised:
        continue;
      case ByteState::uninitialised:
        if (kind == AccessKind::store) continue;
        fail(cudaErrorLaunchFailure, "uninitialised read", address + i, nbytes, kind,
             "nothing has been written there");
      case ByteState::released:
        fail(cudaErrorIllegalAddress, "use after free", address + i, nbytes, kind, "");
      case ByteState::unallocated:
        fail(cudaErrorIllegalAddress, "out of bounds", address + i, nbytes, kind, "");
    }
  }
  if (nbytes <= 16 && (nbytes & (nbytes - 1)) == 0 &&
      reinterpret_cast<uintptr_t>(address) % nbytes != 0) {
    fail(cudaErrorMisalignedAddress, "misaligned access", address, nbytes, kind,
         "the address has to be a multiple of the size");
  }
}

// Nearly always the answer is found in the first line.
inline bool Checker::in_order(Access before, Access now) const {
  if (!before.exists() || !before.same_grid(now) || before.same_thread(now)) return true;
  if (before.atomic() && now.atomic()) return true;
  if (before.block() != now.block()) return false;
  if (before.epoch() != now.epoch() || epochs_exhausted_) return true;
  const unsigned warp = now.thread() / warp_size;
  if (before.thread() / warp_size != warp) return false;
  const unsigned known = warps_[warp].known[now.thread() % warp_size][before.thread() % warp_size];
  return before.clock() <= known || before.clock() == Access::last_clock;
}

void Checker::report_race(Access before, Access now, const char* address, bool before_wrote,
                          AccessKind kind) const {
  const char* what = "race between blocks";
  if (before.block() == now.block()) {
    what = before.thread() / warp_size == now.thread() / warp_size
               ? "race within a warp (a missing __syncwarp?)"
               : "race within a block (a missing __syncthreads?)";
  }
  const char* did = before.atomic() ? "changed atomically" : before_wrote ? "written" : "read";
  fail(cudaErrorLaunchFailure, what, address, 1, kind,
       std::string(did) + " by " + describe_access(before) + ", and nothing orders the two");
}

void Checker::access(const char* address, size_t nbytes, AccessKind kind, const void* instruction) {
  if (running_thread->fiber.on_stack(address)) return;
  if (!Arena::instance().contains(address)) return check_outside(address, nbytes, kind);
  const size_t index = shadow_.index(address);
  check_state(index, address, nbytes, kind);
  count(address, nbytes, kind, instruction);

  const int thread = running_thread->number, lane = running_thread->lane();
  const unsigned clock = warps_[running_thread->warp()].clock[lane];
  const Access now(grid_, block_, static_cast<unsigned>(thread), epoch_, clock,
                   kind == AccessKind::atomic);
  for (size_t i = index; i < index + nbytes; ++i) {
    const char* byte = address + (i - index);
    Access& writer = shadow_.writer[i];
    Access& reader = shadow_.reader[i];
    if (!in_order(writer, now)) report_race(writer, now, byte, true, kind);
    if (kind == AccessKind::load) {
      if (reader == now) continue;
      if (!reader.same_thread(now)) shadow_.other_reader[i] = reader;
      reader = now;
    } else {
      Access& other = shadow_.other_reader[i];
      if (!in_order(reader, now)) report_race(reader, now, byte, false, kind);
      if (!in_order(other, now)) report_race(other, now, byte, false, kind);
      writer = now;
      reader = other = Access();
      shadow_.state[i] = ByteState::initialised;
    }
  }
}

std::string Checker::describe_access(Access access) const {
  return "thread " + describe(thread_index(access.thread())) + " of block " +
         describe(block_index(access.block()));
}

void Checker::count(const char* address, size_t nbytes, AccessKind kind, const void* instruction) {
  KernelCounts& counts = *counts_;
  const bool shared = is_shared(address);
  switch (kind) {
    case AccessKind::atomic:
      ++(shared ? counts.shared_atomics : counts.global_atomics);
      return;
    case AccessKind::load:
      ++(shared ? counts.shared_loads : counts.global_loads);
      (shared ? counts.shared_load_bytes : counts.global_load_bytes) += nbytes;
      break;
    case AccessKind::store:
      ++(shared ? counts.shared_stores : counts.global_stores);
      (shared ? counts.shared_store_bytes : counts.global_store_bytes) += nbytes;
      break;
  }
  if (counting_sectors && !shared) {
    sectors_.add(running_thread->number, instruction, address, nbytes, kind == AccessKind::store);
  }
}

// "byte 12 of the 400 bytes at 0x2000..." or how far from the nearest piece it is.
std::string Checker::place(const char* address) const {
  const Piece* piece = nullptr;
  const bool shared = Arena::instance().contains(address) && is_shared(address);
  if (shared) {
    for (const Piece& candidate : shared_pieces_) {
      if (candidate.start <= address) piece = &candidate;
    }
  } else if (Arena::instance().contains(address)) {
    const auto after = pieces_.upper_bound(address);
    if (after != pieces_.begin()) piece = &std::prev(after)->second;
    const auto distance = [&](const Piece& candidate) {
      return std::abs(address - candidate.start);
    };
    if (after != pieces_.end() && (!piece || (address >= piece->start + piece->nbytes &&
                                              distance(after->second) < distance(*piece)))) {
      piece = &after->second;
    }
  }
  std::ostringstream out;
  if (!piece) {
    out << "address " << static_cast<const void*>(address);
    return out.str();
  }
  const std::ptrdiff_t offset = address - piece->start;
  const auto nbytes = static_cast<std::ptrdiff_t>(piece->nbytes);
  if (offset < 0) {
    out << -offset << " bytes before ";
  } else if (offset < nbytes) {
    out << "byte " << offset << " of ";
  } else {
    out << offset - nbytes << " bytes past the end of ";
  }
  out << (piece->released ? "what were " : "") << piece->nbytes << " bytes of "
      << (shared ? "shared" : "device") << " memory at " << static_cast<const void*>(piece->start);
  return out.str();
}

void Checker::fail(cudaError_t error, const std::string& what, const char* address, size_t nbytes,
                   AccessKind kind, const std::string& more) const {
  std::ostringstream out;
  out << what << ": thread " << describe(running_thread->index) << " of block "
      << describe(blockIdx) << ' ' << verb(kind) << ' ' << place(address);
  if (nbytes > 1) out << ", in an access of " << nbytes << " bytes";
  if (!more.empty()) out << "; " << more;
  fail_with_finding(error, out.str());
}

}  // namespace nd::cuda::emulator
