// Atomic operations of kernels. Threads take turns only where they wait, so reading, computing and
// writing is atomic as it stands; the checker has to know that it was meant to be.
#pragma once

#include "cuda/emulator/thread.hpp"

namespace nd::cuda::emulator {

template <typename T, typename Update>
ND_EMULATOR_UNCHECKED T atomic_update(T* address, Update update) {
  if constexpr (ND_EMULATOR_CHECKED) note_atomic(address, sizeof(T));
  const T old = *address;
  *address = update(old);
  return old;
}

}  // namespace nd::cuda::emulator

// CUDA has these for int, unsigned, unsigned long long; atomicAdd for float and double as well.
#define ND_ATOMIC(name, T, formula)                                                              \
  inline T name(T* address, T value) {                                                           \
    return nd::cuda::emulator::atomic_update(                                                    \
        address,                                                                                 \
        [value] ND_EMULATOR_LAMBDA([[maybe_unused]] T old) { return static_cast<T>(formula); }); \
  }
#if ND_EMULATOR_CHECKED
#define ND_EMULATOR_LAMBDA __attribute__((no_sanitize("thread")))
#else
#define ND_EMULATOR_LAMBDA
#endif
#define ND_ATOMIC_INTEGERS(name, formula) \
  ND_ATOMIC(name, unsigned, formula)      \
  ND_ATOMIC(name, unsigned long long, formula)

ND_ATOMIC_INTEGERS(atomicAdd, old + value)
ND_ATOMIC(atomicAdd, float, old + value)
ND_ATOMIC(atomicAdd, double, old + value)
ND_ATOMIC_INTEGERS(atomicMax, old < value ? value : old)
ND_ATOMIC(atomicMax, int, old < value ? value : old)
ND_ATOMIC(atomicMax, long long, old < value ? value : old)
ND_ATOMIC_INTEGERS(atomicMin, value < old ? value : old)
ND_ATOMIC(atomicMin, int, value < old ? value : old)
ND_ATOMIC(atomicMin, long long, value < old ? value : old)
ND_ATOMIC_INTEGERS(atomicExch, value)
ND_ATOMIC(atomicExch, int, value)
ND_ATOMIC(atomicExch, float, value)
ND_ATOMIC_INTEGERS(atomicOr, old | value)
ND_ATOMIC(atomicOr, int, old | value)
ND_ATOMIC_INTEGERS(atomicAnd, old& value)
ND_ATOMIC(atomicAnd, int, old& value)
ND_ATOMIC_INTEGERS(atomicXor, old ^ value)
ND_ATOMIC(atomicXor, int, old ^ value)

// By way of unsigned, since integers wrap around.
inline int atomicAdd(int* address, int value) {
  return static_cast<int>(
      atomicAdd(reinterpret_cast<unsigned*>(address), static_cast<unsigned>(value)));
}

#define ND_ATOMIC_CAS(T)                                                       \
  inline T atomicCAS(T* address, T compare, T value) {                         \
    return nd::cuda::emulator::atomic_update(                                  \
        address, [compare, value] ND_EMULATOR_LAMBDA([[maybe_unused]] T old) { \
          return old == compare ? value : old;                                 \
        });                                                                    \
  }
ND_ATOMIC_CAS(int)
ND_ATOMIC_CAS(unsigned)
ND_ATOMIC_CAS(unsigned long long)
ND_ATOMIC_CAS(unsigned short)

#undef ND_ATOMIC
#undef ND_ATOMIC_CAS
#undef ND_ATOMIC_INTEGERS
#undef ND_EMULATOR_LAMBDA
