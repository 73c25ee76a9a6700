// Convolutions in which each channel has a window of its own: little arithmetic for what is read,
// so that a matrix product would be nothing but packing. As those of convolution_cpu.cpp otherwise.
#pragma once

#include "core/fused.hpp"

namespace nd::cpu {

// One channel in, and one out, in each group.
inline bool is_depthwise(const Array& weight, const Windows& windows) {
  return weight.shape()[0] == windows.groups && weight.shape()[1] == 1 && windows.groups > 1;
}

void convolve_depthwise(const Array& out, const Array& x, const Array& weight,
                        const Windows& windows);
void convolve_transposed_depthwise(const Array& out, const Array& x, const Array& weight,
                                   const Windows& windows);
void depthwise_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                               const Windows& windows);

}  // namespace nd::cpu
