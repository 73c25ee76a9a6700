// Elements that are only moved: as bits, by their size alone.
#pragma once

#include "core/dtype.hpp"

namespace nd::cuda {

struct alignas(16) Bits128 {
  uint64_t low, high;
};

// Calls f.template operator()<T>() with a type of that many bytes.
template <typename F>
void dispatch_bits(DType dtype, F&& f) {
  switch (itemsize(dtype)) {
    case 1:
      return f.template operator()<uint8_t>();
    case 2:
      return f.template operator()<uint16_t>();
    case 4:
      return f.template operator()<uint32_t>();
    case 8:
      return f.template operator()<uint64_t>();
    default:
      return f.template operator()<Bits128>();
  }
}

}  // namespace nd::cuda
