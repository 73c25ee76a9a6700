#include "cuda/allocator.hpp"

#include <algorithm>

#include "core/byte_sizes.hpp"
#include "core/error.hpp"
#include "cuda/runtime.hpp"
#if defined(ND_CUDA_EMULATED)
#include "cuda/emulator/marks.hpp"
#endif

namespace nd::cuda {
namespace {

#if defined(ND_CUDA_EMULATED)
using emulator::mark_in_use;
using emulator::mark_unused;
#else
// Tools that watch memory see whole blocks: they are used without this allocator.
void mark_in_use(void*, size_t, cudaStream_t) {}
void mark_unused(void*, cudaStream_t) {}
#endif

// cudaMalloc gives no smaller piece, and vector loads want the alignment.
constexpr size_t smallest_block = 512;

}  // namespace

void* Allocator::allocate(size_t nbytes, cudaStream_t stream) {
  std::lock_guard lock(mutex_);
  if (nbytes > largest_block) fail(nbytes);
  const size_t rounded = size_class(std::max(nbytes, smallest_block)).nbytes;
  collect();
  void* data = nullptr;
  if (const auto found = cached_.find({stream, rounded});
      found != cached_.end() && !found->second.empty()) {
    data = found->second.back();
    found->second.pop_back();
    statistics_.cached -= rounded;
  } else {
    data = request(rounded);
    if (!data) {
      release_cached();
      data = request(rounded);
      if (!data) fail(nbytes);
      ++statistics_.retries;
    }
    ++statistics_.system_requests;
  }
  mark_in_use(data, nbytes, stream);
  handed_out_.emplace(data, Block{data, rounded, stream, {}});
  ++statistics_.allocations;
  statistics_.in_use += rounded;
  statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.in_use);
  return data;
}

void Allocator::deallocate(void* data) noexcept {
  std::lock_guard lock(mutex_);
  const auto found = handed_out_.find(data);
  Block block = std::move(found->second);
  handed_out_.erase(found);
  statistics_.in_use -= block.nbytes;
  statistics_.cached += block.nbytes;
  if (block.others.empty()) return keep(block);
  Waiting waiting{std::move(block), {}};
  try {
    for (cudaStream_t stream : waiting.block.others) {
      waiting.events.push_back(std::make_unique<Event>(device_, /*timing=*/false));
      waiting.events.back()->record(stream);
    }
  } catch (const Error&) {  // a device that is broken: what was computed there is lost anyway
    waiting.events.clear();
  }
  waiting_.push_back(std::move(waiting));
}

void Allocator::use(void* data, cudaStream_t stream) {
  std::lock_guard lock(mutex_);
  const auto found = handed_out_.find(data);
  if (found == handed_out_.end()) return;  // foreign memory
  Block& block = found->second;
  if (block.stream == stream) return;
  if (std::find(block.others.begin(), block.others.end(), stream) == block.others.end()) {
    block.others.push_back(stream);
  }
}

Allocator::Statistics Allocator::statistics() {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void Allocator::reset_peak() {
  std::lock_guard lock(mutex_);
  statistics_.peak_in_use = statistics_.in_use;
}

void Allocator::set_limit(size_t nbytes) {
  std::lock_guard lock(mutex_);
  statistics_.limit = nbytes;
  if (statistics_.in_use + statistics_.cached > nbytes) release_cached();
}

void Allocator::empty_cache() {
  std::lock_guard lock(mutex_);
  release_cached();
}

void Allocator::forget(cudaStream_t stream) {
  std::lock_guard lock(mutex_);
  // Its blocks belong to no stream from now on: cudaFree may take them at any time.
  for (auto& [key, blocks] : cached_) {
    if (key.first != stream) continue;
    for (void* data : blocks) {
      statistics_.cached -= key.second;
      cudaFree(data);
    }
    blocks.clear();
  }
  for (auto& [data, block] : handed_out_) {
    std::erase(block.others, stream);
    if (block.stream == stream) block.stream = nullptr;
  }
  for (Waiting& waiting : waiting_) {
    if (waiting.block.stream == stream) waiting.block.stream = nullptr;
  }
}

void* Allocator::request(size_t nbytes) {
  if (statistics_.in_use + statistics_.cached + nbytes > statistics_.limit) return nullptr;
  select_device(device_);
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, nbytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(status, "allocating memory");
  return data;
}

void Allocator::keep(const Block& block) {
  if (block.stream) {
    mark_unused(block.data, block.stream);
    cached_[{block.stream, block.nbytes}].push_back(block.data);
  } else {  // its stream is gone
    statistics_.cached -= block.nbytes;
    cudaFree(block.data);
  }
}

void Allocator::collect() {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const bool done = std::all_of(waiting.events.begin(), waiting.events.end(),
                                  [](const auto& event) { return event->query(); });
    if (done) keep(waiting.block);
    return done;
  });
}

void Allocator::release_cached() {
  for (const Waiting& waiting : waiting_) {
    for (const auto& event : waiting.events) event->synchronize();
  }
  collect();
  for (auto& [key, blocks] : cached_) {
    for (void* data : blocks) {
      statistics_.cached -= key.second;
      check(cudaFree(data), "giving memory back");  // waits for the device
    }
  }
  cached_.clear();
}

void Allocator::fail(size_t nbytes) {
  size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  const bool limited = statistics_.limit != no_limit;
  throw OutOfMemory(
      message("cannot allocate ", readable_size(nbytes), " on device cuda:", device_, ": ",
              readable_size(statistics_.in_use), " are in use here, ", readable_size(free), " of ",
              readable_size(total), " are free",
              limited ? ", the limit is " + readable_size(statistics_.limit) : std::string(),
              "; delete arrays that are no longer needed, or work on less data at a time"));
}

Allocator& allocator(int device) {
  static std::mutex mutex;
  static auto* allocators = new std::map<int, std::unique_ptr<Allocator>>;
  std::lock_guard lock(mutex);
  auto& found = (*allocators)[device];
  if (!found) found = std::make_unique<Allocator>(device);
  return *found;
}

}  // namespace nd::cuda
