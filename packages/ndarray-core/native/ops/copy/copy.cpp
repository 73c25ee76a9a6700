// Making arrays, and moving elements between layouts, element types and devices.
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>

#include "core/ops.hpp"

namespace nd {

Array empty(const Dims& shape, DType dtype, Backend& device) {
  const int64_t size = size_of(shape);
  if (size > std::numeric_limits<int64_t>::max() / static_cast<int64_t>(itemsize(dtype))) {
    throw OutOfMemory(message("shape ", shape, " of ", name_of(dtype),
                              " needs more memory than any machine has"));
  }
  return Array{device.allocate(dtype, size), Layout(shape)};
}

bool fits(const Scalar& value, DType dtype) {
  if (value.kind == Kind::complex) return is_complex(dtype) || dtype == DType::bool_;
  if (!is_integer(dtype)) return true;
  return dispatch(dtype, [&]<typename T>() {
    if constexpr (std::is_integral_v<T>) {
      using Limits = std::numeric_limits<T>;
      if (value.kind == Kind::floating) {  // cut to an integer; NaN is not below anything
        const double whole = std::trunc(value.floating);
        return whole >= static_cast<double>(Limits::lowest()) &&
               whole < std::ldexp(1.0, Limits::digits);
      }
      if (value.kind == Kind::unsigned_integer) return std::is_same_v<T, uint64_t>;  // above int64
      if (std::is_same_v<T, uint64_t>) return value.integer >= 0;
      return value.integer >= static_cast<int64_t>(Limits::lowest()) &&
             value.integer <= static_cast<int64_t>(Limits::max());
    }
    return true;
  });
}

DType type_with_scalar(DType array, const Scalar& scalar) {
  if (scalar.kind == Kind::complex) {
    return is_floating(array) ? complex_type(array) : is_complex(array) ? array : default_complex;
  }
  if (scalar.kind == Kind::floating && !is_inexact(array)) return default_float;
  if (scalar.kind != Kind::boolean && array == DType::bool_) return default_int;
  return array;
}

namespace {

void check_fits(const Scalar& value, DType dtype, const char* op) {
  if (fits(value, dtype)) return;
  if (value.kind == Kind::complex) {
    throw DTypeError(message(op, ": a complex number does not fit into ", name_of(dtype),
                             "; take its real or imaginary part"));
  }
  throw std::overflow_error(
      value.kind == Kind::floating
          ? message(op, ": ", value.floating, " does not fit into ", name_of(dtype))
          : message(op, ": the number does not fit into ", name_of(dtype)));
}

void check_convertible(DType from, DType to, const char* op) {
  if (is_complex(from) && !is_complex(to) && to != DType::bool_) {
    throw DTypeError(message(op, ": ", name_of(from), " to ", name_of(to),
                             " would drop imaginary parts; take real(x) or imag(x)"));
  }
}

}  // namespace

Array full(const Dims& shape, Scalar value, DType dtype, Backend& device) {
  check_fits(value, dtype, "full");
  Array out = empty(shape, dtype, device);
  if (out.size() > 0) device.fill(out, value);
  return out;
}

Array from_scalar(Scalar value, DType dtype, Backend& device) {
  return full({}, value, dtype, device);
}

Array copy(const Array& x) { return astype(x, x.dtype(), /*always_copy=*/true); }

Array contiguous(const Array& x) { return x.layout.is_contiguous() ? x : copy(x); }

Array astype(const Array& x, DType dtype, bool always_copy) {
  if (x.dtype() == dtype && !always_copy) return x;
  check_convertible(x.dtype(), dtype, "astype");
  Array out = empty(x.shape(), dtype, x.device());
  if (out.size() > 0) x.device().copy(out, x);
  return out;
}

Array to_device(const Array& x, Backend& device) {
  if (&x.device() == &device) return x;
  Array out = empty(x.shape(), x.dtype(), device);
  if (out.size() == 0) return out;
  if (device.is_host_memory()) {
    x.device().download(out.data(), x);
  } else if (x.device().is_host_memory()) {
    device.upload(out, contiguous(x).data());
  } else {
    const auto host = std::make_unique<char[]>(static_cast<size_t>(x.size()) * itemsize(x.dtype()));
    x.device().download(host.get(), x);
    device.upload(out, host.get());
  }
  return out;
}

Array reshape(const Array& x, const Dims& shape) {
  if (const auto layout = x.layout.reshape(shape)) return x.view(*layout);
  Array dense = copy(x);
  return dense.view(*dense.layout.reshape(shape));
}

Array view_as(const Array& x, DType dtype) {
  if (dtype == x.dtype()) return x;
  if (dtype == DType::bool_) {
    throw DTypeError("view: memory of other elements need not hold bools; compare them: x != 0");
  }
  const auto old_size = static_cast<int64_t>(itemsize(x.dtype()));
  const auto new_size = static_cast<int64_t>(itemsize(dtype));
  Layout layout = x.layout;
  if (old_size != new_size) {
    const int last = x.ndim() - 1;
    bool fits = last >= 0 && x.strides()[last] == 1 && x.shape()[last] * old_size % new_size == 0;
    const auto rescale = [&](int64_t& count) {
      fits &= count * old_size % new_size == 0;
      count = count * old_size / new_size;
    };
    for (int axis = 0; axis < last; ++axis) rescale(layout.strides[axis]);
    rescale(layout.offset);
    const auto start = reinterpret_cast<uintptr_t>(x.buffer->data);
    fits &= start % std::min<uintptr_t>(new_size, alignof(double)) == 0;  // foreign memory
    if (!fits) {
      throw ShapeError(
          message("view: shape ", x.shape(), " with strides ", x.strides(), ", of ",
                  name_of(x.dtype()), ", cannot be read as ", name_of(dtype),
                  "; the last dimension must be dense, and rows must begin where elements do"));
    }
    layout.shape[last] = x.shape()[last] * old_size / new_size;
  }
  Buffer* const buffer = new Buffer(*x.buffer, dtype, [kept = x.buffer](void*) {});
  return Array{BufferRef(buffer), layout};
}

bool may_share_memory(const Array& a, const Array& b) {
  if (a.size() == 0 || b.size() == 0) return false;
  const auto first_byte = [](const Array& x, int64_t element) {
    return static_cast<const char*>(x.buffer->data) +
           element * static_cast<int64_t>(itemsize(x.dtype()));
  };
  // Addresses rather than buffers: two buffers may wrap the same foreign memory.
  const auto extent_a = a.layout.extent(), extent_b = b.layout.extent();
  return &a.device() == &b.device() || (a.device().is_host_memory() && b.device().is_host_memory())
             ? first_byte(a, extent_a.first) < first_byte(b, extent_b.last + 1) &&
                   first_byte(b, extent_b.first) < first_byte(a, extent_a.last + 1)
             : false;
}

void check_writable(const Array& target, const char* op) {
  if (target.buffer->readonly) {
    throw ReadOnlyError(message(op, ": the array of shape ", target.shape(),
                                " lies in memory that its owner shares for reading only;"
                                " copy() it before writing"));
  }
  if (target.layout.has_repeats()) {
    throw ShapeError(
        message(op, ": this view of shape ", target.shape(),
                " reaches some elements more than once (it is broadcast or made of windows);"
                " copy() it before writing"));
  }
}

void check_same_device(const Array& a, const Array& b, const char* op) {
  if (&a.device() != &b.device()) {
    throw DeviceError(message(op, ": operands are on '", a.device().name, "' and '",
                              b.device().name, "'; move one with to_device('", a.device().name,
                              "')"));
  }
}

void assign(const Array& target, const Array& value) {
  check_same_device(target, value, "assignment");
  check_writable(target, "assignment");
  check_convertible(value.dtype(), target.dtype(), "assignment");
  Dims shape = value.shape();
  int leading = 0;  // as NumPy, leading axes of size 1 of the value may be more than the target has
  while (value.ndim() - leading > target.ndim() && value.shape()[leading] == 1)
    shape.erase(0), ++leading;
  Array source = leading > 0 ? reshape(value, shape) : value;
  try {
    source = source.view(source.layout.broadcast_to(target.shape()));
  } catch (const ShapeError&) {
    throw ShapeError(message("assignment: shape ", value.shape(), " does not broadcast to ",
                             target.shape(), ", that of what is written to"));
  }
  if (target.size() == 0) return;
  // x[0] += y ends in x[0] = x[0], after the addition has been done in place.
  if (target.buffer.get() == source.buffer.get() && target.layout == source.layout) return;
  if (may_share_memory(target, source)) source = copy(source);
  target.buffer->version++;
  target.device().copy(target, source);
}

void fill(const Array& target, Scalar value) {
  check_writable(target, "fill");
  check_fits(value, target.dtype(), "fill");
  if (target.size() == 0) return;
  target.buffer->version++;
  target.device().fill(target, value);
}

}  // namespace nd
