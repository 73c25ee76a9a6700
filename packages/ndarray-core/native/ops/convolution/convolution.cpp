// The three convolutions, each of which is a gradient of the others: shapes and their errors.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

constexpr int most_axes = 3;  // spatial ones that kernels are made for

void check_numbers(const char* op, const char* name, const Dims& values, int count, int64_t least) {
  const bool is_fine = values.size() == count && std::all_of(values.begin(), values.end(),
                                                             [&](int64_t v) { return v >= least; });
  if (is_fine) return;
  throw ShapeError(message(op, ": ", name, " is ", values, ", and must be ", count,
                           " numbers of at least ", least, ", one for each spatial axis"));
}

Windows windows_from(const char* op, int axes, const Dims& stride, const std::vector<Dims>& padding,
                     const Dims& dilation, int64_t groups) {
  check_numbers(op, "stride", stride, axes, 1);
  check_numbers(op, "dilation", dilation, axes, 1);
  if (static_cast<int>(padding.size()) != axes) {
    throw ShapeError(message(op, ": padding has ", padding.size(), " pairs, and must have ", axes,
                             ", one for each spatial axis"));
  }
  if (groups < 1) throw ShapeError(message(op, ": groups is ", groups, ", and must be above 0"));
  Windows windows{stride, {}, {}, dilation, groups};
  for (const Dims& pair : padding) {
    check_numbers(op, "a pair (before, behind) of padding", pair, 2, 0);
    windows.before.push_back(pair[0]);
    windows.behind.push_back(pair[1]);
  }
  return windows;
}

// (images, channels, spatial axes...)
void check_images(const char* op, const char* name, const Array& x, int axes) {
  if (axes >= 1 && x.ndim() == axes + 2) return;
  throw ShapeError(message(op, ": ", name, " of shape ", x.shape(), ": expected ",
                           std::max(axes, 1) + 2,
                           " axes, (images, channels, ...) or a weight's (out, in, ...)"));
}

// How many windows there are along each axis.
Dims places_of(const char* op, const Dims& shape, const Dims& kernel, const Windows& windows) {
  Dims places;
  for (int i = 0; i < windows.stride.size(); ++i) {
    const int64_t padded = shape[i + 2] + windows.before[i] + windows.behind[i];
    const int64_t reach = windows.dilation[i] * (kernel[i] - 1) + 1;
    if (padded < reach) {
      throw ShapeError(message(op, ": windows of ", kernel, " with dilation ", windows.dilation,
                               " do not fit into ", shape, " padded by ", windows.before,
                               " before and ", windows.behind, " behind"));
    }
    places.push_back((padded - reach) / windows.stride[i] + 1);
  }
  return places;
}

Dims spatial(const Array& x) {
  Dims sizes;
  for (int i = 2; i < x.ndim(); ++i) sizes.push_back(x.shape()[i]);
  return sizes;
}

Dims image_shape(int64_t images, int64_t channels, const Dims& sizes) {
  Dims shape{images, channels};
  for (int64_t size : sizes) shape.push_back(size);
  return shape;
}

// Output channels are split among the groups, and each sees its own part of the input's channels.
void check_groups(const char* op, int64_t in, int64_t out, int64_t in_of_group, int64_t groups) {
  if (out % groups == 0 && in == in_of_group * groups) return;
  throw ShapeError(message(op, ": ", in, " channels for a weight that takes ", in_of_group,
                           " in each of ", groups, " groups and makes ", out,
                           "; the first must be their product, the last divisible by groups"));
}

using Kernel = void (*)(const Array& out, const Array& x, const Array& y, const Windows& windows);

// Zeros where there is nothing to add up, and nothing where the device has no kernel for the
// operands: definitions take numbers of any type, and any number of axes.
Result compute(Kernel FusedKernels::* kernel, const Dims& shape, const Array& x, const Array& y,
               const Windows& windows) {
  if (size_of(shape) == 0 || x.size() == 0 || y.size() == 0) {
    return full(shape, Scalar{}, promote(x.dtype(), y.dtype()), x.device());
  }
  const FusedKernels* const kernels = kernels_for({&x, &y});
  if (!kernels || !(kernels->*kernel) || !is_floating(x.dtype()) || x.ndim() > most_axes + 2) {
    return std::nullopt;
  }
  const Array out = empty(shape, x.dtype(), x.device());
  (kernels->*kernel)(out, x, y, windows);
  return out;
}

}  // namespace

Result convolution(const Array& x, const Array& weight, const Dims& stride,
                   const std::vector<Dims>& padding, const Dims& dilation, int64_t groups) {
  const char* const op = "convolution";
  check_same_device(x, weight, op);
  const int axes = x.ndim() - 2;
  check_images(op, "x", x, axes);
  check_images(op, "weight", weight, axes);
  const Windows windows = windows_from(op, axes, stride, padding, dilation, groups);
  const int64_t out_channels = weight.shape()[0];
  check_groups(op, x.shape()[1], out_channels, weight.shape()[1], groups);
  const Dims kernel = spatial(weight);
  check_numbers(op, "the weight's window", kernel, axes, 1);
  const Dims shape =
      image_shape(x.shape()[0], out_channels, places_of(op, x.shape(), kernel, windows));
  return compute(&FusedKernels::convolution, shape, x, weight, windows);
}

Result transposed_convolution(const Array& x, const Array& weight, const Dims& size,
                              const Dims& stride, const std::vector<Dims>& padding,
                              const Dims& dilation, int64_t groups) {
  const char* const op = "transposed_convolution";
  check_same_device(x, weight, op);
  const int axes = x.ndim() - 2;
  check_images(op, "x", x, axes);
  check_images(op, "weight", weight, axes);
  check_numbers(op, "size", size, axes, 0);
  const Windows windows = windows_from(op, axes, stride, padding, dilation, groups);
  const Dims kernel = spatial(weight);
  check_numbers(op, "the weight's window", kernel, axes, 1);
  const Dims shape = image_shape(x.shape()[0], weight.shape()[1] * groups, size);
  check_groups(op, shape[1], x.shape()[1], weight.shape()[1], groups);
  if (x.shape()[1] != weight.shape()[0] || places_of(op, shape, kernel, windows) != spatial(x)) {
    throw ShapeError(message(op, ": x of shape ", x.shape(), " is not what a convolution of ",
                             shape, " with a weight of shape ", weight.shape(), " makes"));
  }
  return compute(&FusedKernels::transposed_convolution, shape, x, weight, windows);
}

Result convolution_weight_gradient(const Array& gradient, const Array& x, const Dims& kernel,
                                   const Dims& stride, const std::vector<Dims>& padding,
                                   const Dims& dilation, int64_t groups) {
  const char* const op = "convolution_weight_gradient";
  check_same_device(gradient, x, op);
  const int axes = x.ndim() - 2;
  check_images(op, "gradient", gradient, axes);
  check_images(op, "x", x, axes);
  check_numbers(op, "size", kernel, axes, 1);
  const Windows windows = windows_from(op, axes, stride, padding, dilation, groups);
  const int64_t out_channels = gradient.shape()[1], channels = x.shape()[1] / groups;
  check_groups(op, x.shape()[1], out_channels, channels, groups);
  if (gradient.shape()[0] != x.shape()[0] ||
      places_of(op, x.shape(), kernel, windows) != spatial(gradient)) {
    throw ShapeError(message(op, ": gradient of shape ", gradient.shape(),
                             " is not what a convolution of ", x.shape(), " with windows of ",
                             kernel, " makes"));
  }
  const Dims shape = image_shape(out_channels, channels, kernel);
  return compute(&FusedKernels::convolution_weight_gradient, shape, gradient, x, windows);
}

}  // namespace nd
