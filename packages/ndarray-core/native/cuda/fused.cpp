// The table of fused kernels of the `cuda` devices: what ops/<family>/<family>_cuda.cu define.
#include "core/fused.hpp"

#include "cuda/cuda_backend.hpp"

namespace nd::cuda {

const FusedKernels* fused_kernels() {
  static constexpr FusedKernels kernels = {
      .softmax = softmax,
      .softmax_gradient = softmax_gradient,
      .log_softmax = log_softmax,
      .log_softmax_gradient = log_softmax_gradient,
      .gelu = gelu,
      .gelu_gradient = gelu_gradient,
      .silu = silu,
      .silu_gradient = silu_gradient,
      .layer_norm = layer_norm,
      .layer_norm_gradient = layer_norm_gradient,
      .rms_norm = rms_norm,
      .rms_norm_gradient = rms_norm_gradient,
      .group_norm = group_norm,
      .group_norm_gradient = group_norm_gradient,
      .batch_norm = batch_norm,
      .batch_norm_gradient = batch_norm_gradient,
      .channel_affine = channel_affine,
      .channel_affine_gradient = channel_affine_gradient,
      .cross_entropy = cross_entropy,
      .cross_entropy_gradient = cross_entropy_gradient,
      .convolution = convolution,
      .transposed_convolution = transposed_convolution,
      .convolution_weight_gradient = convolution_weight_gradient,
      .max_pool = max_pool,
      .max_pool_gradient = max_pool_gradient,
      .avg_pool = avg_pool,
      .avg_pool_gradient = avg_pool_gradient,
      .attention = attention,
      .attention_gradient = attention_gradient,
      .sgd_step = sgd_step,
      .adam_step = adam_step,
  };
  return &kernels;
}

}  // namespace nd::cuda
