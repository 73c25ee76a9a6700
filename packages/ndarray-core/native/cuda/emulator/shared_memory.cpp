#include "cuda/emulator/shared_memory.hpp"

#include <vector>

#include "cuda/emulator/arena.hpp"
#include "cuda/emulator/observer.hpp"
#include "cuda/emulator/state.hpp"
#include "cuda/emulator/thread.hpp"

namespace nd::cuda::emulator {
namespace {

constexpr size_t alignment = 16, gap = 64;

struct SharedPiece {
  char* start;
  size_t nbytes;
};
std::vector<SharedPiece> pieces;  // the dynamic one first
size_t dynamic_bytes = 0;
size_t used = 0;  // without the gaps: what a device would need

void add_piece(size_t nbytes) {
  char* start = Arena::instance().start();
  if (!pieces.empty()) {
    const size_t end = static_cast<size_t>(pieces.back().start - start) + pieces.back().nbytes;
    start += (end + gap + alignment - 1) / alignment * alignment;
  }
  pieces.push_back({start, nbytes});
  if (observer) observer->shared_piece_added(start, nbytes);
  used += (nbytes + alignment - 1) / alignment * alignment;
}

}  // namespace

void set_dynamic_shared_memory(size_t nbytes) { dynamic_bytes = nbytes; }

void clear_shared_memory() {
  pieces.clear();
  used = 0;
  add_piece(dynamic_bytes);
}

void* dynamic_shared_memory() { return pieces[0].start; }

void* make_shared_variable(size_t nbytes) {
  const OutsideKernel outside;
  // Variables of the kernel's own may take 48 KB; a launch may ask for more.
  if (used - dynamic_bytes + nbytes > default_shared_memory || used + nbytes > max_shared_memory) {
    fail_kernel(cudaErrorLaunchOutOfResources, "more shared memory than a block may use");
  }
  add_piece(nbytes);
  return pieces.back().start;
}

}  // namespace nd::cuda::emulator
