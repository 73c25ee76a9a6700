#pragma once

#include <algorithm>
#include <vector>

#include "core/strided.hpp"
#include "ops/pooling/plane_windows.hpp"

namespace nd::cpu {

// Makes the ranges of windows, which point to what lies here.
class PlaceRanges {
 public:
  explicit PlaceRanges(PlaneWindows& windows) {
    const int64_t stride = windows.stride[2];
    for (int64_t k = 0; k < windows.window[2]; ++k) {
      const int64_t offset = k * windows.dilation[2] - windows.before[2];
      const int64_t end = windows.size[2] - offset;
      const int64_t first = offset < 0 ? divide_up(-offset, stride) : 0;
      const int64_t last = end > 0 ? std::min(divide_up(end, stride), windows.places[2]) : 0;
      ranges_.push_back({first, std::max(first, last), offset});
    }
    windows.ranges = ranges_.data();
  }
  PlaceRanges(const PlaceRanges&) = delete;
  PlaceRanges& operator=(const PlaceRanges&) = delete;

 private:
  std::vector<PlaceRange> ranges_;
};

}  // namespace nd::cpu
