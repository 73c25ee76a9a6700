// Fused operations: a backend has a table of kernels for them, or for some of them, or for none.
// Where there is no kernel for a call, the array code in src/ndarray_core/fused/ runs.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/backend.hpp"

namespace nd {

// Where windows lie: numbers for each spatial axis. Padding: how many zeros there are before and
// behind. Groups of output channels see only their own part of the input's channels.
struct Windows {
  Dims stride, before, behind, dilation;
  int64_t groups = 1;
};

// The windows of a pool, which has as much padding before as behind.
struct Pools {
  Dims size, stride, padding, dilation;
};

struct SgdOptions {
  double rate, momentum, dampening, weight_decay;
  bool nesterov;
  bool first;  // nothing has been added to the momentum yet
};
struct AdamOptions {
  double rate, beta1, beta2, eps, weight_decay;
  bool decoupled;           // the decay of the weights, from the gradient
  double step_size;         // rate / (1 - beta1^t)
  double deviation_factor;  // 1 / sqrt(1 - beta2^t)
};

// A null member: this backend has no kernel of that name.
struct FusedKernels {
#define ND_FUSED(name, arguments) void(*name) arguments = nullptr;
#include "core/fused.inc"
#undef ND_FUSED
};

// Whether the device has a kernel of that name. std::invalid_argument for a name that is not in
// fused.inc.
bool has_kernel(std::string_view name, Backend& device);

// What the checked operations below share. Operands that are left out are null.
using Operands = std::initializer_list<const Array*>;
// All hold floating-point numbers and lie on one device.
void check_operands(const char* op, Operands operands);
void check_same_shape(const char* op, const char* name, const Array& x, const char* other_name,
                      const Array& other);
// The table of the operands' device, if they have one type that kernels are made for: float32 or
// float64; else null. Halves are widened first, by whoever calls (fused/definition.py).
const FusedKernels* kernels_for(Operands operands);
// A dense array of that shape, with the elements of x.
Array dense(const Array& x, const Dims& shape);

// The checked operations. Nothing is returned where the device has no kernel for the call; what is
// wrong with it is said first.
using Result = std::optional<Array>;

// ops/softmax
Result softmax(const Array& x, int64_t axis);
Result softmax_gradient(const Array& gradient, const Array& out, int64_t axis);
Result log_softmax(const Array& x, int64_t axis);
Result log_softmax_gradient(const Array& gradient, const Array& out, int64_t axis);

// ops/activation. approximate: "none" or "tanh".
Result gelu(const Array& x, const std::string& approximate);
Result gelu_gradient(const Array& gradient, const Array& x, const std::string& approximate);
Result silu(const Array& x);
Result silu_gradient(const Array& gradient, const Array& x);

// ops/normalization. Of several gradients, `needs` says which are wanted.
using Gradients = std::optional<std::tuple<Result, Result, Result>>;
using Needs = std::array<bool, 3>;
Result layer_norm(const Array& x, const Array* weight, const Array* bias, int64_t axes, double eps);
Gradients layer_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              int64_t axes, double eps, Needs needs);
Result rms_norm(const Array& x, const Array* weight, int64_t axes, double eps);
std::optional<std::tuple<Result, Result>> rms_norm_gradient(const Array& gradient, const Array& x,
                                                            const Array* weight, int64_t axes,
                                                            double eps, std::array<bool, 2> needs);
Result group_norm(const Array& x, const Array* weight, const Array* bias, int64_t groups,
                  double eps);
Gradients group_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              int64_t groups, double eps, Needs needs);
// (out, mean, variance)
std::optional<std::tuple<Array, Array, Array>> batch_norm(const Array& x, const Array* weight,
                                                          const Array* bias, double eps);
Gradients batch_norm_gradient(const Array& gradient, const Array& x, const Array* weight,
                              const Array& mean, const Array& variance, double eps, Needs needs);
Result channel_affine(const Array& x, const Array& scale, const Array& shift);
Gradients channel_affine_gradient(const Array& gradient, const Array& x, const Array& scale,
                                  Needs needs);

// ops/losses. (losses, logsumexp)
std::optional<std::tuple<Array, Array>> cross_entropy(const Array& logits, const Array& target,
                                                      int64_t ignore_index);
Result cross_entropy_gradient(const Array& gradient, const Array& logits, const Array& target,
                              const Array& logsumexp, int64_t ignore_index);

// ops/convolution. padding: a pair (before, behind) for each spatial axis.
Result convolution(const Array& x, const Array& weight, const Dims& stride,
                   const std::vector<Dims>& padding, const Dims& dilation, int64_t groups);
Result transposed_convolution(const Array& x, const Array& weight, const Dims& size,
                              const Dims& stride, const std::vector<Dims>& padding,
                              const Dims& dilation, int64_t groups);
Result convolution_weight_gradient(const Array& gradient, const Array& x, const Dims& size,
                                   const Dims& stride, const std::vector<Dims>& padding,
                                   const Dims& dilation, int64_t groups);

// ops/pooling. places: how many windows there are along each axis. (values, positions)
std::optional<std::tuple<Array, Array>> max_pool(const Array& x, const Dims& size,
                                                 const Dims& stride, const Dims& padding,
                                                 const Dims& dilation, const Dims& places);
Result max_pool_gradient(const Array& gradient, const Array& x, const Array& positions,
                         const Dims& size);
Result avg_pool(const Array& x, const Dims& size, const Dims& stride, const Dims& padding,
                const Dims& places, bool count_include_pad, std::optional<int64_t> divisor);
Result avg_pool_gradient(const Array& gradient, const Array& x, const Dims& size,
                         const Dims& stride, const Dims& padding, const Dims& places,
                         bool count_include_pad, std::optional<int64_t> divisor);

// ops/recurrent. nonlinearity: "tanh" or "relu". hidden, (states, gates), (hidden, gates)
Result rnn(const Array& projected, const Array& h_0, const Array& weight_hh,
           const std::string& nonlinearity, bool reverse);
Gradients rnn_gradient(const Array& gradient, const Array& h_0, const Array& weight_hh,
                       const Array& out, const std::string& nonlinearity, bool reverse,
                       Needs needs);
std::optional<std::tuple<Array, Array>> lstm(const Array& projected, const Array& h_0,
                                             const Array& c_0, const Array& weight_hh,
                                             bool reverse);
std::optional<std::tuple<Result, Result, Result, Result>> lstm_gradient(
    const Array& gradient, const Array& h_0, const Array& c_0, const Array& weight_hh,
    const Array& gates, const Array& out, bool reverse, std::array<bool, 4> needs);
std::optional<std::tuple<Array, Array>> gru(const Array& projected, const Array& h_0,
                                            const Array& weight_hh, const Array* bias_hh,
                                            bool reverse);
std::optional<std::tuple<Result, Result, Result, Result>> gru_gradient(
    const Array& gradient, const Array& h_0, const Array& weight_hh, const Array& gates,
    const Array& out, bool reverse, std::array<bool, 4> needs);

// ops/attention. (out, logsumexp)
std::optional<std::tuple<Array, Array>> attention(const Array& query, const Array& key,
                                                  const Array& value, const Array* mask,
                                                  double scale, bool causal);
Gradients attention_gradient(const Array& gradient, const Array& query, const Array& key,
                             const Array& value, const Array* mask, const Array& out,
                             const Array& logsumexp, double scale, bool causal, Needs needs);

// ops/quantization
Result quantized_matmul(const Array& x, const Array& weight, const Array& scales);

// ops/random, ops/rotary
Result dropout(const Array& x, double p, uint64_t seed, uint64_t offset);
Result rotary_embedding(const Array& x, const Array& cos, const Array& sin);

// ops/optimization, in place. Returns whether there are kernels for all; else nothing is written.
using Arrays = std::vector<Array>;
bool sgd_step(const Arrays& parameters, const Arrays& gradients, const Arrays* momenta,
              const SgdOptions& options);
bool adam_step(const Arrays& parameters, const Arrays& gradients, const Arrays& means,
               const Arrays& variances, const Arrays* largest, const AdamOptions& options);

}  // namespace nd
