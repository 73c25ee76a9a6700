// Several neighbouring elements, loaded and stored with one instruction of up to 16 bytes:
//
//   const Vector<float, 4> v = load_vector<4>(pointer);
//
// The address has to be a multiple of the vector's size: CUDA fails on any other, and so does the
// emulator, while g++ alone would quietly split the load.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda/device.hpp"

namespace nd::cuda {

template <typename T, int n>
struct alignas(sizeof(T) * n) Vector {
  static_assert(sizeof(T) * n <= 16, "one instruction moves 16 bytes at most");
  T values[n];
  __device__ __host__ T& operator[](int i) { return values[i]; }
  __device__ __host__ const T& operator[](int i) const { return values[i]; }
};

// How many elements of type T one instruction moves.
template <typename T>
inline constexpr int full_vector = sizeof(T) < 16 ? 16 / static_cast<int>(sizeof(T)) : 1;

// Whether vectors of n elements can be loaded from here.
template <int n, typename T>
__device__ __host__ __forceinline__ bool is_vector_aligned(const T* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) % (sizeof(T) * n) == 0;
}

// The value, of which the compiler no longer knows where it comes from. Else nvcc computes
// neighbouring bytes together, for which a processor need not have instructions, and what it makes
// of that takes more registers than there are.
template <typename T>
__device__ __forceinline__ T on_its_own(T value) {
#if defined(__CUDA_ARCH__)
  if constexpr (std::is_integral_v<T> && sizeof(T) == 1) {
    int bits = value;
    asm("" : "+r"(bits));
    return static_cast<T>(bits);
  }
#endif
  return value;
}

#if defined(__CUDACC__)

template <int n, typename T>
__device__ __forceinline__ Vector<T, n> load_vector(const T* pointer) {
  // A struct of that alignment is loaded whole only if it looks like one of CUDA's vectors.
  Vector<T, n> result;
  if constexpr (sizeof(result) == 16) {
    *reinterpret_cast<uint4*>(&result) = *reinterpret_cast<const uint4*>(pointer);
  } else if constexpr (sizeof(result) == 8) {
    *reinterpret_cast<uint2*>(&result) = *reinterpret_cast<const uint2*>(pointer);
  } else {
    result = *reinterpret_cast<const Vector<T, n>*>(pointer);
  }
  return result;
}

template <int n, typename T>
__device__ __forceinline__ void store_vector(T* pointer, const Vector<T, n>& value) {
  if constexpr (sizeof(value) == 16) {
    *reinterpret_cast<uint4*>(pointer) = *reinterpret_cast<const uint4*>(&value);
  } else if constexpr (sizeof(value) == 8) {
    *reinterpret_cast<uint2*>(pointer) = *reinterpret_cast<const uint2*>(&value);
  } else {
    *reinterpret_cast<Vector<T, n>*>(pointer) = value;
  }
}

#else

template <int n, typename T>
inline Vector<T, n> load_vector(const T* pointer) {
  Vector<T, n> result;
  emulator::load_bytes(&result, pointer, sizeof(result));
  return result;
}

template <int n, typename T>
inline void store_vector(T* pointer, const Vector<T, n>& value) {
  emulator::store_bytes(pointer, &value, sizeof(value));
}

#endif

}  // namespace nd::cuda
