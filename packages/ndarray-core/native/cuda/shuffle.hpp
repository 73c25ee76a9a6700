// What the lanes of a warp hand to each other, whatever its size: CUDA's own shuffles move 4 or 8
// bytes. All 32 lanes must come.
#pragma once

#include <type_traits>

#include "cuda/device.hpp"

namespace nd::cuda {

template <typename T, typename ShuffleWord>
__device__ __forceinline__ T shuffle_words(T value, ShuffleWord&& shuffle_word) {
  using Word = std::conditional_t<sizeof(T) % 8 == 0, unsigned long long, unsigned>;
  constexpr int count = (sizeof(T) + sizeof(Word) - 1) / sizeof(Word);
  Word words[count] = {};
  __builtin_memcpy(words, &value, sizeof(T));
#pragma unroll
  for (int i = 0; i < count; ++i) words[i] = shuffle_word(words[i]);
  __builtin_memcpy(&value, words, sizeof(T));
  return value;
}

// The value of the lane `distance` further on, or further back.
template <typename T>
__device__ __forceinline__ T shuffle_down(T value, int distance) {
  return shuffle_words(value, [distance](auto word) {
    return __shfl_down_sync(0xFFFFFFFF, word, static_cast<unsigned>(distance));
  });
}
template <typename T>
__device__ __forceinline__ T shuffle_up(T value, int distance) {
  return shuffle_words(value, [distance](auto word) {
    return __shfl_up_sync(0xFFFFFFFF, word, static_cast<unsigned>(distance));
  });
}

}  // namespace nd::cuda
