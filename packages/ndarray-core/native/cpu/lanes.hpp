// Only for *_kernels.cpp files: totals over the elements of a row, in many accumulators side by
// side, so that the compiler makes vectors of them, and then as a tree.
#pragma once

#include <cstdint>

#include "core/combine.hpp"
#include "core/half.hpp"
#include "cpu/vector_width.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// More than a compiler unrolls before it looks for loops to vectorise.
constexpr int lane_count = 32;

// Into the first `left` of them, a power of two: the upper half of `count` is added to the lower
// one, in vectors, until so many are left.
template <typename Op, int left = 1, int count = lane_count, typename T>
ND_INLINE T combine_lanes(T* lanes) {
  if constexpr (count > left) {
    constexpr int half = count / 2, fitting = vector_bytes / static_cast<int>(sizeof(T));
    constexpr int width = half < fitting ? half : fitting;
    typedef T Lanes __attribute__((vector_size(width * sizeof(T))));
    for (int k = 0; k < half; k += width) {
      Lanes low, high;
      __builtin_memcpy(&low, lanes + k, sizeof(low));
      __builtin_memcpy(&high, lanes + half + k, sizeof(high));
      low = Op::combine(low, high);
      __builtin_memcpy(lanes + k, &low, sizeof(low));
    }
    return combine_lanes<Op, left, half>(lanes);
  } else {
    return lanes[0];
  }
}

// Asks for memory that is read soon: as much of a row of T as lane_count elements from i on.
template <typename T>
struct Ahead {
  const T* row;
  __attribute__((always_inline)) void operator()(int64_t i) const {
    constexpr int64_t line = 64 / sizeof(T);
    for (int64_t k = 0; k < lane_count; k += line) __builtin_prefetch(row + i + k);
  }
};

struct Nothing {
  __attribute__((always_inline)) void operator()(int64_t) const {}
};

// body(i, lane) for i in [0, count), i = lane + a multiple of lane_count; before each lane_count of
// them, before(i) is called.
template <typename Body, typename Before = Nothing>
ND_INLINE void over_lanes(int64_t count, Body&& body, Before before = {}) {
  int64_t i = 0;
  for (; i + lane_count <= count; i += lane_count) {
    before(i);
#pragma GCC ivdep
    for (int k = 0; k < lane_count; ++k) body(i + k, k);
  }
  const int rest = static_cast<int>(count - i);
#pragma GCC ivdep
  for (int k = 0; k < rest; ++k) body(i + k, k);
}

// The total of term(i) for i in [0, count). term may write what it computes on the way.
template <typename Op, typename T, typename Term, typename Before = Nothing>
ND_INLINE T total_over(int64_t count, T initial, Term&& term, Before before = {}) {
  T lanes[lane_count];
  for (int k = 0; k < lane_count; ++k) lanes[k] = initial;
  over_lanes(count, [&](int64_t i, int k) { lanes[k] = Op::combine(lanes[k], term(i)); }, before);
  return combine_lanes<Op>(lanes);
}

template <typename T, typename Term, typename Before = Nothing>
ND_INLINE T sum_over(int64_t count, Term&& term, Before before = {}) {
  return total_over<Sum, T>(count, T(0), term, before);
}
// NaN wins; count is not 0.
template <typename T>
ND_INLINE T max_of(const T* x, int64_t count) {
  return total_over<Maximum, T>(count, x[0], [x](int64_t i) { return x[i]; });
}

}  // namespace
}  // namespace nd::cpu::ND_ISA
