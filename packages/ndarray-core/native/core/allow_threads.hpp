// A kernel that runs long lets other Python threads run. The core knows no Python: the bindings put
// two functions here, and the CPU backend holds an AllowThreads while a large piece of work lasts.
#pragma once

#include <cstdint>

namespace nd {

struct ThreadHooks {
  void* (*release)() = nullptr;  // gives up the interpreter lock; null in a thread without Python
  void (*acquire)(void*) = nullptr;
};
inline ThreadHooks thread_hooks;

class AllowThreads {
 public:
  // Giving up the lock costs about as much as a thousand elements, so small work keeps it.
  static constexpr int64_t least_work = 1 << 14;

  explicit AllowThreads(int64_t work) {
    if (work < least_work || given_up_ || !thread_hooks.release) return;
    state_ = thread_hooks.release();
    given_up_ = state_ != nullptr;
  }
  ~AllowThreads() {
    if (!state_) return;
    given_up_ = false;
    thread_hooks.acquire(state_);
  }
  AllowThreads(const AllowThreads&) = delete;
  AllowThreads& operator=(const AllowThreads&) = delete;

 private:
  // Whether an operation further out on this thread has given up the lock already.
  inline static thread_local bool given_up_ = false;
  void* state_ = nullptr;
};

}  // namespace nd
