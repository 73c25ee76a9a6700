// Only for *_kernels.cpp files: what windows see. Most windows of a row lie inside the image: those
// are worked on a vector of places at a time, tap by tap, and the few at its ends one by one.
#pragma once

#include "ops/matmul/tile.hpp"
#include "ops/pooling/plane_windows.hpp"

namespace nd::cpu::ND_ISA {
namespace {

ND_INLINE int64_t plane_size_of(const PlaneWindows& g) { return g.size[0] * g.size[1] * g.size[2]; }

struct Range {
  int64_t first, last;  // without the last one
};

// How many steps cover a distance; most are of one element, and a division takes long.
ND_INLINE int64_t steps_over(int64_t distance, int64_t step) {
  return step == 1 ? distance : ceil_div(distance, step);
}

// The elements of the window along an axis that lie inside, for place o.
ND_INLINE Range taps_inside(const PlaneWindows& g, int axis, int64_t o) {
  const int64_t start = o * g.stride[axis] - g.before[axis], step = g.dilation[axis];
  const int64_t first = start < 0 ? steps_over(-start, step) : 0;
  const int64_t end = start < g.size[axis] ? steps_over(g.size[axis] - start, step) : 0;
  return {first, smaller(end, g.window[axis])};
}

// The places along a row whose windows lie inside as a whole.
ND_INLINE Range whole_places(const PlaneWindows& g) {
  const int64_t reach = (g.window[2] - 1) * g.dilation[2];
  const int64_t end = g.size[2] + g.before[2] - reach;  // of where windows may start
  const int64_t first = smaller(ceil_div(g.before[2], g.stride[2]), g.places[2]);
  const int64_t last = end > 0 ? smaller(ceil_div(end, g.stride[2]), g.places[2]) : 0;
  return {first, last > first ? last : first};
}

// The places of a gradient's axis whose windows hold element i of the image, if none is left out
// between the elements of a window.
ND_INLINE Range places_around(const PlaneWindows& g, int axis, int64_t i) {
  const int64_t position = i + g.before[axis], before_window = position - g.window[axis];
  const int64_t first = before_window < 0 ? 0 : before_window / g.stride[axis] + 1;
  return {first, smaller(position / g.stride[axis] + 1, g.places[axis])};
}

// What the windows of row (od, oh) see.
struct WindowRow {
  const PlaneWindows& g;
  const int64_t od, oh, start;  // of place 0's window, in the plane, were there no end to it
  const Range depths, heights;

  WindowRow(const PlaneWindows& g, int64_t od, int64_t oh)
      : g(g),
        od(od),
        oh(oh),
        start(((od * g.stride[0] - g.before[0]) * g.size[1] + oh * g.stride[1] - g.before[1]) *
                  g.size[2] -
              g.before[2]),
        depths(taps_inside(g, 0, od)),
        heights(taps_inside(g, 1, oh)) {}
  bool sees_any() const { return depths.first < depths.last && heights.first < heights.last; }
  // In the plane, the first row that lies inside.
  int64_t first_row() const {
    return (first_seen(g, 0, od) * g.size[1] + first_seen(g, 1, oh)) * g.size[2];
  }
  // Of the rows of one depth of the window, the first tap that lies inside.
  int64_t first_tap(int64_t kd) const { return (kd * g.window[1] + heights.first) * g.window[2]; }

  // body(offset) for the taps of a window that lies inside along the width, in order; offset: from
  // its start.
  template <typename Body>
  __attribute__((always_inline)) void for_each_tap(const Body& body) const {
    for (int64_t kd = depths.first; kd < depths.last; ++kd) {
      const int64_t* const taps = g.taps + first_tap(kd);
      const int64_t count = (heights.last - heights.first) * g.window[2];
      for (int64_t t = 0; t < count; ++t) body(taps[t]);
    }
  }
  // body(offset) for the first of those in each row.
  template <typename Body>
  __attribute__((always_inline)) void for_each_row(const Body& body) const {
    for (int64_t kd = depths.first; kd < depths.last; ++kd) {
      const int64_t* taps = g.taps + first_tap(kd);
      for (int64_t kh = heights.first; kh < heights.last; ++kh, taps += g.window[2]) body(*taps);
    }
  }
};

// Calls body(stride) with a stride that the compiler knows, if it is a frequent one.
template <int64_t Value>
struct Known {
  constexpr operator int64_t() const { return Value; }
};
template <typename Body>
ND_INLINE void with_stride(int64_t stride, const Body& body) {
  if (stride == 1) {
    body(Known<1>{});
  } else if (stride == 2) {
    body(Known<2>{});
  } else {
    body(stride);
  }
}

// vectors(o, Known<V>) for V vectors of places from o on, which cover, some of them twice, those
// whose windows lie inside; single(o) for every other place of the row.
template <typename T, typename Vectors, typename Single>
ND_INLINE void for_each_place(const PlaneWindows& g, Range whole, const Vectors& vectors,
                              const Single& single) {
  constexpr int64_t lanes = Blocking<T>::lanes;
  const int64_t count = whole.last - whole.first;
  if (count < lanes) whole = {0, 0};
  for (int64_t o = 0; o < whole.first; ++o) single(o);
  if (count >= 2 * lanes) {
    for (int64_t o = whole.first; o < whole.last; o += 2 * lanes) {
      vectors(smaller(o, whole.last - 2 * lanes), Known<2>{});
    }
  } else {
    for (int64_t o = whole.first; o < whole.last; o += lanes) {
      vectors(smaller(o, whole.last - lanes), Known<1>{});
    }
  }
  for (int64_t o = whole.last; o < g.places[2]; ++o) single(o);
}

template <typename T>
ND_INLINE Vector<T> load_every(Known<1>, const T* from) {
  return load(from);
}
// Nothing behind the last element is read.
template <typename T>
ND_INLINE Vector<T> load_every(Known<2>, const T* from) {
  constexpr int lanes = Blocking<T>::lanes;
  Vector<T> result;
  const Vector<T> low = load(from), high = load(from + lanes - 1);
  if constexpr (lanes == 2) {
    result = __builtin_shufflevector(low, high, 0, 3);
  } else if constexpr (lanes == 4) {
    result = __builtin_shufflevector(low, high, 0, 2, 5, 7);
  } else if constexpr (lanes == 8) {
    // Within each half, and then the pairs.
    result = __builtin_shufflevector(low, high, 0, 2, 9, 11, 4, 6, 13, 15);
    result = __builtin_shufflevector(result, result, 0, 1, 4, 5, 2, 3, 6, 7);
  } else {
    result = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27,
                                     29, 31);
  }
  return result;
}
template <typename T>
ND_INLINE Vector<T> load_every(int64_t stride, const T* from) {
  constexpr int lanes = Blocking<T>::lanes;
  T lane[lanes];
  for (int l = 0; l < lanes; ++l) lane[l] = from[l * stride];
  return load(lane);
}

}  // namespace
}  // namespace nd::cpu::ND_ISA
