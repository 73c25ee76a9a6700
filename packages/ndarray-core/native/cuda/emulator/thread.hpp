// What one thread of a kernel sees of the emulator: who it is, its block's shared memory, barriers.
//
// Blocks run one after another, and so do the threads of a block: each until it ends or has to
// wait (block.cpp). So these are plain variables, set whenever another thread goes on.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

// In the checked build, kernels are compiled with -fsanitize=thread: each of their loads and stores
// calls the checker (checker/). What the emulator does for a kernel tells the checker itself.
#if defined(__SANITIZE_THREAD__)
#define ND_EMULATOR_CHECKED 1
#define ND_EMULATOR_UNCHECKED inline __attribute__((no_sanitize("thread")))
#else
#define ND_EMULATOR_CHECKED 0
#define ND_EMULATOR_UNCHECKED inline
#endif

namespace nd::cuda::emulator {

// Ends the kernel, and makes `error` the answer of every later call to this device.
[[noreturn]] void fail_kernel(cudaError_t error, const char* explanation);

enum class Count { none, all, any, sum };  // how a barrier combines the threads' predicates
// Waits for all threads of the block that have not ended; returns the combined predicates.
int block_barrier(Count count, int predicate);

// Memory of the block: the first thread to come along makes room, the others find it.
class SharedVariable {
 public:
  void* address(size_t nbytes);

 private:
  void* address_;
  uint64_t block_;  // serial number of the block that it was made for; they count from 1
};
void* dynamic_shared_memory();
extern uint64_t running_block;
void* make_shared_variable(size_t nbytes);

ND_EMULATOR_UNCHECKED void* SharedVariable::address(size_t nbytes) {
  if (block_ != running_block) {
    address_ = make_shared_variable(nbytes);
    block_ = running_block;
  }
  return address_;
}

// What the checked build tells the checker.
void note_access(const void* address, size_t nbytes, bool write);
void note_atomic(const void* address, size_t nbytes);

inline void require_alignment(const void* address, size_t nbytes) {
  if (reinterpret_cast<uintptr_t>(address) % nbytes != 0) {
    fail_kernel(cudaErrorMisalignedAddress, "a vector access that is not aligned to its size");
  }
}

// One instruction that moves up to 16 bytes.
ND_EMULATOR_UNCHECKED void load_bytes(void* result, const void* from, size_t nbytes) {
  if constexpr (ND_EMULATOR_CHECKED) note_access(from, nbytes, false);
  require_alignment(from, nbytes);
  std::memcpy(result, from, nbytes);
}

ND_EMULATOR_UNCHECKED void store_bytes(void* to, const void* value, size_t nbytes) {
  if constexpr (ND_EMULATOR_CHECKED) note_access(to, nbytes, true);
  require_alignment(to, nbytes);
  std::memcpy(to, value, nbytes);
}

}  // namespace nd::cuda::emulator

inline void __syncthreads() {
  nd::cuda::emulator::block_barrier(nd::cuda::emulator::Count::none, 0);
}
inline int __syncthreads_and(int predicate) {
  return nd::cuda::emulator::block_barrier(nd::cuda::emulator::Count::all, predicate);
}
inline int __syncthreads_or(int predicate) {
  return nd::cuda::emulator::block_barrier(nd::cuda::emulator::Count::any, predicate);
}
inline int __syncthreads_count(int predicate) {
  return nd::cuda::emulator::block_barrier(nd::cuda::emulator::Count::sum, predicate);
}

// Memory is never seen out of order here.
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() {
  nd::cuda::emulator::fail_kernel(cudaErrorLaunchFailure, "__trap()");
}

template <typename T>
inline T __ldg(const T* address) {
  return *address;
}

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) {
  return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x));
}
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1u) << (31 - bit);
  return reversed;
}
inline int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
inline float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
inline long long __double_as_longlong(double x) { return __builtin_bit_cast(long long, x); }
inline double __longlong_as_double(long long x) { return __builtin_bit_cast(double, x); }
