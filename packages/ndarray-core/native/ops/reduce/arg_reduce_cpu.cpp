// argmax and argmin of the `cpu` device. A long axis is cut into parts, whose winners are compared
// in order.
#include <cstring>

#include "cpu/cpu_backend.hpp"
#include "ops/reduce/reduce_kernels.hpp"

namespace nd::cpu {
namespace {

// The axis, and the other dimensions of x and out.
struct ArgReduction {
  ReduceKernels::Pair kernels;
  Walk<2> kept;
  int64_t length, stride;
  bool by_rows;
  int64_t part;  // length of a part
};

// Writes the position of each part's winner, counted from the start of the part. `positions` walks
// where they go for the dimensions of kept; parts are part_stride apart.
void reduce_parts(const ArgReduction& task, char* positions,
                  const int64_t (&position_strides)[max_ndim], int64_t part_stride) {
  const Walk<2>& kept = task.kept;
  Walk<2> walk;
  walk.data[0] = kept.data[0];
  walk.data[1] = positions;
  const int outer = task.by_rows ? kept.ndim : kept.ndim - 1;
  for (int d = 0; d < outer; ++d) {
    walk.push_back(kept.shape[d], {kept.strides[d][0], position_strides[d]});
  }
  walk.push_back(task.length, {task.stride, 0});
  if (task.by_rows) {
    const int64_t rows = std::max<int64_t>(1, parallel_grain / task.part);
    for_each_piece(walk, rows, task.part, parallel_grain,
                   [&](const Block<2>& block, int64_t, int64_t part) {
                     task.kernels.rows(block.data[1] + part * part_stride, block.row_strides[1],
                                       block.data[0], block.rows, block.columns,
                                       block.row_strides[0], block.column_strides[0]);
                   });
  } else {
    walk.push_back(kept.shape[outer], {kept.strides[outer][0], position_strides[outer]});
    const int64_t columns = std::max(tile_columns, parallel_grain / task.part);
    for_each_piece(walk, task.part, columns, parallel_grain,
                   [&](const Block<2>& block, int64_t part, int64_t) {
                     task.kernels.columns(
                         block.data[1] + part * part_stride, block.column_strides[1], block.data[0],
                         block.rows, block.columns, block.row_strides[0], block.column_strides[0]);
                   });
  }
}

// Among the winners of the parts of one row of x, the first best; as a position in the row.
int64_t best_of_parts(const ArgReduction& task, const char* x, const int64_t* positions,
                      int64_t parts, size_t item) {
  int64_t best = positions[0];
  for (int64_t part = 1; part < parts; ++part) {
    const int64_t rival = part * task.part + positions[part];
    alignas(8) char values[16];
    std::memcpy(values, x + best * task.stride, item);
    std::memcpy(values + item, x + rival * task.stride, item);
    int64_t winner;
    task.kernels.rows(reinterpret_cast<char*>(&winner), 0, values, 1, 2, 0,
                      static_cast<int64_t>(item));
    if (winner == 1) best = rival;
  }
  return best;
}

}  // namespace

void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) {
  if (out.size() == 0) return;
  if (is_half_type(x.dtype())) return arg_reduce(op, out, widened(x), axis);
  static const ReduceKernels& kernels = ND_SELECT_KERNELS(reduce_kernels);
  ArgReduction task;
  task.kernels = kernels.arg_reduce[static_cast<int>(op)][static_cast<int>(x.dtype())];
  task.length = x.shape()[axis];
  task.stride = Walk<2>::byte_stride(x, axis);
  Walk<2>& kept = task.kept;
  kept.data[0] = x.data();
  kept.data[1] = out.data();
  for (int d = 0; d < x.ndim(); ++d) {
    if (d == axis) continue;
    kept.push_back(x.shape()[d], {Walk<2>::byte_stride(x, d), Walk<2>::byte_stride(out, d)});
  }
  kept.normalize();
  // Short rows are better done side by side, as columns.
  const int64_t least = 32;
  task.by_rows =
      kept.ndim == 0 ||
      (task.length >= least && std::abs(task.stride) < std::abs(kept.strides[kept.ndim - 1][0]));
  task.part = std::min(task.length, reduce_limit);
  const int64_t parts = divide_up(task.length, task.part);

  int64_t strides[max_ndim];
  if (parts == 1) {
    for (int d = 0; d < kept.ndim; ++d) strides[d] = kept.strides[d][1];
    return reduce_parts(task, kept.data[1], strides, 0);
  }
  const BufferRef memory = cpu_backend().allocate(DType::int64, kept.size * parts);
  int64_t* positions = static_cast<int64_t*>(memory->data);
  int64_t stride = parts * static_cast<int64_t>(sizeof(int64_t));
  for (int d = kept.ndim - 1; d >= 0; --d) {
    strides[d] = stride;
    stride *= kept.shape[d];
  }
  reduce_parts(task, static_cast<char*>(memory->data), strides, sizeof(int64_t));
  Cursor<2> cursor(kept, kept.ndim, 0);
  for (int64_t i = 0; i < kept.size; ++i, cursor.next(), positions += parts) {
    *reinterpret_cast<int64_t*>(cursor.data[1]) =
        best_of_parts(task, cursor.data[0], positions, parts, itemsize(x.dtype()));
  }
}

}  // namespace nd::cpu
