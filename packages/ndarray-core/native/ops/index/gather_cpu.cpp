// gather of the `cpu` device. Where one index serves a whole dense row (an embedding, take along an
// outer axis), rows are moved at once.
#include <cstring>

#include "cpu/cpu_backend.hpp"
#include "ops/index/axis.hpp"

namespace nd::cpu {
namespace {

template <typename T>
void gather_elements(const Block<3>& block, const Axis& axis) {
  const int64_t* const steps = block.column_strides;
  for (int64_t row = 0; row < block.rows; ++row) {
    char* out = block.data[out_operand] + row * block.row_strides[out_operand];
    const char* index = block.data[index_operand] + row * block.row_strides[index_operand];
    const char* x = block.data[other_operand] + row * block.row_strides[other_operand];
    for (int64_t i = 0; i < block.columns; ++i) {
      *reinterpret_cast<T*>(out) = *reinterpret_cast<const T*>(x + axis.offset(read_index(index)));
      out += steps[out_operand];
      index += steps[index_operand];
      x += steps[other_operand];
    }
  }
}

void gather_rows(const Block<3>& block, const Axis& axis, int64_t item) {
  const size_t nbytes = static_cast<size_t>(block.columns * item);
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t index =
        read_index(block.data[index_operand] + row * block.row_strides[index_operand]);
    std::memcpy(
        block.data[out_operand] + row * block.row_strides[out_operand],
        block.data[other_operand] + row * block.row_strides[other_operand] + axis.offset(index),
        nbytes);
  }
}

}  // namespace

void gather(const Array& out, const Array& x, const Array& indices, int axis) {
  const Axis along(x, axis);
  const Walk<3> walk = walk_of_gather(out, x, indices, axis);
  const int64_t item = static_cast<int64_t>(itemsize(out.dtype()));
  for_each_block(walk, parallel_grain, 1, [&](const Block<3>& block) {
    if (has_dense_rows(block, item)) return gather_rows(block, along, item);
    switch (item) {
      case 1:
        return gather_elements<uint8_t>(block, along);
      case 2:
        return gather_elements<uint16_t>(block, along);
      case 4:
        return gather_elements<uint32_t>(block, along);
      case 8:
        return gather_elements<uint64_t>(block, along);
      default:
        return gather_elements<complex128>(block, along);
    }
  });
}

}  // namespace nd::cpu
