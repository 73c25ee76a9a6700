#include "cuda/emulator/block.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "cuda/emulator/observer.hpp"
#include "cuda/emulator/shared_memory.hpp"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace nd::cuda::emulator {

Thread* running_thread = nullptr;
uint64_t running_block = 0;
Observer* observer = nullptr;
bool in_kernel_code = false;

namespace {

constexpr size_t stack_bytes = 128 << 10;  // far more than kernels use; only what is used is there
constexpr size_t page_bytes = 4096;

// The block that is running. There is one: whoever runs kernels holds the emulator's lock.
struct Block {
  const Call* call;
  int size, started, alive;
  uint3 next_index;  // of the thread to start next

  std::array<Thread, max_threads> threads;
  std::array<Thread*, max_threads> idle;  // fibers without a thread, the one used last on top
  int idle_count = 0;

  // A ring: each thread is in it at most once.
  std::array<Thread*, max_threads> ready;
  unsigned ready_first = 0, ready_end = 0;

  std::array<Thread*, max_threads> at_barrier;
  int barrier_count = 0;
  Count barrier_kind = Count::none;
  int barrier_sum = 0, barrier_size = 0, barrier_result = 0;

  std::array<Warp, max_threads / warp_size> warps;

  Fiber host;
  KernelFailure failure;
  char* stacks = nullptr;

  bool has_ready() const { return ready_first != ready_end; }
  void make_ready(Thread* thread) { ready[ready_end++ % max_threads] = thread; }
  Thread* take_ready() { return ready[ready_first++ % max_threads]; }
};

Block& block() {
  static Block instance;
  return instance;
}

void run_threads();

void prepare_fibers(Block& b) {
  if (!b.stacks) {
    void* memory = mmap(nullptr, max_threads * stack_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    b.stacks = static_cast<char*>(memory);
    for (int i = 0; i < max_threads; ++i) {  // a stack that grows too far fails at once
      mprotect(b.stacks + i * stack_bytes, page_bytes, PROT_NONE);
    }
  }
  b.idle_count = 0;
  for (int i = max_threads - 1; i >= 0; --i) {
    // Tops of stacks at different places of a page, for else they would share few lines of cache.
    const size_t shift = static_cast<size_t>(i) * 192 % page_bytes;
    b.threads[i].fiber.prepare(b.stacks + i * stack_bytes + page_bytes,
                               stack_bytes - page_bytes - shift, run_threads);
    b.idle[b.idle_count++] = &b.threads[i];
  }
}

// From the running thread's fiber to another one that has something to do; to the host if none has.
void go_on(Block& b, Fiber& from) {
  Thread* next = nullptr;
  if (b.has_ready()) {
    next = b.take_ready();
  } else if (b.started < b.size) {
    next = b.idle[--b.idle_count];
  }
  running_thread = next;
  from.switch_to(next ? next->fiber : b.host);
}

// The running thread waits until something makes it ready.
void suspend(Block& b) {
  Thread* self = running_thread;
  go_on(b, self->fiber);
  in_kernel_code = false;  // others have been at work
  threadIdx = self->index;
}

void release_barrier(Block& b) {
  if (observer) observer->barrier_passed(b.size - b.alive);
  switch (b.barrier_kind) {
    case Count::none:
    case Count::sum:
      b.barrier_result = b.barrier_sum;
      break;
    case Count::all:
      b.barrier_result = b.barrier_sum == b.barrier_size;
      break;
    case Count::any:
      b.barrier_result = b.barrier_sum != 0;
      break;
  }
  b.barrier_sum = b.barrier_size = 0;
  for (int i = 0; i < b.barrier_count; ++i) b.make_ready(b.at_barrier[i]);
  b.barrier_count = 0;
}

void tell_of_meeting(const Meeting& meeting, int warp) {
  observer->warp_met(warp, meeting.arrived, meeting.together, meeting.name);
  if (meeting.together != shuffle) return;
  for (uint32_t lanes = meeting.arrived; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const int source = static_cast<const Shuffle*>(meeting.operands[lane])->source;
    if ((meeting.arrived >> source & 1) == 0) {
      observer->missing_lane(*meeting.threads[lane], meeting.name, source);
    }
  }
}

// If all of them are there.
bool complete_meeting(Block& b, Warp& warp, size_t which, const Thread* last) {
  Meeting& meeting = warp.meetings[which];
  if ((meeting.mask & ~warp.ended) != meeting.arrived) return false;
  if (observer) tell_of_meeting(meeting, static_cast<int>(&warp - b.warps.data()));
  meeting.together(meeting.operands.data(), meeting.arrived);
  for (uint32_t lanes = meeting.arrived; lanes != 0; lanes &= lanes - 1) {
    Thread* thread = meeting.threads[std::countr_zero(lanes)];
    if (thread != last) b.make_ready(thread);
  }
  warp.meetings.erase(warp.meetings.begin() + static_cast<std::ptrdiff_t>(which));
  return true;
}

void end_thread(Block& b, const Thread& thread) {
  --b.alive;
  Warp& warp = b.warps[thread.warp()];
  warp.ended |= 1u << thread.lane();
  for (size_t i = warp.meetings.size(); i-- > 0;) complete_meeting(b, warp, i, nullptr);
  if (b.barrier_count != 0 && b.barrier_count == b.alive) release_barrier(b);
}

void advance(uint3& index) {
  if (++index.x < blockDim.x) return;
  index.x = 0;
  if (++index.y < blockDim.y) return;
  index.y = 0;
  ++index.z;
}

// What each fiber does, for ever.
void run_threads() {
  Fiber::entered();
  Block& b = block();
  Thread& self = *running_thread;
  for (;;) {
    while (!b.has_ready() && b.started < b.size) {
      self.number = b.started++;
      threadIdx = self.index = b.next_index;
      advance(b.next_index);
      in_kernel_code = true;
      b.call->run_thread();
      in_kernel_code = false;
      end_thread(b, self);
    }
    b.idle[b.idle_count++] = &self;
    if (b.has_ready()) {
      running_thread = b.take_ready();
      self.fiber.switch_to(running_thread->fiber);
    } else {
      running_thread = nullptr;
      self.fiber.switch_to(b.host);
    }
  }
}

// Threads are left, and all of them wait.
KernelFailure explain_deadlock(const Block& b) {
  std::string text = "threads wait for others that never come:";
  if (b.barrier_count != 0) {
    text += " " + std::to_string(b.barrier_count) + " of " + std::to_string(b.alive) +
            " at __syncthreads, the first of them thread " + describe(b.at_barrier[0]->index);
  }
  for (int w = 0; w < (b.size + warp_size - 1) / warp_size; ++w) {
    for (const Meeting& meeting : b.warps[w].meetings) {
      const Thread* first = meeting.threads[std::countr_zero(meeting.arrived)];
      text += std::string("; at ") + meeting.name + " thread " + describe(first->index) +
              ": lanes " + std::to_string(meeting.arrived) + " of mask " +
              std::to_string(meeting.mask) + " of warp " + std::to_string(w) + " came";
    }
  }
  return {cudaErrorLaunchTimeout, text + ", in block " + describe(blockIdx)};
}

KernelFailure run_block(Block& b) {
  ++running_block;
  if (observer) observer->block_begins();
  clear_shared_memory();
  b.started = 0;
  b.next_index = {0, 0, 0};
  b.alive = b.size;
  b.barrier_sum = b.barrier_size = 0;
  const int warps = (b.size + warp_size - 1) / warp_size;
  for (int w = 0; w < warps; ++w) {
    const int lanes = std::min(b.size - w * warp_size, warp_size);
    b.warps[w].ended = lanes == warp_size ? 0 : ~0u << lanes;
  }
  b.failure = {};
  running_thread = b.idle[--b.idle_count];
  b.host.switch_to(running_thread->fiber);
  if (observer && b.failure.error == cudaSuccess && b.alive == 0) observer->block_ends();
  if (b.failure.error == cudaSuccess && b.alive != 0) b.failure = explain_deadlock(b);
  if (b.failure.error == cudaSuccess) return {};
  running_thread = nullptr;
  // The stacks of threads that have not ended are given up.
  b.ready_first = b.ready_end = 0;
  b.barrier_count = 0;
  for (Warp& warp : b.warps) warp.meetings.clear();
  prepare_fibers(b);
  return b.failure;
}

}  // namespace

std::string describe(const uint3& index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " +
         std::to_string(index.z) + ")";
}

KernelFailure run_grid(const LaunchShape& shape, const Call& call) {
  Block& b = block();
  if (!b.stacks) prepare_fibers(b);
  b.call = &call;
  b.size = static_cast<int>(shape.block.x * shape.block.y * shape.block.z);
  set_dynamic_shared_memory(shape.shared_bytes);
  gridDim = shape.grid;
  blockDim = shape.block;
  if (observer) observer->grid_begins(shape, call);
  for (unsigned z = 0; z < shape.grid.z; ++z) {
    for (unsigned y = 0; y < shape.grid.y; ++y) {
      for (unsigned x = 0; x < shape.grid.x; ++x) {
        blockIdx = {x, y, z};
        if (KernelFailure failure = run_block(b); failure.error != cudaSuccess) return failure;
      }
    }
  }
  return {};
}

namespace {

[[noreturn]] void stop_kernel(KernelFailure failure) {
  block().failure = std::move(failure);
  Thread* self = running_thread;
  running_thread = nullptr;
  self->fiber.switch_to(block().host);
  __builtin_unreachable();  // the host gives up this stack
}

}  // namespace

void fail_kernel(cudaError_t error, const char* explanation) {
  in_kernel_code = false;
  stop_kernel({error, std::string(explanation) + ", in thread " + describe(running_thread->index) +
                          " of block " + describe(blockIdx)});
}

void fail_with_finding(cudaError_t error, const std::string& explanation) {
  stop_kernel({error, explanation});
}

int block_barrier(Count count, int predicate) {
  const OutsideKernel outside;
  Block& b = block();
  b.barrier_kind = count;
  b.barrier_sum += predicate != 0;
  ++b.barrier_size;
  if (b.barrier_count + 1 == b.alive) {
    release_barrier(b);
  } else {
    b.at_barrier[b.barrier_count++] = running_thread;
    suspend(b);
  }
  return b.barrier_result;
}

int lane_of_thread() { return running_thread->lane(); }

void warp_collective(uint32_t mask, const char* name, Together together, void* operands) {
  const OutsideKernel outside;
  Block& b = block();
  Thread* self = running_thread;
  const int lane = self->lane();
  Warp& warp = b.warps[self->warp()];
  if ((mask >> lane & 1) == 0) {
    fail_kernel(cudaErrorLaunchFailure,
                (std::string(name) + " by a lane that its mask leaves out").c_str());
  }
  size_t which = 0;
  while (which < warp.meetings.size() &&
         (warp.meetings[which].mask != mask || warp.meetings[which].together != together ||
          (warp.meetings[which].arrived >> lane & 1) != 0)) {
    ++which;
  }
  if (which == warp.meetings.size()) {
    warp.meetings.push_back({mask, 0, together, name, {}, {}});
  }
  Meeting& meeting = warp.meetings[which];
  meeting.arrived |= 1u << lane;
  meeting.operands[lane] = operands;
  meeting.threads[lane] = self;
  if (!complete_meeting(b, warp, which, self)) suspend(b);
}

void shuffle(void* const* operands, uint32_t lanes) {
  uint64_t values[warp_size];
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    values[lane] = static_cast<const Shuffle*>(operands[lane])->value;
  }
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    auto& mine = *static_cast<Shuffle*>(operands[lane]);
    if ((lanes >> mine.source & 1) != 0) {
      mine.value = values[mine.source];
    } else {
      mine.value = 0xDEADBEEFDEADBEEF;  // undefined, so let it show
    }
  }
}

void vote(void* const* operands, uint32_t lanes) {
  uint32_t ballot = 0;
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    if (static_cast<const Vote*>(operands[lane])->predicate) ballot |= 1u << lane;
  }
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    static_cast<Vote*>(operands[std::countr_zero(left)])->ballot = ballot;
  }
}

}  // namespace nd::cuda::emulator
