// Convolutions with windows of 3 x 3 elements, side by side, in fewer multiplications. In three
// dimensions, windows are planes of 3 x 3 elements, any number one behind the other.
#pragma once

#include "core/fused.hpp"

namespace nd::cpu {

// With so many channels the transformations are little beside the products; with fewer of them, a
// matrix product of untransformed windows is as fast. Found by measuring.
inline constexpr int64_t fewest_winograd_channels = 24, fewest_winograd_gradient_channels = 96;
bool suits_winograd(const Array& out, const Array& weight, const Windows& windows,
                    int64_t fewest_channels = fewest_winograd_channels);

void convolve_winograd(const Array& out, const Array& x, const Array& weight,
                       const Windows& windows);
void convolve_transposed_winograd(const Array& out, const Array& x, const Array& weight,
                                  const Windows& windows);
void winograd_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                              const Windows& windows);

}  // namespace nd::cpu
