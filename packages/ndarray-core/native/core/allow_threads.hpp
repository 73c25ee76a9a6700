// A kernel that runs long lets other Python threads run, and signals interrupt it. The core knows
// no Python: the bindings put three functions here, and the CPU backend holds an AllowThreads while
// a large piece of work lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace nd {

struct ThreadHooks {
  void* (*release)() = nullptr;  // gives up the interpreter lock; null in a thread without Python
  void (*acquire)(void*) = nullptr;
  // Lets Python handle the signals that have come; throws if a handler did. Called and left without
  // the interpreter lock.
  void (*handle_signals)(void*) = nullptr;
};
inline ThreadHooks thread_hooks;

class AllowThreads {
 public:
  // Giving up the lock costs about as much as a thousand elements, so small work keeps it.
  static constexpr int64_t least_work = 1 << 14;

  explicit AllowThreads(int64_t work) {
    if (work < least_work || given_up_ || !thread_hooks.release) return;
    state_ = thread_hooks.release();
    if (state_ == nullptr) return;
    given_up_ = true;
    current_ = this;
  }
  ~AllowThreads() {
    if (!state_) return;
    given_up_ = false;
    current_ = nullptr;
    thread_hooks.acquire(state_);
  }
  AllowThreads(const AllowThreads&) = delete;
  AllowThreads& operator=(const AllowThreads&) = delete;

  // Called between the tasks of a thread: a few times a second it lets Python handle signals, so
  // that Ctrl-C stops what runs long. Throws what a handler raised.
  static void check_signals() {
    if (current_ && thread_hooks.handle_signals) current_->check_signals_now_and_then();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto interval = std::chrono::milliseconds(100);

  void check_signals_now_and_then() {
    const Clock::time_point now = Clock::now();
    if (next_check_ == Clock::time_point()) next_check_ = now + interval;
    if (now < next_check_) return;
    next_check_ = now + interval;
    // What a handler computes is not interrupted in turn.
    struct Restore {
      AllowThreads* self;
      ~Restore() { current_ = self; }
    } restore{std::exchange(current_, nullptr)};
    thread_hooks.handle_signals(state_);
  }

  // Whether an operation further out on this thread has given up the lock already, and which one.
  inline static thread_local bool given_up_ = false;
  inline static thread_local AllowThreads* current_ = nullptr;
  void* state_ = nullptr;
  Clock::time_point next_check_{};
};

}  // namespace nd
