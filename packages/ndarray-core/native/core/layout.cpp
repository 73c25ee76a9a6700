#include "core/layout.hpp"

namespace nd {
namespace {

Dims dense_strides(const Dims& shape) {
  Dims strides(shape.size(), 0);
  int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= shape[i] > 0 ? shape[i] : 1;
  }
  return strides;
}

}  // namespace

int64_t size_of(const Dims& shape) {
  int64_t size = 1;
  bool overflow = false, zero = false;
  for (int64_t n : shape) {
    if (n < 0) throw ShapeError(message("shape ", shape, " has a negative size"));
    zero = zero || n == 0;
    overflow = overflow || __builtin_mul_overflow(size, n, &size);
  }
  if (zero) return 0;
  if (overflow)
    throw ShapeError(message("shape ", shape, " has more elements than can be counted"));
  return size;
}

Dims infer_shape(const Dims& shape, int64_t size) {
  Dims result = shape;
  int unknown = -1;
  int64_t known = 1;
  for (int i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      if (unknown >= 0) {
        throw ShapeError(message("reshape: only one size of ", shape, " may be -1"));
      }
      unknown = i;
    } else if (shape[i] < 0) {
      throw ShapeError(message("reshape: shape ", shape, " has a negative size"));
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      known = shape[i] == 0 ? 0 : -1;  // too large for any array, unless a zero follows
    }
  }
  if (unknown >= 0) {
    if (known <= 0 || size % known != 0) {
      throw ShapeError(
          message("reshape: no size for the -1 in ", shape, " gives ", size, " elements"));
    }
    result[unknown] = size / known;
  } else if (size_of(shape) != size) {
    throw ShapeError(message("reshape: shape ", shape, " has ", size_of(shape),
                             " elements, but the array has ", size));
  }
  return result;
}

Dims broadcast_shapes(const Dims& a, const Dims& b, const char* op) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  const int lead = longer.size() - shorter.size();
  Dims result = longer;
  for (int i = 0; i < shorter.size(); ++i) {
    const int64_t m = longer[lead + i], n = shorter[i];
    if (m == n || n == 1) continue;
    if (m != 1) {
      throw ShapeError(message(op, ": shapes ", a, " and ", b, " do not broadcast: sizes ",
                               a[a.size() - shorter.size() + i], " and ",
                               b[b.size() - shorter.size() + i], " at axis ", i - shorter.size(),
                               " differ and neither is 1"));
    }
    result[lead + i] = n;
  }
  return result;
}

Layout::Layout(const Dims& shape) : shape(shape), strides(dense_strides(shape)) {}

int64_t Layout::size() const {
  int64_t size = 1;
  for (int64_t n : shape) size *= n;
  return size;
}

bool Layout::is_contiguous() const {
  int64_t step = 1;
  for (int i = ndim() - 1; i >= 0; --i) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

bool Layout::has_repeats() const {
  // Sorted by stride, each axis must step over everything that the smaller ones reach. Layouts that
  // interleave without meeting are reported as repeating too, which costs a copy and nothing else.
  Dims order, sizes;
  for (int i = 0; i < ndim(); ++i) {
    if (shape[i] == 0) return false;
    if (shape[i] == 1) continue;
    const int64_t step = strides[i] < 0 ? -strides[i] : strides[i];
    int at = 0;
    while (at < order.size() && order[at] <= step) ++at;
    order.insert(at, step);
    sizes.insert(at, shape[i]);
  }
  int64_t reach = 0;
  for (int i = 0; i < order.size(); ++i) {
    if (order[i] <= reach) return true;
    reach += order[i] * (sizes[i] - 1);
  }
  return false;
}

Layout::Extent Layout::extent() const {
  Extent extent{offset, offset};
  for (int i = 0; i < ndim(); ++i) {
    const int64_t reach = (shape[i] - 1) * strides[i];
    (reach < 0 ? extent.first : extent.last) += reach;
  }
  return extent;
}

int Layout::normalize_axis(int64_t axis, const char* op) const {
  if (axis < -ndim() || axis >= ndim()) {
    throw IndexError(message(op, ": axis ", axis, " is out of range for shape ", shape, " with ",
                             ndim(), " dimensions"));
  }
  return static_cast<int>(axis < 0 ? axis + ndim() : axis);
}

Dims Layout::normalize_axes(const Dims& axes, const char* op) const {
  Dims result;
  for (int64_t axis : axes) {
    const int64_t normal = normalize_axis(axis, op);
    if (std::find(result.begin(), result.end(), normal) != result.end()) {
      throw ShapeError(
          message(op, ": axes ", axes, " name axis ", normal, " of shape ", shape, " twice"));
    }
    result.push_back(normal);
  }
  return result;
}

Layout Layout::index(int axis, int64_t i) const {
  const int64_t n = shape[axis];
  if (i < -n || i >= n) {
    throw IndexError(message("index ", i, " is out of bounds for axis ", axis, " with size ", n));
  }
  Layout result = *this;
  result.offset += (i < 0 ? i + n : i) * strides[axis];
  result.shape.erase(axis);
  result.strides.erase(axis);
  return result;
}

Layout Layout::slice(int axis, int64_t start, int64_t length, int64_t step) const {
  const int64_t n = shape[axis];
  if (length < 0 || step == 0) {
    throw IndexError(message("slice: length ", length, " and step ", step, " select nothing"));
  }
  if (length > 0) {
    int64_t last = 0;
    const bool overflow = __builtin_mul_overflow(length - 1, step, &last) ||
                          __builtin_add_overflow(last, start, &last);
    if (overflow || start < 0 || start >= n || last < 0 || last >= n) {
      throw IndexError(message("slice: ", length, " elements from ", start, " in steps of ", step,
                               " leave axis ", axis, " with size ", n));
    }
  }
  Layout result = *this;
  if (length > 0) result.offset += start * strides[axis];
  result.shape[axis] = length;
  result.strides[axis] = length > 1 ? strides[axis] * step : strides[axis];
  return result;
}

Layout Layout::expand_dims(int axis) const {
  Layout result = *this;
  const int64_t step = axis < ndim() ? shape[axis] * strides[axis] : 1;
  result.shape.insert(axis, 1);
  result.strides.insert(axis, step);
  return result;
}

Layout Layout::squeeze(const Dims& axes) const {
  Layout result(Dims{}, Dims{}, offset);
  for (int i = 0; i < ndim(); ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) {
      result.shape.push_back(shape[i]);
      result.strides.push_back(strides[i]);
    } else if (shape[i] != 1) {
      throw ShapeError(message("squeeze: axis ", i, " of shape ", shape, " has size ", shape[i],
                               ", and only axes of size 1 can be dropped"));
    }
  }
  return result;
}

Layout Layout::permute(const Dims& axes) const {
  const Dims order = normalize_axes(axes, "permute");
  if (order.size() != ndim()) {
    throw ShapeError(message("permute: ", axes, " must name each of the ", ndim(),
                             " axes of shape ", shape, " once"));
  }
  Layout result = *this;
  for (int i = 0; i < ndim(); ++i) {
    result.shape[i] = shape[static_cast<int>(order[i])];
    result.strides[i] = strides[static_cast<int>(order[i])];
  }
  return result;
}

Layout Layout::swap_axes(int axis1, int axis2) const {
  Layout result = *this;
  std::swap(result.shape[axis1], result.shape[axis2]);
  std::swap(result.strides[axis1], result.strides[axis2]);
  return result;
}

Layout Layout::flip(const Dims& axes) const {
  Layout result = *this;
  for (int64_t a : axes) {
    const int axis = static_cast<int>(a);
    if (shape[axis] > 0) result.offset += (shape[axis] - 1) * strides[axis];
    result.strides[axis] = -strides[axis];
  }
  return result;
}

Layout Layout::broadcast_to(const Dims& target) const {
  size_of(target);  // rejects negative and uncountable sizes
  const int lead = target.size() - ndim();
  Layout result(target, Dims(target.size(), 0), offset);
  for (int i = 0; i < ndim() || lead < 0; ++i) {
    if (lead < 0 || (shape[i] != target[lead + i] && shape[i] != 1)) {
      throw ShapeError(message("broadcast_to: shape ", shape, " does not broadcast to ", target,
                               lead < 0 ? ", which has fewer dimensions" : ""));
    }
    if (shape[i] == target[lead + i]) result.strides[lead + i] = strides[i];
  }
  return result;
}

std::optional<Layout> Layout::reshape(const Dims& requested) const {
  const int64_t total = size();
  const Dims target = infer_shape(requested, total);
  Layout result(target);
  result.offset = offset;
  if (total == 0 || is_contiguous()) return result;

  // Walk through the old and the new axes in step: a group of old axes and a group of new axes with
  // equal products belong together, and the old group must be one regular run to be cut anew.
  Dims old_shape, old_strides;
  for (int i = 0; i < ndim(); ++i) {
    if (shape[i] == 1) continue;
    old_shape.push_back(shape[i]);
    old_strides.push_back(strides[i]);
  }
  int old_axis = 0, new_axis = 0;
  while (old_axis < old_shape.size() && new_axis < target.size()) {
    int old_end = old_axis + 1, new_end = new_axis + 1;
    int64_t old_product = old_shape[old_axis], new_product = target[new_axis];
    while (old_product != new_product) {
      if (old_product < new_product) {
        old_product *= old_shape[old_end++];
      } else {
        new_product *= target[new_end++];
      }
    }
    for (int i = old_axis; i + 1 < old_end; ++i) {
      if (old_strides[i] != old_strides[i + 1] * old_shape[i + 1]) return std::nullopt;
    }
    int64_t step = old_strides[old_end - 1];
    for (int i = new_end - 1; i >= new_axis; --i) {
      result.strides[i] = step;
      step *= target[i];
    }
    old_axis = old_end;
    new_axis = new_end;
  }
  for (; new_axis < target.size(); ++new_axis) {  // sizes of 1 that are left over
    result.strides[new_axis] = new_axis > 0 ? result.strides[new_axis - 1] : 1;
  }
  return result;
}

Layout Layout::windows(int axis, int64_t size, int64_t step, int64_t dilation) const {
  if (size < 1 || step < 1 || dilation < 1) {
    throw ShapeError(message("windows: size ", size, ", step ", step, " and dilation ", dilation,
                             " must be positive"));
  }
  int64_t span = 0;  // elements from the first to the last of one window
  const bool overflow =
      __builtin_mul_overflow(size - 1, dilation, &span) || __builtin_add_overflow(span, 1, &span);
  if (overflow || span > shape[axis]) {
    throw ShapeError(message("windows: a window of ", size, " elements with dilation ", dilation,
                             " does not fit into axis ", axis, " of shape ", shape));
  }
  Layout result = *this;
  result.shape[axis] = (shape[axis] - span) / step + 1;
  result.strides[axis] = result.shape[axis] > 1 ? strides[axis] * step : strides[axis];
  result.shape.push_back(size);
  result.strides.push_back(size > 1 ? strides[axis] * dilation : strides[axis]);
  return result;
}

Layout Layout::diagonal(int64_t k, int axis1, int axis2) const {
  if (axis1 == axis2) throw ShapeError(message("diagonal: the two axes are both ", axis1));
  const int64_t row = k < 0 ? -k : 0, column = k > 0 ? k : 0;
  const int64_t rows = shape[axis1] - row, columns = shape[axis2] - column;
  const int64_t length = std::max<int64_t>(0, std::min(rows, columns));
  Layout result = *this;
  if (length > 0) result.offset += row * strides[axis1] + column * strides[axis2];
  const int64_t step = strides[axis1] + strides[axis2];
  for (int axis : {std::max(axis1, axis2), std::min(axis1, axis2)}) {
    result.shape.erase(axis);
    result.strides.erase(axis);
  }
  result.shape.push_back(length);
  result.strides.push_back(step);
  return result;
}

}  // namespace nd
