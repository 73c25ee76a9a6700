// An array is a buffer and a layout.
#pragma once

#include "core/buffer.hpp"
#include "core/layout.hpp"

namespace nd {

struct Array {
  BufferRef buffer;
  Layout layout;

  DType dtype() const { return buffer->dtype; }
  Backend& device() const { return buffer->device; }
  const Dims& shape() const { return layout.shape; }
  const Dims& strides() const { return layout.strides; }
  int ndim() const { return layout.ndim(); }
  int64_t size() const { return layout.size(); }

  // Address of element (0, ..., 0). Only meaningful where the device's memory is the host's.
  char* data() const {
    return static_cast<char*>(buffer->data) +
           layout.offset * static_cast<int64_t>(itemsize(dtype()));
  }
  Array view(const Layout& other) const { return Array{buffer, other}; }
};

}  // namespace nd
