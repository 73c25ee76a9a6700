// Normalisation: shapes are checked, and become rows of dense arrays.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

// An operand that may be left out, dense.
class Vector {
 public:
  explicit Vector(const Array* given) {
    if (given) dense_ = contiguous(*given);
  }
  const Array* get() const { return dense_ ? &*dense_ : nullptr; }

 private:
  std::optional<Array> dense_;
};

const Array* pointer(const Result& array) { return array ? &*array : nullptr; }

Result empty_if(bool wanted, const Dims& shape, const Array& like) {
  return wanted ? Result(empty(shape, like.dtype(), like.device())) : std::nullopt;
}

// The sizes of the last `axes` axes; each vector must have them for its shape.
Dims last_sizes(const char* op, const Array& x, int64_t axes, Operands vectors) {
  if (axes < 1 || axes > x.ndim()) {
    throw ShapeError(message(op, ": axes is ", axes, ", and x of shape ", x.shape(), " has ",
                             x.ndim(), "; normalise over at least one of them"));
  }
  Dims sizes;
  for (int i = x.ndim() - static_cast<int>(axes); i < x.ndim(); ++i) sizes.push_back(x.shape()[i]);
  for (const Array* vector : vectors) {
    if (vector && vector->shape() != sizes) {
      throw ShapeError(message(op, ": weight or bias of shape ", vector->shape(),
                               ", and must have that of the last axes of x ", x.shape(), ", ",
                               sizes));
    }
  }
  return sizes;
}

void check_channels(const char* op, const Array& x, Operands vectors) {
  if (x.ndim() < 2) throw ShapeError(message(op, ": expected (N, C, ...), got ", x.shape()));
  for (const Array* vector : vectors) {
    if (vector && vector->shape() != Dims{x.shape()[1]}) {
      throw ShapeError(message(op, ": a vector of shape ", vector->shape(), " for the ",
                               x.shape()[1], " channels of x ", x.shape()));
    }
  }
}

void check_groups(const char* op, const Array& x, int64_t groups) {
  if (groups < 1 || x.shape()[1] % groups != 0) {
    throw ShapeError(message(op, ": ", groups, " groups do not divide the ", x.shape()[1],
                             " channels of x ", x.shape()));
  }
}

Dims rows_shape(const Array& x, const Dims& sizes) {
  const int64_t length = size_of(sizes);
  return {x.size() / length, length};
}
Dims samples_shape(const Array& x) {
  return {x.shape()[0], x.shape()[1], x.size() / (x.shape()[0] * x.shape()[1])};
}

// x (N, C, ...) as dense (N, C, S). Where S is short and the samples don't matter, as (1, C, N S):
// one long row per channel is worth a copy.
class Channels {
 public:
  explicit Channels(const Array& x) : shape_(x.shape()), sizes_(samples_shape(x)) {
    constexpr int64_t short_row = 32;
    moved_ = sizes_[2] < short_row && sizes_[0] > 1;
  }
  Dims shape() const { return moved_ ? Dims{1, sizes_[1], sizes_[0] * sizes_[2]} : sizes_; }
  Array dense(const Array& x) const {
    return nd::dense(moved_ ? x.view(x.layout.swap_axes(0, 1)) : x, shape());
  }
  Array restored(const Array& out) const {
    if (!moved_) return reshape(out, shape_);
    Dims shape = shape_;
    std::swap(shape[0], shape[1]);
    const Array channels_first = reshape(out, shape);
    return contiguous(channels_first.view(channels_first.layout.swap_axes(0, 1)));
  }
  Result restored(const Result& out) const { return out ? Result(restored(*out)) : std::nullopt; }

 private:
  Dims shape_, sizes_;
  bool moved_;
};

template <typename Kernel>
const FusedKernels* find(Kernel FusedKernels::* kernel, const Array& x, Operands operands) {
  const FusedKernels* const kernels = x.size() > 0 ? kernels_for(operands) : nullptr;
  return kernels && kernels->*kernel ? kernels : nullptr;
}

}  // namespace

Result layer_norm(const Array& x, const Array* weight, const Array* bias, int64_t axes,
                  double eps) {
  check_operands("layer_norm", {&x, weight, bias});
  const Dims sizes = last_sizes("layer_norm", x, axes, {weight, bias});
  const auto* const kernels = find(&FusedKernels::layer_norm, x, {&x, weight, bias});
  if (!kernels) return std::nullopt;
  const Array rows = dense(x, rows_shape(x, sizes));
  const Array out = empty(rows.shape(), x.dtype(), x.device());
  kernels->layer_norm(out, rows, Vector(weight).get(), Vector(bias).get(), eps);
  return reshape(out, x.shape());
}

Result rms_norm(const Array& x, const Array* weight, int64_t axes, double eps) {
  check_operands("rms_norm", {&x, weight});
  const Dims sizes = last_sizes("rms_norm", x, axes, {weight});
  const auto* const kernels = find(&FusedKernels::rms_norm, x, {&x, weight});
  if (!kernels) return std::nullopt;
  const Array rows = dense(x, rows_shape(x, sizes));
  const Array out = empty(rows.shape(), x.dtype(), x.device());
  kernels->rms_norm(out, rows, Vector(weight).get(), eps);
  return reshape(out, x.shape());
}

Gradients layer_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              int64_t axes, double eps, Needs needs) {
  const char* const op = "layer_norm_gradient";
  check_operands(op, {&gradient, &x, weight});
  check_same_shape(op, "gradient", gradient, "x", x);
  const Dims sizes = last_sizes(op, x, axes, {weight});
  const auto* const kernels = find(&FusedKernels::layer_norm_gradient, x, {&gradient, &x, weight});
  if (!kernels) return std::nullopt;
  const Dims rows = rows_shape(x, sizes);
  const Result of_x = empty_if(needs[0], x.shape(), x);
  const Result of_weight = empty_if(needs[1], sizes, x), of_bias = empty_if(needs[2], sizes, x);
  kernels->layer_norm_gradient(pointer(of_x), pointer(of_weight), pointer(of_bias),
                               dense(gradient, rows), dense(x, rows), Vector(weight).get(), eps);
  return std::tuple{of_x, of_weight, of_bias};
}

std::optional<std::tuple<Result, Result>> rms_norm_gradient(const Array& gradient, const Array& x,
                                                            const Array* weight, int64_t axes,
                                                            double eps, std::array<bool, 2> needs) {
  const char* const op = "rms_norm_gradient";
  check_operands(op, {&gradient, &x, weight});
  check_same_shape(op, "gradient", gradient, "x", x);
  const Dims sizes = last_sizes(op, x, axes, {weight});
  const auto* const kernels = find(&FusedKernels::rms_norm_gradient, x, {&gradient, &x, weight});
  if (!kernels) return std::nullopt;
  const Dims rows = rows_shape(x, sizes);
  const Result of_x = empty_if(needs[0], x.shape(), x), of_weight = empty_if(needs[1], sizes, x);
  kernels->rms_norm_gradient(pointer(of_x), pointer(of_weight), dense(gradient, rows),
                             dense(x, rows), Vector(weight).get(), eps);
  return std::tuple{of_x, of_weight};
}

Result group_norm(const Array& x, const Array* weight, const Array* bias, int64_t groups,
                  double eps) {
  check_operands("group_norm", {&x, weight, bias});
  check_channels("group_norm", x, {weight, bias});
  check_groups("group_norm", x, groups);
  const auto* const kernels = find(&FusedKernels::group_norm, x, {&x, weight, bias});
  if (!kernels) return std::nullopt;
  const Array rows = dense(x, samples_shape(x));
  const Array out = empty(rows.shape(), x.dtype(), x.device());
  kernels->group_norm(out, rows, Vector(weight).get(), Vector(bias).get(), groups, eps);
  return reshape(out, x.shape());
}

Gradients group_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              int64_t groups, double eps, Needs needs) {
  const char* const op = "group_norm_gradient";
  check_operands(op, {&gradient, &x, weight});
  check_same_shape(op, "gradient", gradient, "x", x);
  check_channels(op, x, {weight});
  check_groups(op, x, groups);
  const auto* const kernels = find(&FusedKernels::group_norm_gradient, x, {&gradient, &x, weight});
  if (!kernels) return std::nullopt;
  const Dims shape = samples_shape(x), vector{x.shape()[1]};
  const Result of_x = empty_if(needs[0], x.shape(), x);
  const Result of_weight = empty_if(needs[1], vector, x), of_bias = empty_if(needs[2], vector, x);
  kernels->group_norm_gradient(pointer(of_x), pointer(of_weight), pointer(of_bias),
                               dense(gradient, shape), dense(x, shape), Vector(weight).get(),
                               groups, eps);
  return std::tuple{of_x, of_weight, of_bias};
}

std::optional<std::tuple<Array, Array, Array>> batch_norm(const Array& x, const Array* weight,
                                                          const Array* bias, double eps) {
  check_operands("batch_norm", {&x, weight, bias});
  check_channels("batch_norm", x, {weight, bias});
  const auto* const kernels = find(&FusedKernels::batch_norm, x, {&x, weight, bias});
  if (!kernels) return std::nullopt;
  const Channels channels(x);
  const Array out = empty(channels.shape(), x.dtype(), x.device());
  const Array mean = empty({x.shape()[1]}, x.dtype(), x.device());
  const Array variance = empty({x.shape()[1]}, x.dtype(), x.device());
  kernels->batch_norm(out, mean, variance, channels.dense(x), Vector(weight).get(),
                      Vector(bias).get(), eps);
  return std::tuple{channels.restored(out), mean, variance};
}

Gradients batch_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              const Array& mean, const Array& variance, double eps, Needs needs) {
  const char* const op = "batch_norm_gradient";
  check_operands(op, {&gradient, &x, weight, &mean, &variance});
  check_same_shape(op, "gradient", gradient, "x", x);
  check_channels(op, x, {weight, &mean, &variance});
  const auto* const kernels =
      find(&FusedKernels::batch_norm_gradient, x, {&gradient, &x, weight, &mean, &variance});
  if (!kernels) return std::nullopt;
  const Channels channels(x);
  const Dims vector{x.shape()[1]};
  const Result of_x = empty_if(needs[0], channels.shape(), x);
  const Result of_weight = empty_if(needs[1], vector, x), of_bias = empty_if(needs[2], vector, x);
  kernels->batch_norm_gradient(pointer(of_x), pointer(of_weight), pointer(of_bias),
                               channels.dense(gradient), channels.dense(x), Vector(weight).get(),
                               contiguous(mean), contiguous(variance), eps);
  return std::tuple{channels.restored(of_x), of_weight, of_bias};
}

Result channel_affine(const Array& x, const Array& scale, const Array& shift) {
  check_operands("channel_affine", {&x, &scale, &shift});
  check_channels("channel_affine", x, {&scale, &shift});
  const auto* const kernels = find(&FusedKernels::channel_affine, x, {&x, &scale, &shift});
  if (!kernels) return std::nullopt;
  const Channels channels(x);
  const Array out = empty(channels.shape(), x.dtype(), x.device());
  kernels->channel_affine(out, channels.dense(x), contiguous(scale), contiguous(shift));
  return channels.restored(out);
}

Gradients channel_affine_gradient(const Array& gradient, const Array& x, const Array& scale,
                                  Needs needs) {
  const char* const op = "channel_affine_gradient";
  check_operands(op, {&gradient, &x, &scale});
  check_same_shape(op, "gradient", gradient, "x", x);
  check_channels(op, x, {&scale});
  const auto* const kernels =
      find(&FusedKernels::channel_affine_gradient, x, {&gradient, &x, &scale});
  if (!kernels) return std::nullopt;
  const Channels channels(x);
  const Dims vector{x.shape()[1]};
  const Result of_x = empty_if(needs[0], channels.shape(), x);
  const Result of_scale = empty_if(needs[1], vector, x), of_shift = empty_if(needs[2], vector, x);
  kernels->channel_affine_gradient(pointer(of_x), pointer(of_scale), pointer(of_shift),
                                   channels.dense(gradient), channels.dense(x), contiguous(scale));
  return std::tuple{channels.restored(of_x), of_scale, of_shift};
}

}  // namespace nd
