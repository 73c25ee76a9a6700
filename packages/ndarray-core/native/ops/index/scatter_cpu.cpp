// scatter of the `cpu` device. A thread owns whole lanes of out along the axis, so that each
// element gets its values in the order of the indices; where one index serves a whole dense row,
// rows are written at once.
#include <cstring>

#include "cpu/cpu_backend.hpp"
#include "ops/elementwise/elementwise_kernels.hpp"
#include "ops/index/axis.hpp"
#include "ops/index/update.hpp"

namespace nd::cpu {
namespace {

// The loop over a dense row; null for assignment, which is a copy of bytes, and for halves.
BinaryKernel row_kernel(ScatterOp op, DType dtype) {
  static const BinaryKernels& kernels = ND_SELECT_KERNELS(binary_kernels);
  const auto kernel = [&](BinaryOp binary) {
    return kernels.of[static_cast<int>(binary)][static_cast<int>(dtype)];
  };
  switch (op) {
    case ScatterOp::add:
      return kernel(BinaryOp::add);
    case ScatterOp::subtract:
      return kernel(BinaryOp::subtract);
    case ScatterOp::multiply:
      return kernel(BinaryOp::multiply);
    case ScatterOp::maximum:
      return kernel(BinaryOp::maximum);
    case ScatterOp::minimum:
      return kernel(BinaryOp::minimum);
    default:
      return nullptr;
  }
}

// Writes along `length` indices, one after the other, for a block of the other dimensions.
template <typename Op, typename T>
void scatter_elements(const Block<3>& block, const Axis axis, int64_t length,
                      const int64_t (&along)[3]) {
  constexpr int64_t ahead = 64;
  // The innermost loop is over the other dimension, or over the indices where those lie closer.
  int64_t inner = block.columns, inner_steps[3], outer_steps[3];
  std::copy_n(block.column_strides, 3, inner_steps);
  std::copy_n(along, 3, outer_steps);
  if (inner == 1 || std::abs(along[other_operand]) < std::abs(inner_steps[other_operand])) {
    std::swap(inner, length);
    std::swap(inner_steps, outer_steps);
  }
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t j = 0; j < length; ++j) {
      const auto start = [&](Operand k) {
        return block.data[k] + row * block.row_strides[k] + j * outer_steps[k];
      };
      char* out = start(out_operand);
      const char *index = start(index_operand), *value = start(other_operand);
      for (int64_t i = 0; i < inner; ++i) {
        if (i + ahead < inner) {  // what the indices point at lies anywhere in memory
          const int64_t next = read_index(index + ahead * inner_steps[index_operand]);
          __builtin_prefetch(out + ahead * inner_steps[out_operand] + axis.checked_offset(next), 1);
        }
        T& target = *reinterpret_cast<T*>(out + axis.checked_offset(read_index(index)));
        const T operand = *reinterpret_cast<const T*>(value);
        target = updated<Op>(target, operand);
        out += inner_steps[out_operand];
        index += inner_steps[index_operand];
        value += inner_steps[other_operand];
      }
    }
  }
}

void scatter_rows(const Block<3>& block, const Axis& axis, int64_t length,
                  const int64_t (&along)[3], BinaryKernel kernel, int64_t item) {
  Block<3> row_of = {{}, 1, block.columns, {}, {item, item, item}};  // out, out, values
  for (int64_t j = 0; j < length; ++j) {
    for (int64_t row = 0; row < block.rows; ++row) {
      const int64_t index =
          read_index(block.data[index_operand] + row * block.row_strides[index_operand] +
                     j * along[index_operand]);
      char* const target = block.data[out_operand] + row * block.row_strides[out_operand] +
                           axis.checked_offset(index);
      char* const values = block.data[other_operand] + row * block.row_strides[other_operand] +
                           j * along[other_operand];
      if (kernel == nullptr) {
        std::memcpy(target, values, static_cast<size_t>(block.columns * item));
        continue;
      }
      row_of.data[0] = row_of.data[1] = target;
      row_of.data[2] = values;
      kernel(row_of);
    }
  }
}

void check_indices(const Array& indices, const Axis& axis) {
  constexpr int64_t dense = sizeof(int64_t);
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
      const char* const first = block.data[0] + row * block.row_strides[0];
      const auto check = [&](auto step) {
        int64_t slack = 0;
#pragma GCC unroll 4
        for (int64_t i = 0; i < block.columns; ++i)
          slack |= axis.slack(read_index(first + i * step));
        for (int64_t i = 0; slack < 0 && i < block.columns; ++i) {
          axis.offset(read_index(first + i * step));  // raises
        }
      };
      const int64_t step = block.column_strides[0];
      step == dense ? check(std::integral_constant<int64_t, dense>{}) : check(step);
    }
  });
}

}  // namespace

void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values, int axis) {
  const Axis target(out, axis);
  check_indices(indices, target);
  if (indices.size() == 0) return;
  // A thread's block owns its part of out.
  const Walk<3> walk = walk_of_lanes<3>({&out, &indices, &values}, axis);
  const int64_t length = indices.shape()[axis];
  const int64_t along[3] = {0, Walk<3>::byte_stride(indices, axis),
                            Walk<3>::byte_stride(values, axis)};
  const int64_t item = static_cast<int64_t>(itemsize(out.dtype()));
  const BinaryKernel kernel = row_kernel(op, out.dtype());
  const int64_t least_columns = 64;  // narrower pieces of a row would share cache lines
  const int64_t grain = std::max(least_columns, parallel_grain / length);
  for_each_block(walk, grain, 1, [&](const Block<3>& block) {
    const bool by_rows = kernel != nullptr || op == ScatterOp::assign;
    if (by_rows && has_dense_rows(block, item)) {
      return scatter_rows(block, target, length, along, kernel, item);
    }
    dispatch_update(op, out.dtype(), [&]<typename Op, typename T>() {
      scatter_elements<Op, T>(block, target, length, along);
    });
  });
}

}  // namespace nd::cpu
