// Only for *_kernels.cpp files: rows that are written past the caches.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "core/combine.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// A line of memory, past the caches.
ND_INLINE void stream_line(char* to, const char* from) {
#if defined(__AVX__)
  for (int i = 0; i < 64; i += 32) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm256_load_si256(reinterpret_cast<const __m256i*>(from + i)));
  }
#elif defined(__SSE2__)
  for (int i = 0; i < 64; i += 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  __builtin_memcpy(to, from, 64);
#endif
}

// Other threads may read what was streamed from here on.
ND_INLINE void end_stream() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

// write(to, first, n) computes the elements [first, first + n) of a row of T. They are computed a
// few at a time, into the first cache, and go from there to `out`.
template <typename T, typename Write>
ND_INLINE void stream_row(T* out, int64_t count, const Write& write) {
  constexpr int64_t line = 64, stretch = 512 / sizeof(T);
  alignas(line) T near[stretch];
  // The first elements reach to the end of a line.
  const int64_t misplaced = static_cast<int64_t>(reinterpret_cast<uintptr_t>(out) % line);
  int64_t n = misplaced == 0 ? stretch : (line - misplaced) / static_cast<int64_t>(sizeof(T));
  for (int64_t first = 0; first < count; first += n, n = stretch) {
    n = n < count - first ? n : count - first;
    write(near, first, n);
    char* const to = reinterpret_cast<char*>(out + first);
    const char* const from = reinterpret_cast<const char*>(near);
    if (n == stretch) {
      for (int64_t i = 0; i < 512; i += line) stream_line(to + i, from + i);
    } else {
      __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    }
  }
  end_stream();
}

template <typename T, typename Write>
ND_INLINE void write_row(T* out, int64_t count, bool streams, const Write& write) {
  // An element of memory from elsewhere, a complex number say, may reach across two lines.
  if (streams && reinterpret_cast<uintptr_t>(out) % sizeof(T) == 0) {
    stream_row(out, count, write);
  } else {
    write(out, 0, count);
  }
}

}  // namespace
}  // namespace nd::cpu::ND_ISA
