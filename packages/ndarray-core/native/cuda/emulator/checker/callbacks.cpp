// What code that was compiled with -fsanitize=thread calls at each load and store. These functions
// usually belong to ThreadSanitizer; here they are the checker's ears.
//
// Code of the host in the same files calls them, too, and so may the emulator itself (block.hpp):
// only kernels are looked at.
#include "cuda/emulator/checker/checker.hpp"

namespace nd::cuda::emulator {
namespace {

// By the frame's address, since another thread of the host may run code of these files meanwhile.
inline bool in_kernel(const void* frame) {
  const Thread* thread = running_thread;
  return in_kernel_code && thread && thread->fiber.on_stack(frame);
}

inline void check(const void* address, size_t nbytes, AccessKind kind, const void* frame,
                  const void* instruction) {
  if (!in_kernel(frame)) return;
  const OutsideKernel outside;
  Checker::instance().access(static_cast<const char*>(address), nbytes, kind, instruction);
}

}  // namespace

// For what the emulator does in place of a kernel: it was not instrumented.
void note_access(const void* address, size_t nbytes, bool write) {
  check(address, nbytes, write ? AccessKind::store : AccessKind::load, __builtin_frame_address(0),
        __builtin_return_address(0));
}

void note_atomic(const void* address, size_t nbytes) {
  check(address, nbytes, AccessKind::atomic, __builtin_frame_address(0),
        __builtin_return_address(0));
}

}  // namespace nd::cuda::emulator

using nd::cuda::emulator::AccessKind;
using nd::cuda::emulator::check;

#define ND_CALLBACK(name, kind, nbytes)                                  \
  extern "C" void name(const void* address);                             \
  extern "C" void name(const void* address) {                            \
    check(address, nbytes, AccessKind::kind, __builtin_frame_address(0), \
          __builtin_return_address(0));                                  \
  }
#define ND_CALLBACKS(nbytes)                                \
  ND_CALLBACK(__tsan_read##nbytes, load, nbytes)            \
  ND_CALLBACK(__tsan_write##nbytes, store, nbytes)          \
  ND_CALLBACK(__tsan_volatile_read##nbytes, load, nbytes)   \
  ND_CALLBACK(__tsan_volatile_write##nbytes, store, nbytes) \
  ND_CALLBACK(__tsan_unaligned_read##nbytes, load, nbytes)  \
  ND_CALLBACK(__tsan_unaligned_write##nbytes, store, nbytes)

ND_CALLBACKS(1)
ND_CALLBACKS(2)
ND_CALLBACKS(4)
ND_CALLBACKS(8)
ND_CALLBACKS(16)

#define ND_RANGE_CALLBACK(name, kind)                                    \
  extern "C" void name(const void* address, size_t nbytes);              \
  extern "C" void name(const void* address, size_t nbytes) {             \
    check(address, nbytes, AccessKind::kind, __builtin_frame_address(0), \
          __builtin_return_address(0));                                  \
  }
ND_RANGE_CALLBACK(__tsan_read_range, load)
ND_RANGE_CALLBACK(__tsan_write_range, store)

// Of no interest here, but called.
#define ND_EMPTY_CALLBACK(name, ...) \
  extern "C" void name(__VA_ARGS__); \
  extern "C" void name(__VA_ARGS__) {}
ND_EMPTY_CALLBACK(__tsan_init, void)
ND_EMPTY_CALLBACK(__tsan_func_entry, void*)
ND_EMPTY_CALLBACK(__tsan_func_exit, void)
ND_EMPTY_CALLBACK(__tsan_vptr_update, void**, void*)
ND_EMPTY_CALLBACK(__tsan_vptr_read, void**)
