#pragma once

#include <cstdint>

namespace nd::cpu {

// The places [first, last) along a row for which one element of the window lies inside; place o
// sees element o * stride + offset there.
struct PlaceRange {
  int64_t first, last, offset;
};

// Windows over a plane: along its depth, height and width.
struct PlaneWindows {
  int64_t size[3], places[3], window[3], stride[3], before[3], dilation[3];
  const PlaceRange* ranges;  // of each element of the window along the width
};

}  // namespace nd::cpu
