// From arrays and options to windows over planes.
#pragma once

#include "core/fused.hpp"
#include "ops/pooling/plane_windows.hpp"

namespace nd {

// x (planes, spatial axes...), out (planes, places...); missing axes are 1.
inline PlaneWindows geometry_of(const Array& x, const Array& out, const Pools& pools) {
  PlaneWindows g{};
  const int axes = x.ndim() - 1;
  for (int axis = 0; axis < 3; ++axis) {
    const int i = axis - (3 - axes);
    g.size[axis] = i < 0 ? 1 : x.shape()[i + 1];
    g.places[axis] = i < 0 ? 1 : out.shape()[i + 1];
    g.window[axis] = i < 0 ? 1 : pools.size[i];
    g.stride[axis] = i < 0 ? 1 : pools.stride[i];
    g.before[axis] = i < 0 ? 0 : pools.padding[i];
    g.dilation[axis] = i < 0 ? 1 : pools.dilation[i];
  }
  return g;
}

}  // namespace nd
