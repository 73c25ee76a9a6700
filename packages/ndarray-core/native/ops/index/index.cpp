// Reading and writing at positions that other arrays name.
#include "core/ops.hpp"

namespace nd {
namespace {

Array as_indices(const Array& indices, const char* op) {
  if (!is_integer(indices.dtype())) {
    throw DTypeError(
        message(op, ": indices are ", name_of(indices.dtype()), ", and must be integers"));
  }
  return astype(indices, DType::int64, false);
}

// Backends say which index is out of bounds; here is known which operation the user called.
template <typename Call>
void naming(const char* op, Call&& call) {
  try {
    call();
  } catch (const IndexError& error) {
    throw IndexError(message(op, ": ", error.what()));
  }
}

Dims with_size(Dims shape, int axis, int64_t size) {
  shape[axis] = size;
  return shape;
}

// A vector of indices along `axis`, repeated (with stride 0) over all other axes of `shape`.
Array along_axis(const Array& indices, const Dims& shape, int axis) {
  Layout layout = indices.layout;
  for (int i = 0; i < axis; ++i) layout = layout.expand_dims(0);
  while (layout.ndim() < shape.size()) layout = layout.expand_dims(layout.ndim());
  return indices.view(layout.broadcast_to(with_size(shape, axis, indices.size())));
}

void check_gather(const Array& x, const Array& indices, const char* op) {
  if (x.ndim() != indices.ndim()) {
    throw ShapeError(message(op, ": the array of shape ", x.shape(), " and the indices of shape ",
                             indices.shape(), " must have equally many dimensions"));
  }
}

// x, out of whose elements those in the block of `count` axes from `axis` on lie along a single
// one.
struct FlatBlock {
  Array array;
  Array positions;  // along that axis
};

FlatBlock flatten_block(const Array& x, const Array& positions, int axis, int count) {
  if (count == 1) return {x, positions};
  Dims shape = x.shape();
  for (int i = 1; i < count; ++i) {
    shape[axis] *= shape[axis + 1];
    shape.erase(axis + 1);
  }
  if (const auto merged = x.layout.reshape(shape)) return {x.view(*merged), positions};

  // The block's strides are no single one: then the axis is all of the memory from its first
  // element to its last one, and the positions are turned into places there.
  const auto number = [](int64_t value) { return Scalar{Kind::signed_integer, value, 0}; };
  Layout layout = x.layout;
  Array places = binary(BinaryOp::multiply, positions, number(0)), rest = positions;
  int64_t first = 0, last = 0;
  for (int i = axis + count - 1; i >= axis; --i) {
    const int64_t size = layout.shape[i], stride = layout.strides[i];
    const Array coordinates = binary(BinaryOp::remainder, rest, number(size));
    binary_in_place(BinaryOp::add, places, binary(BinaryOp::multiply, coordinates, number(stride)));
    rest = binary(BinaryOp::floor_divide, rest, number(size));
    (stride < 0 ? first : last) += (size - 1) * stride;
    layout.shape.erase(i);
    layout.strides.erase(i);
  }
  binary_in_place(BinaryOp::subtract, places, number(first));
  layout.offset += first;
  layout.shape.insert(axis, last - first + 1);
  layout.strides.insert(axis, 1);
  return {x.view(layout), places};
}

// x's shape with the shape of the positions in place of a block of axes.
Dims selected_shape(const Array& x, const Array& positions, int axis, int count) {
  Dims shape = x.shape();
  for (int i = 0; i < count; ++i) shape.erase(axis);
  for (int i = 0; i < positions.ndim(); ++i) shape.insert(axis + i, positions.shape()[i]);
  return shape;
}

void check_scatter(ScatterOp op, const Array& x, const Array& values, const char* name) {
  check_same_device(x, values, name);
  check_writable(x, name);
  if (op == ScatterOp::assign) return;
  if (op == ScatterOp::maximum || op == ScatterOp::minimum) check_ordered(x, name);
  if (kind_of(promote(x.dtype(), values.dtype())) != kind_of(x.dtype())) {
    throw DTypeError(message(name, ": ", name_of(values.dtype()), " values do not go into ",
                             name_of(x.dtype()), " in place; convert them with astype first"));
  }
  if (op == ScatterOp::subtract && x.dtype() == DType::bool_) {
    throw DTypeError(message(name, ": bools have no difference; use logical_xor"));
  }
}

// indices have the shape of x but along the axis; values broadcast to it.
void scatter_values(ScatterOp op, const Array& x, const Array& indices, const Array& values,
                    int axis, const char* name) {
  Array source = astype(values, x.dtype(), false);
  source.layout = source.layout.broadcast_to(indices.shape());
  if (indices.size() == 0) return;
  if (may_share_memory(x, source)) source = copy(source);
  const Array positions = may_share_memory(x, indices) ? copy(indices) : indices;
  x.buffer->version++;
  naming(name, [&] { x.device().scatter(op, x, positions, source, axis); });
}

}  // namespace

Array take_from_block(const Array& x, const Array& positions, int64_t axis, int count) {
  check_same_device(x, positions, "take");
  const int start = x.layout.normalize_axis(axis, "take");
  const FlatBlock block = flatten_block(x, as_indices(positions, "take"), start, count);
  const Array flat = reshape(block.positions, {-1});
  Array out = empty(with_size(block.array.shape(), start, flat.size()), x.dtype(), x.device());
  if (out.size() > 0) {
    const Array where = along_axis(flat, block.array.shape(), start);
    naming("take", [&] { x.device().gather(out, block.array, where, start); });
  }
  return reshape(out, selected_shape(x, positions, start, count));
}

Array take(const Array& x, const Array& indices, int64_t axis) {
  return take_from_block(x, indices, axis, 1);
}

Array take_along_axis(const Array& x, const Array& indices, int64_t axis) {
  check_same_device(x, indices, "take_along_axis");
  check_gather(x, indices, "take_along_axis");
  const int position = x.layout.normalize_axis(axis, "take_along_axis");
  const Array where = as_indices(indices, "take_along_axis");
  const Dims others = broadcast_shapes(with_size(x.shape(), position, 1),
                                       with_size(where.shape(), position, 1), "take_along_axis");
  const Dims shape = with_size(others, position, where.shape()[position]);
  const Dims source_shape = with_size(others, position, x.shape()[position]);
  Array out = empty(shape, x.dtype(), x.device());
  if (out.size() > 0) {
    const Array source = x.view(x.layout.broadcast_to(source_shape));
    const Array positions = where.view(where.layout.broadcast_to(shape));
    naming("take_along_axis", [&] { x.device().gather(out, source, positions, position); });
  }
  return out;
}

void scatter(ScatterOp op, const Array& x, const Array& indices, const Array& values,
             int64_t axis) {
  check_same_device(x, indices, "scatter");
  check_gather(x, indices, "scatter");
  check_scatter(op, x, values, "scatter");
  const int position = x.layout.normalize_axis(axis, "scatter");
  const Array where = as_indices(indices, "scatter");
  const Dims shape = with_size(x.shape(), position, where.shape()[position]);
  scatter_values(op, x, where.view(where.layout.broadcast_to(shape)), values, position, "scatter");
}

void scatter_to_block(ScatterOp op, const Array& x, const Array& positions, const Array& values,
                      int64_t axis, int count, const char* name) {
  check_same_device(x, positions, name);
  check_scatter(op, x, values, name);
  const int start = x.layout.normalize_axis(axis, name);
  const FlatBlock block = flatten_block(x, as_indices(positions, name), start, count);
  const Array flat = reshape(block.positions, {-1});
  const Array where = along_axis(flat, block.array.shape(), start);
  const Dims selected = selected_shape(x, positions, start, count);
  const Array spread = values.view(values.layout.broadcast_to(selected));
  scatter_values(op, block.array, where, reshape(spread, where.shape()), start, name);
}

Array nonzero(const Array& x) {
  if (x.ndim() == 0) {
    throw ShapeError("nonzero: a 0-d array has no axis to index; reshape it to (1,)");
  }
  const Array mask = contiguous(astype(x, DType::bool_, false));
  const Array total = reduce(ReduceOp::sum, mask, nullptr, false);
  int64_t count = 0;
  x.device().download(&count, total);
  Array out = empty({x.ndim(), count}, DType::int64, x.device());
  if (count > 0) x.device().nonzero(out, mask);
  return out;
}

}  // namespace nd
