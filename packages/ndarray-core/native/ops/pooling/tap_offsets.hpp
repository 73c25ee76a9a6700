#pragma once

#include <vector>

#include "ops/pooling/plane_windows.hpp"

namespace nd::cpu {

// Makes the taps of windows, which point to what lies here.
class TapOffsets {
 public:
  explicit TapOffsets(PlaneWindows& g) {
    for (int64_t kd = 0; kd < g.window[0]; ++kd) {
      for (int64_t kh = 0; kh < g.window[1]; ++kh) {
        for (int64_t kw = 0; kw < g.window[2]; ++kw) {
          const int64_t rows = kd * g.dilation[0] * g.size[1] + kh * g.dilation[1];
          offsets_.push_back(rows * g.size[2] + kw * g.dilation[2]);
        }
      }
    }
    g.taps = offsets_.data();
  }
  TapOffsets(const TapOffsets&) = delete;
  TapOffsets& operator=(const TapOffsets&) = delete;

 private:
  std::vector<int64_t> offsets_;
};

}  // namespace nd::cpu
