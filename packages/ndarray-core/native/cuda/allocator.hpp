// Device memory. Asking the driver for memory makes the whole device wait, so freed blocks are kept
// and handed out again, in the order of the stream that they belong to: work that is put into a
// stream later runs later, and may use the memory of what was freed when it was put there.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cuda/streams.hpp"

namespace nd::cuda {

class Allocator {
 public:
  explicit Allocator(int device) : device_(device) {}

  // For work on `stream`. Where the device has no memory left, all blocks that nobody uses are
  // given back and it is asked once more; then OutOfMemory.
  void* allocate(size_t nbytes, cudaStream_t stream);
  void deallocate(void* block) noexcept;
  // Work on `stream`, which need not be the one that the block belongs to, touches it: when it is
  // freed, it is handed out again only after that work is done.
  void use(void* block, cudaStream_t stream);

  static constexpr size_t no_limit = static_cast<size_t>(-1);
  struct Statistics {
    size_t in_use = 0;           // bytes handed out now
    size_t peak_in_use = 0;      // largest in_use since the start or reset_peak()
    size_t cached = 0;           // bytes kept for later
    size_t limit = no_limit;     // of in_use and cached together
    size_t allocations = 0;      // calls of allocate
    size_t system_requests = 0;  // of them, those that had to ask the driver
    size_t retries = 0;          // of them, those that got memory only after the cache was emptied
  };
  Statistics statistics();
  void reset_peak();
  void set_limit(size_t nbytes);
  void empty_cache();
  void forget(cudaStream_t stream);  // which is about to go, with all its work done

 private:
  struct Block {
    void* data;
    size_t nbytes;
    cudaStream_t stream;
    std::vector<cudaStream_t> others;  // that have used it, too
  };
  // A freed block and what must happen before it is free for its stream.
  struct Waiting {
    Block block;
    std::vector<std::unique_ptr<Event>> events;
  };

  void* request(size_t nbytes);  // null if there is no memory
  void keep(const Block& block);
  void collect();  // keeps the waiting blocks whose events have happened
  void release_cached();
  [[noreturn]] void fail(size_t nbytes);

  const int device_;
  std::mutex mutex_;
  std::unordered_map<void*, Block> handed_out_;
  std::map<std::pair<cudaStream_t, size_t>, std::vector<void*>> cached_;
  std::deque<Waiting> waiting_;
  Statistics statistics_;
};

// The device's; it lives as long as the process.
Allocator& allocator(int device);

}  // namespace nd::cuda
