#include "core/byte_sizes.hpp"

#include <bit>
#include <cstdio>

namespace nd {
namespace {

constexpr int linear_bits = 9;  // up to 2^9 bytes the steps are equal

}  // namespace

SizeClass size_class(size_t nbytes) {
  if (nbytes <= (size_t{1} << linear_bits)) {
    const size_t index = nbytes == 0 ? 0 : (nbytes - 1) / size_class_step;
    return {static_cast<int>(index), (index + 1) * size_class_step};
  }
  const int top = std::bit_width(nbytes - 1) - 1;   // of nbytes - 1: a power of two ends its octave
  const size_t eighth = (nbytes - 1) >> (top - 3);  // 8 to 15
  return {(top - linear_bits) * 8 + static_cast<int>(eighth), (eighth + 1) << (top - 3)};
}

size_t size_class_nbytes(int index) {
  if (index < 8) return static_cast<size_t>(index + 1) * size_class_step;
  return static_cast<size_t>(index % 8 + 9) << (index / 8 - 1 + linear_bits - 3);
}

std::string readable_size(size_t nbytes) {
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (nbytes < 1024) return std::to_string(nbytes) + " bytes";
  int unit = -1;
  double value = static_cast<double>(nbytes);
  for (; value >= 1024; value /= 1024) ++unit;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, units[unit]);
  return text;
}

}  // namespace nd
