// What gather and scatter share. Both walk three operands: out, the indices, and x (gather) or the
// values (scatter).
#pragma once

#include "core/strided.hpp"

namespace nd {

// Negative indices count from the end. Out of bounds stays out of bounds.
ND_INLINE int64_t position_of(int64_t index, int64_t size) {
  return index < 0 ? index + size : index;
}
ND_INLINE bool is_in_bounds(int64_t position, int64_t size) {
  return position >= 0 && position < size;
}

// An axis of an array, of `size` elements `stride` bytes apart, that indices point along.
struct Axis {
  int axis;
  int64_t size, stride;

  Axis(const Array& x, int axis)
      : axis(axis), size(x.shape()[axis]), stride(Walk<1>::byte_stride(x, axis)) {}

  int64_t offset(int64_t index) const {
    if (!contains(index)) out_of_bounds(index);
    return checked_offset(index);
  }
  bool contains(int64_t index) const { return slack(index) >= 0; }
  // Negative for an index out of bounds, and together, by "or", for several of which one is.
  int64_t slack(int64_t index) const {
    const auto n = static_cast<uint64_t>(size), i = static_cast<uint64_t>(index);
    return static_cast<int64_t>((i + n) | (n - 1 - i));
  }
  // Of an index that the axis contains.
  int64_t checked_offset(int64_t index) const { return position_of(index, size) * stride; }
  [[noreturn]] __attribute__((noinline)) void out_of_bounds(int64_t index) const {
    throw IndexError(
        message("index ", index, " is out of bounds for axis ", axis, " with size ", size));
  }
};

inline int64_t read_index(const char* data) { return *reinterpret_cast<const int64_t*>(data); }

// Operands of the Walks and Blocks.
enum Operand { out_operand, index_operand, other_operand };

// The walk of out, the indices and x, which is left at its first element along the axis.
inline Walk<3> walk_of_gather(const Array& out, const Array& x, const Array& indices, int axis) {
  Array start = x;
  start.layout.shape = out.shape();
  start.layout.strides[axis] = 0;
  return Walk<3>({&out, &indices, &start});
}

// Whether each index holds for a whole row that is dense in the other two operands.
inline bool has_dense_rows(const Block<3>& block, int64_t item) {
  return block.column_strides[index_operand] == 0 && block.column_strides[out_operand] == item &&
         block.column_strides[other_operand] == item;
}

}  // namespace nd
