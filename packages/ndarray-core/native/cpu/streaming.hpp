// Results that no cache would hold until they are read are written past the caches: an ordinary
// store first fetches the line that it overwrites, which is a quarter of what a + b moves.
#pragma once

#include "core/strided.hpp"

namespace nd::cpu {

// Whether a result of so many bytes goes past the caches.
bool is_streamed(int64_t nbytes);
// Whether one written in rows does: short ones would have too many lines that they share.
inline bool is_streamed(int64_t nbytes, int64_t row_bytes) {
  return row_bytes >= 2048 && is_streamed(nbytes);
}
// The same for a dense array that is written in rows of so many elements.
inline bool is_streamed(const Array& out, int64_t length) {
  const auto item = static_cast<int64_t>(itemsize(out.dtype()));
  return is_streamed(out.size() * item, length * item);
}

// As for_each_block with pieces of parallel_grain elements, for a kernel that writes the whole of
// operand 0, of elements of `item` bytes, and reads the others.
template <int N, typename Kernel>
void for_each_result_block(const Walk<N>& walk, int64_t item, const Kernel& kernel) {
  const int last = walk.ndim - 1;
  bool streams = last >= 0 && walk.strides[last][0] == item &&
                 is_streamed(walk.size * item, walk.shape[last] * item);
  // What is computed in place is in the caches already.
  for (int k = 1; k < N; ++k) streams &= walk.data[k] != walk.data[0];
  if (!streams) return for_each_block(walk, parallel_grain, 1, kernel);
  for_each_block(walk, parallel_grain, 1, [&](Block<N> block) {
    block.streams = true;
    kernel(std::as_const(block));
  });
}

}  // namespace nd::cpu
