#include "cuda/emulator/fiber.hpp"

#include <cstdint>

#if ND_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
// void nd_switch_stack(void** save, void* next): rbx, rbp, r12 to r15 and the stack pointer are
// what the System V ABI asks a function to preserve; `ret` goes on where the next stack stopped.
asm(R"(
  .text
  .p2align 4
  .globl nd_switch_stack
  .hidden nd_switch_stack
  .type nd_switch_stack, @function
nd_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size nd_switch_stack, .-nd_switch_stack
)");
extern "C" void nd_switch_stack(void** save, void* next);
#endif

namespace nd::cuda::emulator {

#if ND_ADDRESS_SANITIZER
namespace {
// Of the stack that was left last, which is known only from the other side: the host's thread.
const void* left_stack = nullptr;
size_t left_nbytes = 0;
}  // namespace
#endif

void Fiber::prepare(char* stack, size_t nbytes, void (*entry)()) {
  stack_ = stack;
  nbytes_ = nbytes;
#if defined(__x86_64__)
  // Seen by `entry` as if it had been called: a return address, 8 bytes off a multiple of 16.
  auto* top = reinterpret_cast<uintptr_t*>(stack + nbytes);
  *--top = 0;
  *--top = reinterpret_cast<uintptr_t>(entry);
  for (int saved = 0; saved < 6; ++saved) *--top = 0;
  stack_pointer_ = top;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = nbytes;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
#endif
}

void Fiber::switch_to(Fiber& next) {
#if ND_ADDRESS_SANITIZER
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, next.stack_, next.nbytes_);
#endif
#if defined(__x86_64__)
  nd_switch_stack(&stack_pointer_, next.stack_pointer_);
#else
  swapcontext(&context_, &next.context_);
#endif
#if ND_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(fake_stack, &left_stack, &left_nbytes);
#endif
}

void Fiber::entered() {
#if ND_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(nullptr, &left_stack, &left_nbytes);
#endif
}

}  // namespace nd::cuda::emulator
