// A fiber is a stack and the place where execution stopped on it. Switching to another one saves
// the registers that a function must not lose, and exchanges the stack pointer.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ND_ADDRESS_SANITIZER 1
#else
#define ND_ADDRESS_SANITIZER 0
#endif

namespace nd::cuda::emulator {

class Fiber {
 public:
  // The fiber of whoever is running: it has a stack already.
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Gives it a stack and lets it begin with `entry`, which must not return.
  void prepare(char* stack, size_t nbytes, void (*entry)());
  // Stops here, in `this`, and goes on in `next`; returns when something switches back.
  void switch_to(Fiber& next);
  // To be called first by an entry.
  static void entered();

  bool on_stack(const void* address) const {
    return address >= stack_ && address < stack_ + nbytes_;
  }

 private:
  char* stack_ = nullptr;
  size_t nbytes_ = 0;
#if defined(__x86_64__)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t context_;
#endif
};

}  // namespace nd::cuda::emulator
