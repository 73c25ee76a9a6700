// Reading and adding at positions that other arrays name.
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

void scatter_add_checked(const Array& x, const Array& indices, const Array& values, int axis,
                         const char* op) {
  check_same_device(x, values, op);
  check_writable(x, op);
  if (kind_of(promote(x.dtype(), values.dtype())) != kind_of(x.dtype()) ||
      x.dtype() == DType::bool_) {
    throw DTypeError(
        message(op, ": cannot add ", name_of(values.dtype()), " into ", name_of(x.dtype())));
  }
  Array source = astype(values, x.dtype(), false);
  source.layout = source.layout.broadcast_to(indices.shape());
  if (indices.size() == 0) return;
  if (may_share_memory(x, source)) source = copy(source);
  const Array positions = may_share_memory(x, indices) ? copy(indices) : indices;
  x.buffer->version++;
  naming(op, [&] { x.device().scatter_add(x, positions, source, axis); });
}

}  // namespace

Array take(const Array& x, const Array& indices, int64_t axis) {
  check_same_device(x, indices, "take");
  const int position = x.layout.normalize_axis(axis, "take");
  const Array flat = reshape(as_indices(indices, "take"), {-1});
  Array out = empty(with_size(x.shape(), position, flat.size()), x.dtype(), x.device());
  if (out.size() > 0) {
    const Array where = along_axis(flat, x.shape(), position);
    naming("take", [&] { x.device().gather(out, x, where, position); });
  }

  Dims shape = x.shape();
  shape.erase(position);
  for (int i = 0; i < indices.ndim(); ++i) shape.insert(position + i, indices.shape()[i]);
  return reshape(out, shape);
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

void scatter_add(const Array& x, const Array& indices, const Array& values, int64_t axis) {
  check_same_device(x, indices, "scatter_add");
  check_gather(x, indices, "scatter_add");
  const int position = x.layout.normalize_axis(axis, "scatter_add");
  const Array where = as_indices(indices, "scatter_add");
  const Dims shape = with_size(x.shape(), position, where.shape()[position]);
  scatter_add_checked(x, where.view(where.layout.broadcast_to(shape)), values, position,
                      "scatter_add");
}

void index_add(const Array& x, const Array& indices, const Array& values, int64_t axis) {
  check_same_device(x, indices, "index_add");
  const int position = x.layout.normalize_axis(axis, "index_add");
  if (indices.ndim() != 1) {
    throw ShapeError(
        message("index_add: indices have shape ", indices.shape(), ", and must be a vector"));
  }
  scatter_add_checked(x, along_axis(as_indices(indices, "index_add"), x.shape(), position), values,
                      position, "index_add");
}

}  // namespace nd
