// What gather and scatter of the `cpu` device share. Both walk three operands: out, the indices,
// and x (gather) or the values (scatter).
#pragma once

#include "core/strided.hpp"
#include "cpu/cpu_backend.hpp"

namespace nd::cpu {

// An axis of an array, of `size` elements `stride` bytes apart, that indices point along.
struct Axis {
  int axis;
  int64_t size, stride;

  Axis(const Array& x, int axis)
      : axis(axis), size(x.shape()[axis]), stride(Walk<1>::byte_stride(x, axis)) {}

  int64_t offset(int64_t index) const {
    const int64_t position = index < 0 ? index + size : index;
    if (position < 0 || position >= size) out_of_bounds(index);
    return position * stride;
  }
  [[noreturn]] __attribute__((noinline)) void out_of_bounds(int64_t index) const {
    throw IndexError(
        message("index ", index, " is out of bounds for axis ", axis, " with size ", size));
  }
};

inline int64_t read_index(const char* data) { return *reinterpret_cast<const int64_t*>(data); }

// Operands of the Walks and Blocks.
enum Operand { out_operand, index_operand, other_operand };

// Whether each index holds for a whole row that is dense in the other two operands.
inline bool has_dense_rows(const Block<3>& block, int64_t item) {
  return block.column_strides[index_operand] == 0 && block.column_strides[out_operand] == item &&
         block.column_strides[other_operand] == item;
}

}  // namespace nd::cpu
