// nonzero of the `cpu` device: the pieces of x are counted first, so that each knows where its
// positions go.
#include <cstring>
#include <vector>

#include "core/strided.hpp"
#include "cpu/cpu_backend.hpp"

namespace nd::cpu {
namespace {

uint64_t read_word(const uint8_t* data) {
  uint64_t word;
  std::memcpy(&word, data, sizeof(word));
  return word;
}

int64_t count_true(const uint8_t* data, int64_t size) {
  int64_t count = 0, i = 0;
  for (; i + 8 <= size; i += 8) {  // the product's highest byte is the sum of all bytes
    count += static_cast<int64_t>(read_word(data + i) * 0x0101010101010101 >> 56);
  }
  for (; i < size; ++i) count += data[i];
  return count;
}

// Writes i - origin for the true elements among data[first .. last) to out[0 .. room); returns how
// many there were, or more than `room`.
int64_t write_true(int64_t* out, int64_t room, const uint8_t* data, int64_t first, int64_t last,
                   int64_t origin) {
  int64_t count = 0, i = first;
  // While there is room for all of them, eight elements are written without asking.
  for (; i + 8 <= last && room - count >= 8; i += 8) {
    if (read_word(data + i) == 0) continue;
    for (int64_t k = i; k < i + 8; ++k) {
      out[count] = k - origin;
      count += data[k] != 0;
    }
  }
  for (; i < last; ++i) {
    if (data[i] == 0) continue;
    if (count < room) out[count] = i - origin;
    ++count;
  }
  return count;
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
  const auto check = [](bool same) {
    if (same) return;
    throw Error("nonzero: the elements were written to while they were counted, or are no bools");
  };
  check(firsts.back() == total);

  const int last_axis = x.ndim() - 1;
  const int64_t columns = x.shape()[last_axis];
  int64_t* const positions = reinterpret_cast<int64_t*>(out.data());
  parallel_for(pieces, [&](int64_t piece) {
    int64_t next = firsts[static_cast<size_t>(piece)];
    const int64_t stop = firsts[static_cast<size_t>(piece + 1)], end = end_of(piece);
    for (int64_t at = piece * parallel_grain; at < end;) {
      // One row of the last axis, or what of it lies in this piece.
      const int64_t row = at / columns, row_end = std::min(end, (row + 1) * columns);
      const int64_t count = write_true(positions + last_axis * total + next, stop - next, data, at,
                                       row_end, row * columns);
      check(count <= stop - next);
      int64_t rest = row;
      for (int axis = last_axis - 1; axis >= 0; rest /= x.shape()[axis--]) {
        std::fill_n(positions + axis * total + next, count, rest % x.shape()[axis]);
      }
      next += count;
      at = row_end;
    }
    check(next == stop);
  });
}

}  // namespace nd::cpu
