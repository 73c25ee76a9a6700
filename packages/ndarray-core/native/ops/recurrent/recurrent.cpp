// Recurrent layers over all steps of a sequence: shapes, and the gradients of weights, which are
// products of matrices over all steps at once.
#include <stdexcept>

#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

void check_shape(const char* op, const char* name, const Array& x, const Dims& expected) {
  if (x.shape() == expected) return;
  throw ShapeError(message(op, ": ", name, " of shape ", x.shape(), ", and must have ", expected));
}

struct Sizes {
  int64_t steps, batch, hidden;
};

// projected (T, N, gates * H), h_0 (N, H), weight_hh (gates * H, H)
Sizes sizes_of(const char* op, const Array& projected, const Array& h_0, const Array& weight,
               int64_t gates) {
  if (projected.ndim() != 3 || h_0.ndim() != 2 || projected.shape()[0] < 1) {
    throw ShapeError(message(op, ": projected of shape ", projected.shape(), " and h_0 of shape ",
                             h_0.shape(), ": expected (T, N, ", gates, " * H), T above 0, and ",
                             "(N, H)"));
  }
  const Sizes sizes{projected.shape()[0], projected.shape()[1], h_0.shape()[1]};
  check_shape(op, "projected", projected, {sizes.steps, sizes.batch, gates * sizes.hidden});
  check_shape(op, "h_0", h_0, {sizes.batch, sizes.hidden});
  check_shape(op, "weight_hh", weight, {gates * sizes.hidden, sizes.hidden});
  return sizes;
}

Array part(const Array& x, int64_t start, int64_t count) {
  return x.view(x.layout.slice(0, start, count, 1));
}

Array transposed(const Array& x) { return x.view(x.layout.swap_axes(0, 1)); }

// of_sums (T, N, G), and the state that was there before each step -> (G, H).
Array weight_gradient(const Array& of_sums, const Array& hidden, const Array& h_0, bool reverse) {
  const int64_t steps = hidden.shape()[0], rest = steps - 1;
  const int64_t first = reverse ? rest : 0;
  const Array at_first = of_sums.view(of_sums.layout.index(0, first));
  const Array of_first = matmul(transposed(at_first), h_0);
  if (rest == 0) return of_first;
  const int64_t rows = rest * h_0.shape()[0];
  const Array later = reshape(part(of_sums, reverse ? 0 : 1, rest), {rows, of_sums.shape()[2]});
  const Array before = reshape(part(hidden, reverse ? 1 : 0, rest), {rows, h_0.shape()[1]});
  return binary(BinaryOp::add, matmul(transposed(later), before), of_first);
}

Array empty_like(const Array& x) { return empty(x.shape(), x.dtype(), x.device()); }

Result wanted(bool is_wanted, const Array& x) { return is_wanted ? Result(x) : std::nullopt; }

bool is_relu(const char* op, const std::string& nonlinearity) {
  if (nonlinearity == "relu") return true;
  if (nonlinearity == "tanh") return false;
  throw std::invalid_argument(
      message(op, ": nonlinearity must be 'tanh' or 'relu', got '", nonlinearity, "'"));
}

}  // namespace

Result rnn(const Array& projected, const Array& h_0, const Array& weight_hh,
           const std::string& nonlinearity, bool reverse) {
  const char* const op = "rnn";
  check_operands(op, {&projected, &h_0, &weight_hh});
  sizes_of(op, projected, h_0, weight_hh, 1);
  const bool relu = is_relu(op, nonlinearity);
  const FusedKernels* const kernels = kernels_for({&projected, &h_0, &weight_hh});
  if (!kernels || !kernels->rnn || h_0.size() == 0) return std::nullopt;
  const Array hidden = empty_like(projected);
  kernels->rnn(hidden, contiguous(projected), contiguous(h_0), contiguous(weight_hh), relu,
               reverse);
  return hidden;
}

Gradients rnn_gradient(const Array& gradient, const Array& h_0, const Array& weight_hh,
                       const Array& out, const std::string& nonlinearity, bool reverse,
                       Needs needs) {
  const char* const op = "rnn_gradient";
  check_operands(op, {&gradient, &h_0, &weight_hh, &out});
  sizes_of(op, out, h_0, weight_hh, 1);
  check_same_shape(op, "gradient", gradient, "out", out);
  const bool relu = is_relu(op, nonlinearity);
  const FusedKernels* const kernels = kernels_for({&gradient, &h_0, &weight_hh, &out});
  if (!kernels || !kernels->rnn_gradient || h_0.size() == 0) return std::nullopt;
  const Array of_projected = empty_like(out), of_h_0 = empty_like(h_0);
  const Array hidden = contiguous(out);
  kernels->rnn_gradient(of_projected, of_h_0, contiguous(gradient), hidden, contiguous(weight_hh),
                        relu, reverse);
  Result of_weight;
  if (needs[2]) of_weight = weight_gradient(of_projected, hidden, h_0, reverse);
  return std::tuple{wanted(needs[0], of_projected), wanted(needs[1], of_h_0), of_weight};
}

std::optional<std::tuple<Array, Array>> lstm(const Array& projected, const Array& h_0,
                                             const Array& c_0, const Array& weight_hh,
                                             bool reverse) {
  const char* const op = "lstm";
  check_operands(op, {&projected, &h_0, &c_0, &weight_hh});
  const Sizes sizes = sizes_of(op, projected, h_0, weight_hh, 4);
  check_shape(op, "c_0", c_0, h_0.shape());
  const FusedKernels* const kernels = kernels_for({&projected, &h_0, &c_0, &weight_hh});
  if (!kernels || !kernels->lstm || h_0.size() == 0) return std::nullopt;
  const Array states =
      empty({2, sizes.steps, sizes.batch, sizes.hidden}, projected.dtype(), projected.device());
  const Array gates = empty_like(projected);
  kernels->lstm(states, gates, contiguous(projected), contiguous(h_0), contiguous(c_0),
                contiguous(weight_hh), reverse);
  return std::tuple{states, gates};
}

std::optional<std::tuple<Result, Result, Result, Result>> lstm_gradient(
    const Array& gradient, const Array& h_0, const Array& c_0, const Array& weight_hh,
    const Array& gates, const Array& out, bool reverse, std::array<bool, 4> needs) {
  const char* const op = "lstm_gradient";
  check_operands(op, {&gradient, &h_0, &c_0, &weight_hh, &gates, &out});
  const Sizes sizes = sizes_of(op, gates, h_0, weight_hh, 4);
  check_shape(op, "c_0", c_0, h_0.shape());
  check_shape(op, "gradient", gradient, {2, sizes.steps, sizes.batch, sizes.hidden});
  check_shape(op, "out", out, gradient.shape());
  const FusedKernels* const kernels =
      kernels_for({&gradient, &h_0, &c_0, &weight_hh, &gates, &out});
  if (!kernels || !kernels->lstm_gradient || h_0.size() == 0) return std::nullopt;
  const Array of_projected = empty_like(gates), of_h_0 = empty_like(h_0), of_c_0 = empty_like(c_0);
  const Array states = contiguous(out);
  kernels->lstm_gradient(of_projected, of_h_0, of_c_0, contiguous(gradient), states,
                         contiguous(gates), contiguous(c_0), contiguous(weight_hh), reverse);
  Result of_weight;
  if (needs[3]) {
    const Array hidden = states.view(states.layout.index(0, 0));
    of_weight = weight_gradient(of_projected, hidden, h_0, reverse);
  }
  return std::tuple{wanted(needs[0], of_projected), wanted(needs[1], of_h_0),
                    wanted(needs[2], of_c_0), of_weight};
}

std::optional<std::tuple<Array, Array>> gru(const Array& projected, const Array& h_0,
                                            const Array& weight_hh, const Array* bias_hh,
                                            bool reverse) {
  const char* const op = "gru";
  check_operands(op, {&projected, &h_0, &weight_hh, bias_hh});
  const Sizes sizes = sizes_of(op, projected, h_0, weight_hh, 3);
  if (bias_hh) check_shape(op, "bias_hh", *bias_hh, {3 * sizes.hidden});
  const FusedKernels* const kernels = kernels_for({&projected, &h_0, &weight_hh, bias_hh});
  if (!kernels || !kernels->gru || h_0.size() == 0) return std::nullopt;
  const Dims shape{sizes.steps, sizes.batch, sizes.hidden};
  const Array hidden = empty(shape, projected.dtype(), projected.device());
  const Array gates =
      empty({sizes.steps, sizes.batch, 4 * sizes.hidden}, projected.dtype(), projected.device());
  std::optional<Array> bias;
  if (bias_hh) bias = contiguous(*bias_hh);
  kernels->gru(hidden, gates, contiguous(projected), contiguous(h_0), contiguous(weight_hh),
               bias ? &*bias : nullptr, reverse);
  return std::tuple{hidden, gates};
}

std::optional<std::tuple<Result, Result, Result, Result>> gru_gradient(
    const Array& gradient, const Array& h_0, const Array& weight_hh, const Array& gates,
    const Array& out, bool reverse, std::array<bool, 4> needs) {
  const char* const op = "gru_gradient";
  check_operands(op, {&gradient, &h_0, &weight_hh, &gates, &out});
  if (h_0.ndim() != 2 || gates.ndim() != 3) {
    throw ShapeError(message(op, ": gates of shape ", gates.shape(), " and h_0 of shape ",
                             h_0.shape(), ": expected (T, N, 4 * H) and (N, H)"));
  }
  const int64_t hidden = h_0.shape()[1];
  const Dims shape{gates.shape()[0], h_0.shape()[0], hidden};
  check_shape(op, "gates", gates, {shape[0], shape[1], 4 * hidden});
  check_shape(op, "weight_hh", weight_hh, {3 * hidden, hidden});
  check_shape(op, "gradient", gradient, shape);
  check_shape(op, "out", out, shape);
  const FusedKernels* const kernels = kernels_for({&gradient, &h_0, &weight_hh, &gates, &out});
  if (!kernels || !kernels->gru_gradient || gradient.size() == 0) return std::nullopt;
  const Array of_projected =
      empty({shape[0], shape[1], 3 * hidden}, gradient.dtype(), gradient.device());
  const Array of_sums = empty_like(of_projected), of_h_0 = empty_like(h_0);
  kernels->gru_gradient(of_projected, of_sums, of_h_0, contiguous(gradient), contiguous(out),
                        contiguous(gates), contiguous(h_0), contiguous(weight_hh), reverse);
  Result of_weight, of_bias;
  if (needs[2]) of_weight = weight_gradient(of_sums, out, h_0, reverse);
  const Dims steps_and_batch{0, 1};
  if (needs[3]) of_bias = reduce(ReduceOp::sum, of_sums, &steps_and_batch, false);
  return std::tuple{wanted(needs[0], of_projected), wanted(needs[1], of_h_0), of_weight, of_bias};
}

}  // namespace nd
