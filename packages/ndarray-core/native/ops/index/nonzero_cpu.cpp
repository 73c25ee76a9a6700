// nonzero of the `cpu` device: the pieces of x are counted first, so that each knows where its
// positions go.
#include <cstring>
#include <vector>

#include "core/strided.hpp"
#include "cpu/cpu_backend.hpp"

namespace nd::cpu {
namespace {

int64_t count_true(const uint8_t* data, int64_t size) {
  int64_t count = 0;
  for (int64_t i = 0; i < size; ++i) count += data[i] != 0;
  return count;
}

// Calls found(i) for the true elements among data[first .. last), eight at a time.
template <typename Found>
void for_each_true(const uint8_t* data, int64_t first, int64_t last, Found&& found) {
  int64_t i = first;
  for (; i + 8 <= last; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, sizeof(word));
    while (word != 0) {
      const int byte = __builtin_ctzll(word) / 8;  // the first one, on a little-endian processor
      found(i + byte);
      word &= ~(uint64_t{0xff} << 8 * byte);
    }
  }
  for (; i < last; ++i) {
    if (data[i] != 0) found(i);
  }
}

}  // namespace

void nonzero(const Array& out, const Array& x) {
  const int64_t size = x.size(), total = out.shape()[1];
  if (size == 0) return;
  const uint8_t* const data = reinterpret_cast<const uint8_t*>(x.data());
  const int64_t pieces = divide_up(size, parallel_grain);
  std::vector<int64_t> firsts(static_cast<size_t>(pieces + 1), 0);
  const auto end_of = [&](int64_t piece) { return std::min(size, (piece + 1) * parallel_grain); };
  parallel_for(pieces, [&](int64_t piece) {
    const int64_t begin = piece * parallel_grain;
    firsts[static_cast<size_t>(piece + 1)] = count_true(data + begin, end_of(piece) - begin);
  });
  for (size_t i = 1; i < firsts.size(); ++i) firsts[i] += firsts[i - 1];
  const auto changed = [] {
    throw Error("nonzero: another thread wrote to the array while its elements were counted");
  };
  if (firsts.back() != total) changed();

  const int last_axis = x.ndim() - 1;
  const int64_t columns = x.shape()[last_axis];
  int64_t* const positions = reinterpret_cast<int64_t*>(out.data());
  parallel_for(pieces, [&](int64_t piece) {
    int64_t next = firsts[static_cast<size_t>(piece)];
    const int64_t stop = firsts[static_cast<size_t>(piece + 1)], end = end_of(piece);
    for (int64_t at = piece * parallel_grain; at < end;) {
      // One row of the last axis, or what of it lies in this piece.
      const int64_t row = at / columns, row_end = std::min(end, (row + 1) * columns);
      const int64_t first_of_row = next;
      for_each_true(data, at, row_end, [&](int64_t i) {
        if (next == stop) changed();
        positions[last_axis * total + next++] = i - row * columns;
      });
      int64_t rest = row;
      for (int axis = last_axis - 1; axis >= 0; rest /= x.shape()[axis--]) {
        std::fill(positions + axis * total + first_of_row, positions + axis * total + next,
                  rest % x.shape()[axis]);
      }
      at = row_end;
    }
  });
}

}  // namespace nd::cpu
