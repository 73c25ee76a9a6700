// Convolutions with windows of 3 x 3 elements, side by side, in fewer multiplications.
#pragma once

#include "core/fused.hpp"

namespace nd::cpu {

// For enough channels that the transformations are little beside the products.
bool suits_winograd(const Array& out, const Array& weight, const Windows& windows);

void convolve_winograd(const Array& out, const Array& x, const Array& weight,
                       const Windows& windows);
void convolve_transposed_winograd(const Array& out, const Array& x, const Array& weight,
                                  const Windows& windows);

}  // namespace nd::cpu
