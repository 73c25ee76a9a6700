// Arrays put together: one after the other along an axis, or side by side along a new one.
#include "core/ops.hpp"

namespace nd {
namespace {

DType common_type(const char* op, const std::vector<const Array*>& parts) {
  if (parts.empty()) throw ShapeError(message(op, ": takes at least one array"));
  DType dtype = parts.front()->dtype();
  for (const Array* part : parts) {
    check_same_device(*parts.front(), *part, op);
    dtype = promote(dtype, part->dtype());
  }
  return dtype;
}

void copy_into(const Array& out, const Layout& place, const Array& part) {
  if (part.size() > 0) out.device().copy(out.view(place), part);
}

}  // namespace

Array concat(const std::vector<const Array*>& parts, int64_t axis) {
  const DType dtype = common_type("concat", parts);
  const Array& first = *parts.front();
  const int at = first.layout.normalize_axis(axis, "concat");
  Dims shape = first.shape();
  shape[at] = 0;
  for (const Array* part : parts) {
    Dims others = part->shape();
    if (part->ndim() == first.ndim()) others[at] = first.shape()[at];
    if (others != first.shape()) {
      throw ShapeError(message("concat: shapes ", first.shape(), " and ", part->shape(),
                               " differ in more than axis ", at));
    }
    shape[at] += part->shape()[at];
  }
  const Array out = empty(shape, dtype, first.device());
  int64_t start = 0;
  for (const Array* part : parts) {
    const int64_t length = part->shape()[at];
    copy_into(out, out.layout.slice(at, start, length, 1), *part);
    start += length;
  }
  return out;
}

Array stack(const std::vector<const Array*>& parts, int64_t axis) {
  const DType dtype = common_type("stack", parts);
  const Array& first = *parts.front();
  for (const Array* part : parts) {
    if (part->shape() != first.shape()) {
      throw ShapeError(message("stack: shapes ", first.shape(), " and ", part->shape(), " differ"));
    }
  }
  const int at = first.layout.expand_dims(0).normalize_axis(axis, "stack");
  Dims shape = first.shape();
  shape.insert(at, static_cast<int64_t>(parts.size()));
  const Array out = empty(shape, dtype, first.device());
  int64_t position = 0;
  for (const Array* part : parts) copy_into(out, out.layout.index(at, position++), *part);
  return out;
}

}  // namespace nd
