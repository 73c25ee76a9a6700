// Blocks are rounded up to size classes (byte_sizes.hpp), and freed blocks wait in one list per
// class.
#include "core/allocator.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <new>

#include "core/byte_sizes.hpp"
#include "core/error.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace nd::allocator {
namespace {

constexpr size_t alignment = size_class_step;  // a cache line, and the widest vector
constexpr size_t huge_page = size_t{2} << 20;

// Large blocks are mapped on their own, on a huge page's boundary; below that, malloc's pages do.
void* request(size_t nbytes) noexcept {
  if (nbytes < huge_page) return std::aligned_alloc(alignment, nbytes);
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t length = nbytes + huge_page - page;
  void* mapping = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  char* start = static_cast<char*>(mapping);
  char* block = start + (-reinterpret_cast<uintptr_t>(start) & (huge_page - 1));
  if (block != start) munmap(start, static_cast<size_t>(block - start));
  if (const size_t rest = static_cast<size_t>(start + length - (block + nbytes)); rest != 0) {
    munmap(block + nbytes, rest);
  }
#if defined(MADV_HUGEPAGE)
  madvise(block, nbytes, MADV_HUGEPAGE);  // a wish: a kernel without huge pages refuses it
#endif
  return block;
}

void give_back(void* block, size_t nbytes) noexcept {
  ASAN_UNPOISON_MEMORY_REGION(block, nbytes);
  if (nbytes < huge_page) {
    std::free(block);
  } else {
    munmap(block, nbytes);
  }
}

// What this process may use: the machine's memory, or less where its control group says so.
size_t available_memory() {
  size_t memory =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    size_t limit = 0;
    if (std::ifstream(path) >> limit && limit > 0) memory = std::min(memory, limit);
  }
  return memory;
}

class Cache {
 public:
  Cache() : memory_(available_memory()) {
    statistics_.cache_limit = memory_ / 2;
    statistics_.limit = no_limit;
  }

  void* allocate(size_t nbytes) {
    if (nbytes > largest_block) fail(nbytes);
    const SizeClass wanted = size_class(nbytes);
    size_t in_use, held, limit;
    {
      std::lock_guard lock(mutex);
      if (FreeBlock* block = free_[wanted.index]) {
        ASAN_UNPOISON_MEMORY_REGION(block, wanted.nbytes);
        free_[wanted.index] = block->next;
        statistics_.cached -= wanted.nbytes;
        count_allocation(wanted.nbytes);
        return block;
      }
      in_use = statistics_.in_use;
      held = in_use + statistics_.cached;
      limit = statistics_.limit;
    }
    if (in_use + wanted.nbytes > limit) fail(nbytes);
    // Linux grants memory that it does not have and kills the process later: do not let blocks that
    // nobody uses contribute to that.
    if (held + wanted.nbytes > std::min(memory_ / 4 * 3, limit)) empty();
    void* block = request(wanted.nbytes);
    if (block == nullptr) {
      empty();
      block = request(wanted.nbytes);
      if (block == nullptr) fail(nbytes);
    }
    std::lock_guard lock(mutex);
    ++statistics_.system_requests;
    count_allocation(wanted.nbytes);
    return block;
  }

  void deallocate(void* block, size_t nbytes) noexcept {
    if (block == nullptr) return;
    const SizeClass freed = size_class(nbytes);
    {
      std::lock_guard lock(mutex);
      statistics_.in_use -= freed.nbytes;
      if (statistics_.cached + freed.nbytes <= statistics_.cache_limit) {
        free_[freed.index] = new (block) FreeBlock{free_[freed.index]};
        statistics_.cached += freed.nbytes;
        ASAN_POISON_MEMORY_REGION(block, freed.nbytes);
        return;
      }
    }
    give_back(block, freed.nbytes);
  }

  void empty() noexcept { trim(0); }

  void set_cache_limit(size_t nbytes) {
    {
      std::lock_guard lock(mutex);
      statistics_.cache_limit = nbytes;
    }
    trim(nbytes);
  }

  void set_memory_limit(size_t nbytes) {
    size_t left;
    {
      std::lock_guard lock(mutex);
      statistics_.limit = nbytes;
      left = nbytes - std::min(nbytes, statistics_.in_use);
    }
    trim(left);
  }

  Statistics statistics() {
    std::lock_guard lock(mutex);
    return statistics_;
  }

  void reset_peak() {
    std::lock_guard lock(mutex);
    statistics_.peak_in_use = statistics_.in_use;
  }

  std::mutex mutex;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  void count_allocation(size_t nbytes) {
    ++statistics_.allocations;
    statistics_.in_use += nbytes;
    if (statistics_.in_use > statistics_.peak_in_use) statistics_.peak_in_use = statistics_.in_use;
  }

  // Gives blocks back, the largest first, until at most `target` bytes are kept.
  void trim(size_t target) noexcept {
    std::lock_guard lock(mutex);
    for (int index = size_classes - 1; index >= 0; --index) {
      const size_t nbytes = size_class_nbytes(index);
      while (free_[index] != nullptr && statistics_.cached > target) {
        FreeBlock* block = free_[index];
        ASAN_UNPOISON_MEMORY_REGION(block, sizeof(FreeBlock));
        free_[index] = block->next;
        statistics_.cached -= nbytes;
        give_back(block, nbytes);
      }
    }
  }

  [[noreturn]] void fail(size_t nbytes) {
    const Statistics now = statistics();
    const std::string allowed =
        now.limit == no_limit ? "" : message(" of at most ", readable_size(now.limit));
    throw OutOfMemory(message("cannot allocate ", readable_size(nbytes),
                              " on device cpu: ", readable_size(now.in_use), " are in use and ",
                              readable_size(now.cached), " cached", allowed,
                              "; delete arrays that are no longer needed, or "
                              "work on less data at a time"));
  }

  const size_t memory_;
  Statistics statistics_{};
  FreeBlock* free_[size_classes] = {};
};

// Never destroyed: arrays may outlive main().
Cache& cache() {
  static Cache* instance = [] {
    static Cache* created = new Cache;
    // A child of fork must not find the lock held by a thread that it does not have.
    pthread_atfork([] { created->mutex.lock(); }, [] { created->mutex.unlock(); },
                   [] { created->mutex.unlock(); });
    return created;
  }();
  return *instance;
}

}  // namespace

void* allocate(size_t nbytes) { return cache().allocate(nbytes); }
void deallocate(void* block, size_t nbytes) noexcept { cache().deallocate(block, nbytes); }
Statistics statistics() { return cache().statistics(); }
void reset_peak() { cache().reset_peak(); }
void empty_cache() { cache().empty(); }
void set_cache_limit(size_t nbytes) { cache().set_cache_limit(nbytes); }
void set_limit(size_t nbytes) { cache().set_memory_limit(nbytes); }

}  // namespace nd::allocator
