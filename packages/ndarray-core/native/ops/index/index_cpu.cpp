// gather and scatter_add of the `cpu` device. Both walk the indices; where one index serves a whole
// dense row (an embedding, take along an outer axis), rows are moved or added at once.
#include <cstring>

#include "cpu/cpu_backend.hpp"
#include "ops/elementwise/elementwise_kernels.hpp"

namespace nd::cpu {
namespace {

// An axis of x, of `size` elements `stride` bytes apart, that indices point along.
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

int64_t read_index(const char* data) { return *reinterpret_cast<const int64_t*>(data); }

// Operands of Walks and Blocks below: out, indices, x (gather) or values (scatter_add).
enum Operand { out_operand, index_operand, other_operand };

// Whether each index holds for a whole row that is dense in the other two operands.
bool has_dense_rows(const Block<3>& block, int64_t item) {
  return block.column_strides[index_operand] == 0 && block.column_strides[out_operand] == item &&
         block.column_strides[other_operand] == item;
}

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

// Adds along `length` indices, one after the other, for a block of the other dimensions: so each
// element of out gets its values in the order of the indices, however the blocks are cut.
template <typename T>
void scatter_elements(Block<3> block, const Axis& axis, int64_t length, const int64_t (&along)[3]) {
  // The innermost loop is over the other dimension, or over the indices where those lie closer.
  int64_t inner = block.columns, inner_steps[3], outer_steps[3];
  std::copy_n(block.column_strides, 3, inner_steps);
  std::copy_n(along, 3, outer_steps);
  if (std::abs(along[other_operand]) < std::abs(inner_steps[other_operand])) {
    std::swap(inner, length);
    std::swap(inner_steps, outer_steps);
  }
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t j = 0; j < length; ++j) {
      char* data[3];
      for (int k = 0; k < 3; ++k) {
        data[k] = block.data[k] + row * block.row_strides[k] + j * outer_steps[k];
      }
      for (int64_t i = 0; i < inner; ++i) {
        T& target =
            *reinterpret_cast<T*>(data[out_operand] + axis.offset(read_index(data[index_operand])));
        target = static_cast<T>(target + *reinterpret_cast<const T*>(data[other_operand]));
        for (int k = 0; k < 3; ++k) data[k] += inner_steps[k];
      }
    }
  }
}

void scatter_rows(const Block<3>& block, const Axis& axis, int64_t length,
                  const int64_t (&along)[3], BinaryKernel add, int64_t item) {
  Block<3> sum = {{}, 1, block.columns, {}, {item, item, item}};  // out, out, values
  for (int64_t j = 0; j < length; ++j) {
    for (int64_t row = 0; row < block.rows; ++row) {
      const int64_t index =
          read_index(block.data[index_operand] + row * block.row_strides[index_operand] +
                     j * along[index_operand]);
      sum.data[0] =
          block.data[out_operand] + row * block.row_strides[out_operand] + axis.offset(index);
      sum.data[1] = sum.data[0];
      sum.data[2] = block.data[other_operand] + row * block.row_strides[other_operand] +
                    j * along[other_operand];
      add(sum);
    }
  }
}

// Signed and unsigned integers add alike.
template <typename F>
void dispatch_addition(DType dtype, F&& f) {
  if (dtype == DType::float32) return f.template operator()<float>();
  if (dtype == DType::float64) return f.template operator()<double>();
  switch (itemsize(dtype)) {
    case 1:
      return f.template operator()<uint8_t>();
    case 2:
      return f.template operator()<uint16_t>();
    case 4:
      return f.template operator()<uint32_t>();
    default:
      return f.template operator()<uint64_t>();
  }
}

void check_indices(const Array& indices, const Axis& axis) {
  Walk<1> walk;
  walk.data[0] = indices.data();
  for (int d = 0; d < indices.ndim(); ++d) {
    const int64_t stride = Walk<1>::byte_stride(indices, d);
    // A repeated index is looked at once.
    walk.push_back(stride == 0 ? std::min<int64_t>(1, indices.shape()[d]) : indices.shape()[d],
                   {stride});
  }
  walk.normalize();
  for_each_block(walk, parallel_grain, 1, [&](const Block<1>& block) {
    for (int64_t row = 0; row < block.rows; ++row) {
      const char* index = block.data[0] + row * block.row_strides[0];
      for (int64_t i = 0; i < block.columns; ++i, index += block.column_strides[0]) {
        axis.offset(read_index(index));
      }
    }
  });
}

}  // namespace

void gather(const Array& out, const Array& x, const Array& indices, int axis) {
  const Axis along(x, axis);
  Array start = x;  // walks x but for the axis, where the indices lead
  start.layout.shape = out.shape();
  start.layout.strides[axis] = 0;
  const Walk<3> walk({&out, &indices, &start});
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
      default:
        return gather_elements<uint64_t>(block, along);
    }
  });
}

void scatter_add(const Array& out, const Array& indices, const Array& values, int axis) {
  const Axis target(out, axis);
  check_indices(indices, target);
  if (indices.size() == 0) return;
  Walk<3> walk;  // of all dimensions but the axis: a thread's block owns its part of out
  const Array* const operands[3] = {&out, &indices, &values};
  for (int k = 0; k < 3; ++k) walk.data[k] = operands[k]->data();
  for (int d = 0; d < out.ndim(); ++d) {
    if (d == axis) continue;
    walk.push_back(indices.shape()[d],
                   {Walk<3>::byte_stride(out, d), Walk<3>::byte_stride(indices, d),
                    Walk<3>::byte_stride(values, d)});
  }
  walk.normalize();
  const int64_t length = indices.shape()[axis];
  const int64_t along[3] = {0, Walk<3>::byte_stride(indices, axis),
                            Walk<3>::byte_stride(values, axis)};
  const int64_t item = static_cast<int64_t>(itemsize(out.dtype()));
  const BinaryKernel add = ND_SELECT_KERNELS(binary_kernels)
                               .of[static_cast<int>(BinaryOp::add)][static_cast<int>(out.dtype())];
  const int64_t least_columns = 64;  // narrower pieces of a row would share cache lines
  const int64_t grain = std::max(least_columns, parallel_grain / length);
  for_each_block(walk, grain, 1, [&](const Block<3>& block) {
    if (has_dense_rows(block, item)) {
      return scatter_rows(block, target, length, along, add, item);
    }
    dispatch_addition(out.dtype(),
                      [&]<typename T>() { scatter_elements<T>(block, target, length, along); });
  });
}

}  // namespace nd::cpu
