#include "cuda/emulator/arena.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace nd::cuda::emulator {
namespace {

constexpr size_t page_bytes = 4096;
// Easy to recognise in a debugger, and far from where the system puts anything.
constexpr uintptr_t preferred_start = 0x2000'0000'0000;

size_t round_up(size_t nbytes, size_t unit) { return (nbytes + unit - 1) / unit * unit; }

// Allocations end where a page ends, and one page that cannot be accessed follows.
size_t pages_of(size_t nbytes) { return round_up(nbytes, page_bytes) + page_bytes; }
char* first_page(const Allocation& a) {
  const size_t used = round_up(a.nbytes, allocation_alignment);
  return a.start + used - round_up(used, page_bytes);
}

}  // namespace

Arena& Arena::instance() {
  static Arena* arena = new Arena;
  return *arena;
}

Arena::Arena() {
  void* range = mmap(reinterpret_cast<void*>(preferred_start), arena_bytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) throw std::bad_alloc();
  start_ = static_cast<char*>(range);
  if (mprotect(start_, shared_memory_bytes, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  next_ = start_ + shared_memory_bytes + page_bytes;
}

char* Arena::find_gap(size_t nbytes) {
  const char* end = start_ + arena_bytes;
  char* candidate = next_;
  for (int round = 0; round < 2; ++round) {
    auto following = allocations_.lower_bound(candidate);
    if (following != allocations_.begin()) {
      const Allocation& before = std::prev(following)->second;
      char* free_from = first_page(before) + pages_of(before.nbytes);
      if (candidate < free_from) candidate = free_from;
    }
    for (;; ++following) {
      const char* limit = following == allocations_.end() ? end : first_page(following->second);
      if (candidate <= limit && static_cast<size_t>(limit - candidate) >= nbytes) return candidate;
      if (following == allocations_.end()) break;
      candidate = first_page(following->second) + pages_of(following->second.nbytes);
    }
    candidate = start_ + shared_memory_bytes + page_bytes;  // once more, from the front
  }
  return nullptr;
}

char* Arena::allocate(size_t nbytes, int device) {
  if (nbytes > arena_bytes) return nullptr;
  const size_t pages = pages_of(nbytes);
  char* page = find_gap(pages);
  if (!page) return nullptr;
  if (mprotect(page, pages - page_bytes, PROT_READ | PROT_WRITE) != 0) return nullptr;
  const size_t used = round_up(nbytes, allocation_alignment);
  const Allocation allocation{page + (pages - page_bytes) - used, nbytes, device};
  std::memset(allocation.start, 0xFF, nbytes);
  allocations_.emplace(allocation.start, allocation);
  next_ = page + pages;
  return allocation.start;
}

bool Arena::release(const void* start) {
  const auto found = allocations_.find(static_cast<const char*>(start));
  if (found == allocations_.end()) return false;
  const Allocation& allocation = found->second;
  char* page = first_page(allocation);
  const size_t nbytes = pages_of(allocation.nbytes) - page_bytes;
  madvise(page, nbytes, MADV_DONTNEED);  // the memory goes back to the system
  mprotect(page, nbytes, PROT_NONE);
  allocations_.erase(found);
  return true;
}

const Allocation* Arena::nearest_before(const void* address) const {
  auto after = allocations_.upper_bound(static_cast<const char*>(address));
  return after == allocations_.begin() ? nullptr : &std::prev(after)->second;
}

const Allocation* Arena::find(const void* address, size_t nbytes) const {
  const Allocation* allocation = nearest_before(address);
  if (!allocation) return nullptr;
  const size_t offset = static_cast<size_t>(static_cast<const char*>(address) - allocation->start);
  const bool inside = offset <= allocation->nbytes && nbytes <= allocation->nbytes - offset;
  return inside ? allocation : nullptr;
}

}  // namespace nd::cuda::emulator
