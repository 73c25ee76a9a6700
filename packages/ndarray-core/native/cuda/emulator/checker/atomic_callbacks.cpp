// Atomic operations of C++ in instrumented files become calls, too: code of the host needs them
// done (reference counts, flags). Kernels use CUDA's (atomics.hpp). Always in the strictest memory
// order.
#include <cstdint>

namespace {

constexpr int order = __ATOMIC_SEQ_CST;

}  // namespace

#define ND_FETCH(bits, T, name)                                     \
  extern "C" T __tsan_atomic##bits##_fetch_##name(T*, T, int);      \
  extern "C" T __tsan_atomic##bits##_fetch_##name(T* a, T v, int) { \
    return __atomic_fetch_##name(a, v, order);                      \
  }
#define ND_COMPARE_EXCHANGE(bits, T, strength, weak)                                            \
  extern "C" int __tsan_atomic##bits##_compare_exchange_##strength(T*, T*, T, int, int);        \
  extern "C" int __tsan_atomic##bits##_compare_exchange_##strength(T* a, T* expected, T v, int, \
                                                                   int) {                       \
    return __atomic_compare_exchange_n(a, expected, v, weak, order, order);                     \
  }
#define ND_ATOMICS(bits, T)                                                                      \
  extern "C" T __tsan_atomic##bits##_load(const T*, int);                                        \
  extern "C" T __tsan_atomic##bits##_load(const T* a, int) { return __atomic_load_n(a, order); } \
  extern "C" void __tsan_atomic##bits##_store(T*, T, int);                                       \
  extern "C" void __tsan_atomic##bits##_store(T* a, T v, int) { __atomic_store_n(a, v, order); } \
  extern "C" T __tsan_atomic##bits##_exchange(T*, T, int);                                       \
  extern "C" T __tsan_atomic##bits##_exchange(T* a, T v, int) {                                  \
    return __atomic_exchange_n(a, v, order);                                                     \
  }                                                                                              \
  ND_FETCH(bits, T, add)                                                                         \
  ND_FETCH(bits, T, sub)                                                                         \
  ND_FETCH(bits, T, and)                                                                         \
  ND_FETCH(bits, T, or)                                                                          \
  ND_FETCH(bits, T, xor)                                                                         \
  ND_COMPARE_EXCHANGE(bits, T, strong, false)                                                    \
  ND_COMPARE_EXCHANGE(bits, T, weak, true)

ND_ATOMICS(8, uint8_t)
ND_ATOMICS(16, uint16_t)
ND_ATOMICS(32, uint32_t)
ND_ATOMICS(64, uint64_t)

extern "C" void __tsan_atomic_thread_fence(int);
extern "C" void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(order); }
