// Reductions of the `cpu` device. A reduction is done one dimension at a time, the fastest reduced
// one first, which leaves little for the others; a long one is cut, and its parts are one more
// dimension to reduce.
#include "cpu/cpu_backend.hpp"
#include "ops/reduce/reduce_kernels.hpp"
#include "ops/reduce/reduction.hpp"

namespace nd::cpu {
namespace {

// A reduction, and the element types of its operands.
struct Task : Reduction {
  DType x_dtype, out_dtype;

  // Where the fastest dimension is reduced, whole rows are; else columns, side by side.
  bool by_rows() const {
    if (kept.ndim == 0) return true;
    const int64_t least = 16;  // shorter rows are better done side by side, too
    const int last = reduced.ndim - 1;
    return reduced.shape[last] >= least &&
           reduced.strides[last][0] < std::abs(kept.strides[kept.ndim - 1][0]);
  }
};

int64_t part_length(const Task& task, bool by_rows) {
  const int64_t length = task.reduced.shape[task.reduced.ndim - 1];
  if (by_rows) return std::min(length, reduce_limit);
  const int64_t columns = task.kept.shape[task.kept.ndim - 1];
  // Enough columns keep all threads busy: then their whole length is one part.
  const bool many = task.kept.size / columns * divide_up(columns, tile_columns) >= 64;
  const int64_t rows = parallel_grain / std::min(columns, tile_columns);
  return std::min(
      {length, many ? reduce_limit : divide_up(rows, run_rows) * run_rows, reduce_limit});
}

// The first step of a reduction: along its fastest reduced dimension, in parts of `part` elements.
// out's strides for the remaining dimensions: kept ones, other reduced ones, parts.
struct Destination {
  char* data;
  int64_t kept[max_ndim], reduced[max_ndim], parts;
};

void reduce_fastest(const ReduceKernels::Pair& kernels, const Task& task, bool by_rows,
                    int64_t part, const Destination& out) {
  const Walk<2>& kept = task.kept;
  const Walk<1>& reduced = task.reduced;
  const int fastest = reduced.ndim - 1;
  Walk<2> walk;
  walk.data[0] = kept.data[0];
  walk.data[1] = out.data;
  const int outer_kept = by_rows ? kept.ndim : kept.ndim - 1;
  for (int d = 0; d < fastest; ++d) {
    walk.push_back(reduced.shape[d], {reduced.strides[d][0], out.reduced[d]});
  }
  for (int d = 0; d < outer_kept; ++d) {
    walk.push_back(kept.shape[d], {kept.strides[d][0], out.kept[d]});
  }
  walk.push_back(reduced.shape[fastest], {reduced.strides[fastest][0], 0});
  if (by_rows) {
    const int64_t rows = std::max<int64_t>(1, parallel_grain / part);
    for_each_piece(
        walk, rows, part, parallel_grain, [&](const Block<2>& block, int64_t, int64_t part_index) {
          kernels.rows(block.data[1] + part_index * out.parts, block.row_strides[1], block.data[0],
                       block.rows, block.columns, block.row_strides[0], block.column_strides[0]);
        });
  } else {
    const int last = kept.ndim - 1;
    walk.push_back(kept.shape[last], {kept.strides[last][0], out.kept[last]});
    const int64_t columns =
        std::max(tile_columns, parallel_grain / part / tile_columns * tile_columns);
    for_each_piece(walk, part, columns, parallel_grain,
                   [&](const Block<2>& block, int64_t part_index, int64_t) {
                     kernels.columns(block.data[1] + part_index * out.parts,
                                     block.column_strides[1], block.data[0], block.rows,
                                     block.columns, block.row_strides[0], block.column_strides[0]);
                   });
  }
}

void reduce_all(ReduceOp op, const Task& task) {
  static const ReduceKernels& all_kernels = ND_SELECT_KERNELS(reduce_kernels);
  const ReduceKernels::Pair& kernels =
      all_kernels.reduce[static_cast<int>(op)][static_cast<int>(task.x_dtype)];
  const Walk<2>& kept = task.kept;
  const Walk<1>& reduced = task.reduced;
  const bool by_rows = task.by_rows();
  const int64_t part = part_length(task, by_rows);
  const int fastest = reduced.ndim - 1;
  const int64_t parts = divide_up(reduced.shape[fastest], part);
  Destination out;
  if (parts == 1 && fastest == 0) {
    out.data = kept.data[1];
    out.parts = 0;
    for (int d = 0; d < kept.ndim; ++d) out.kept[d] = kept.strides[d][1];
    return reduce_fastest(kernels, task, by_rows, part, out);
  }

  // What is left to reduce after this step lies in memory in the order that suits the next one:
  // by columns as here, or by rows.
  const int64_t item = static_cast<int64_t>(itemsize(task.out_dtype));
  const BufferRef memory = cpu_backend().allocate(
      task.out_dtype, kept.size * (reduced.size / reduced.shape[fastest]) * parts);
  out.data = static_cast<char*>(memory->data);
  Task rest;
  rest.x_dtype = rest.out_dtype = task.out_dtype;
  int64_t stride = item;
  const int column = by_rows ? kept.ndim : kept.ndim - 1;
  if (!by_rows) {
    out.kept[column] = stride;
    stride *= kept.shape[column];
  }
  out.parts = stride;
  stride *= parts;
  for (int d = fastest - 1; d >= 0; --d) {
    out.reduced[d] = stride;
    stride *= reduced.shape[d];
  }
  for (int d = column - 1; d >= 0; --d) {
    out.kept[d] = stride;
    stride *= kept.shape[d];
  }
  rest.kept.data[0] = rest.reduced.data[0] = out.data;
  rest.kept.data[1] = kept.data[1];
  for (int d = 0; d < kept.ndim; ++d) {
    rest.kept.push_back(kept.shape[d], {out.kept[d], kept.strides[d][1]});
  }
  for (int d = 0; d < fastest; ++d) rest.reduced.push_back(reduced.shape[d], {out.reduced[d]});
  rest.reduced.push_back(parts, {out.parts});
  rest.kept.normalize();
  rest.reduced.normalize();
  reduce_fastest(kernels, task, by_rows, part, out);
  reduce_all(op, rest);
}

// The product along one axis, as products of its two halves, and so on: log2(size) steps.
Array complex_product(const Array& x, int axis) {
  Array rest = x;
  while (rest.shape()[axis] > 1) {
    const int64_t size = rest.shape()[axis], half = size / 2;
    const Array first = rest.view(rest.layout.slice(axis, 0, half, 1));
    const Array second = rest.view(rest.layout.slice(axis, half, half, 1));
    Dims shape = rest.shape();
    shape[axis] = size - half;
    Array products{cpu_backend().allocate(x.dtype(), size_of(shape)), Layout(shape)};
    binary(BinaryOp::multiply, products.view(products.layout.slice(axis, 0, half, 1)), first,
           second);
    if (size % 2 == 1) {
      copy(products.view(products.layout.slice(axis, half, 1, 1)),
           rest.view(rest.layout.slice(axis, size - 1, 1, 1)));
    }
    rest = products;
  }
  return rest;
}

// A complex sum is that of the real and that of the imaginary parts.
void reduce_complex(ReduceOp op, const Array& out, const Array& x, const Dims& axes) {
  if (op == ReduceOp::sum) return reduce(op, component_view(out), component_view(x), axes);
  Array rest = x;
  for (int64_t axis : axes) rest = complex_product(rest, static_cast<int>(axis));
  copy(out, rest);
}

void reduce_half(ReduceOp op, const Array& out, const Array& x, const Dims& axes) {
  const Array wide{cpu_backend().allocate(DType::float32, out.size()), Layout(out.shape())};
  reduce(op, wide, widened(x), axes);
  copy(out, wide);
}

}  // namespace

void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) {
  if (x.size() == 0) return fill(out, empty_result(op));
  if (is_complex(x.dtype())) return reduce_complex(op, out, x, axes);
  if (is_half_type(x.dtype())) return reduce_half(op, out, x, axes);
  const Task task{{out, x, axes}, x.dtype(), out.dtype()};
  if (task.reduced.ndim == 0) return copy(out, x);
  reduce_all(op, task);
}

}  // namespace nd::cpu
