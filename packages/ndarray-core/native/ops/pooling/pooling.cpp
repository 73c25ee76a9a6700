// Pools over windows of the last axes; the axes before them are planes.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

constexpr int most_axes = 3;

void check_numbers(const char* op, const char* name, const Dims& values, int count, int64_t least) {
  const bool is_fine = values.size() == count && std::all_of(values.begin(), values.end(),
                                                             [&](int64_t v) { return v >= least; });
  if (is_fine) return;
  throw ShapeError(message(op, ": ", name, " is ", values, ", and must be ", count,
                           " numbers of at least ", least, ", one for each windowed axis"));
}

// Every window has to start in the array, or in the padding before it, and to end behind its start.
void check_pools(const char* op, const Array& x, const Pools& pools, const Dims& places) {
  const int axes = pools.size.size();
  check_operands(op, {&x});
  if (axes == 0 || x.ndim() < axes) {
    throw ShapeError(message(op, ": x of shape ", x.shape(), " for windows of ", pools.size));
  }
  check_numbers(op, "size", pools.size, axes, 1);
  check_numbers(op, "stride", pools.stride, axes, 1);
  check_numbers(op, "padding", pools.padding, axes, 0);
  check_numbers(op, "dilation", pools.dilation, axes, 1);
  check_numbers(op, "places", places, axes, 0);
  for (int i = 0; i < axes; ++i) {
    const int64_t length = x.shape()[x.ndim() - axes + i];
    const int64_t last = (places[i] - 1) * pools.stride[i] - pools.padding[i];
    const int64_t reach = pools.dilation[i] * (pools.size[i] - 1);
    if (places[i] == 0 || (last < length && pools.padding[i] <= reach)) continue;
    throw ShapeError(message(op, ": ", places, " windows of ", pools.size, ", ", pools.stride,
                             " apart, with padding ", pools.padding, ", do not all reach into ",
                             x.shape()));
  }
}

Dims leading(const Array& x, int axes) {
  Dims shape;
  for (int i = 0; i < x.ndim() - axes; ++i) shape.push_back(x.shape()[i]);
  return shape;
}

Dims windowed(const Array& x, int axes) {
  Dims shape;
  for (int i = x.ndim() - axes; i < x.ndim(); ++i) shape.push_back(x.shape()[i]);
  return shape;
}

Dims joined(Dims first, const Dims& second) {
  for (int64_t size : second) first.push_back(size);
  return first;
}

// (planes, windowed axes...), dense.
Dims planes_shape(const Array& x, int axes) {
  return joined(Dims{size_of(leading(x, axes))}, windowed(x, axes));
}
Array planes_of(const Array& x, int axes) { return contiguous(reshape(x, planes_shape(x, axes))); }

// Kernels count through a plane with 32 bits.
bool is_small(const Array& x, int axes) { return size_of(windowed(x, axes)) < int64_t{1} << 31; }
DType position_type(const Array& x, int axes) {
  return is_small(x, axes) ? DType::int32 : DType::int64;
}
const FusedKernels* kernels_of(Operands operands, const Array& x, int axes) {
  return axes <= most_axes && is_small(x, axes) ? kernels_for(operands) : nullptr;
}

}  // namespace

std::optional<std::tuple<Array, Array>> max_pool(const Array& x, const Dims& size,
                                                 const Dims& stride, const Dims& padding,
                                                 const Dims& dilation, const Dims& places) {
  const Pools pools{size, stride, padding, dilation};
  check_pools("max_pool", x, pools, places);
  const int axes = size.size();
  const Dims shape = joined(leading(x, axes), places);
  if (size_of(shape) == 0) {
    return std::tuple{empty(shape, x.dtype(), x.device()),
                      empty(shape, position_type(x, axes), x.device())};
  }
  const FusedKernels* const kernels = kernels_of({&x}, x, axes);
  if (!kernels || !kernels->max_pool) return std::nullopt;
  const Array planes = planes_of(x, axes);
  const Dims flat = joined(Dims{planes.shape()[0]}, places);
  const Array out = empty(flat, x.dtype(), x.device());
  const Array positions = empty(flat, DType::int32, x.device());
  kernels->max_pool(out, positions, planes, pools);
  return std::tuple{reshape(out, shape), reshape(positions, shape)};
}

Result max_pool_gradient(const Array& gradient, const Array& x, const Array& positions,
                         const Dims& size) {
  const char* const op = "max_pool_gradient";
  check_operands(op, {&gradient, &x});
  check_same_shape(op, "gradient", gradient, "positions", positions);
  check_same_device(gradient, positions, op);
  const int axes = size.size();
  if (axes == 0 || x.ndim() < axes || gradient.ndim() != x.ndim() ||
      leading(x, axes) != leading(gradient, axes)) {
    throw ShapeError(message(op, ": gradient of shape ", gradient.shape(), " for x of shape ",
                             x.shape(), " pooled over the last ", axes, " axes"));
  }
  if (const DType needed = position_type(x, axes); positions.dtype() != needed) {
    throw DTypeError(message(op, ": positions hold ", name_of(positions.dtype()),
                             ", and must hold ", name_of(needed)));
  }
  if (gradient.size() == 0 || x.size() == 0) {
    return full(x.shape(), Scalar{}, gradient.dtype(), x.device());
  }
  const FusedKernels* const kernels = kernels_of({&gradient, &x}, x, axes);
  if (!kernels || !kernels->max_pool_gradient) return std::nullopt;
  const Array result = empty(planes_shape(x, axes), x.dtype(), x.device());
  kernels->max_pool_gradient(result, planes_of(gradient, axes), planes_of(positions, axes));
  return reshape(result, x.shape());
}

Result avg_pool(const Array& x, const Dims& size, const Dims& stride, const Dims& padding,
                const Dims& places, bool count_include_pad, std::optional<int64_t> divisor) {
  const Pools pools{size, stride, padding, Dims(size.size(), 1)};
  check_pools("avg_pool", x, pools, places);
  const int axes = size.size();
  const Dims shape = joined(leading(x, axes), places);
  if (size_of(shape) == 0) return empty(shape, x.dtype(), x.device());
  const FusedKernels* const kernels = kernels_of({&x}, x, axes);
  if (!kernels || !kernels->avg_pool) return std::nullopt;
  const Array planes = planes_of(x, axes);
  const Array out = empty(joined(Dims{planes.shape()[0]}, places), x.dtype(), x.device());
  kernels->avg_pool(out, planes, pools, count_include_pad, divisor.value_or(0));
  return reshape(out, shape);
}

Result avg_pool_gradient(const Array& gradient, const Array& x, const Dims& size,
                         const Dims& stride, const Dims& padding, const Dims& places,
                         bool count_include_pad, std::optional<int64_t> divisor) {
  const char* const op = "avg_pool_gradient";
  const Pools pools{size, stride, padding, Dims(size.size(), 1)};
  check_pools(op, x, pools, places);
  check_operands(op, {&gradient, &x});
  const int axes = size.size();
  if (gradient.shape() != joined(leading(x, axes), places)) {
    throw ShapeError(message(op, ": gradient of shape ", gradient.shape(), ", and must have ",
                             joined(leading(x, axes), places)));
  }
  if (gradient.size() == 0) return full(x.shape(), Scalar{}, gradient.dtype(), x.device());
  const FusedKernels* const kernels = kernels_of({&gradient, &x}, x, axes);
  if (!kernels || !kernels->avg_pool_gradient) return std::nullopt;
  const Array result = empty(planes_shape(x, axes), x.dtype(), x.device());
  kernels->avg_pool_gradient(result, planes_of(gradient, axes), pools, count_include_pad,
                             divisor.value_or(0));
  return reshape(result, x.shape());
}

}  // namespace nd
