// Where the elements of an array lie in its buffer: shape, strides and offset. Pure mathematics, no
// memory. Each function returns a new layout over the same elements; none of them copies data.
#pragma once

#include <optional>

#include "core/dims.hpp"

namespace nd {

struct Layout {
  Dims shape;
  Dims strides;        // in elements; 0 repeats an element, negative walks backwards
  int64_t offset = 0;  // of element (0, ..., 0), in elements from the start of the buffer

  Layout() = default;
  explicit Layout(const Dims& shape);  // row-major and dense, offset 0
  Layout(const Dims& shape, const Dims& strides, int64_t offset)
      : shape(shape), strides(strides), offset(offset) {}

  int ndim() const { return shape.size(); }
  int64_t size() const;        // number of elements
  bool is_contiguous() const;  // row-major and dense, at any offset
  bool has_repeats() const;    // some element may be reached by two indices (stride 0, overlap)
  // Smallest and largest element position used, both inclusive. Only for layouts with elements.
  struct Extent {
    int64_t first, last;
  };
  Extent extent() const;

  int normalize_axis(int64_t axis, const char* op) const;       // -1 is the last axis
  Dims normalize_axes(const Dims& axes, const char* op) const;  // also rejects repetitions

  Layout index(int axis, int64_t i) const;  // drops the axis; negative i counts from the end
  // length elements from start on, step apart; as Python's slice after slice.indices().
  Layout slice(int axis, int64_t start, int64_t length, int64_t step) const;
  Layout expand_dims(int axis) const;
  Layout squeeze(const Dims& axes) const;
  Layout permute(const Dims& axes) const;
  Layout swap_axes(int axis1, int axis2) const;
  Layout flip(const Dims& axes) const;
  Layout broadcast_to(const Dims& shape) const;
  // The reshaped view, or nothing when the strides make a copy necessary. One size may be -1.
  std::optional<Layout> reshape(const Dims& shape) const;
  // Sliding windows: axis shrinks to the number of window positions, and a last axis of length size
  // is appended that walks through one window.
  Layout windows(int axis, int64_t size, int64_t step = 1, int64_t dilation = 1) const;
  Layout diagonal(int64_t k, int axis1, int axis2) const;

  friend bool operator==(const Layout&, const Layout&) = default;
};

int64_t size_of(const Dims& shape);  // product; throws ShapeError for negative sizes or overflow
// Replaces a single -1 in shape so that it holds size elements, or throws ShapeError.
Dims infer_shape(const Dims& shape, int64_t size);
// NumPy's rule; `op` names the operation in the error.
Dims broadcast_shapes(const Dims& a, const Dims& b, const char* op);

}  // namespace nd
