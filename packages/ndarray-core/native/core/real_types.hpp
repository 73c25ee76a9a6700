// What the drivers of fused kernels share on every device: kernels are made for float and double.
#pragma once

#include "core/array.hpp"

namespace nd {

// Calls f.template operator()<T>() with float or double.
template <typename F>
void dispatch_real(DType dtype, F&& f) {
  if (dtype == DType::float32) {
    f.template operator()<float>();
  } else {
    f.template operator()<double>();
  }
}

// In the memory of the array's device.
template <typename T>
T* elements(const Array& x) {
  return reinterpret_cast<T*>(x.data());
}
template <typename T>
T* elements(const Array* x) {
  return x ? elements<T>(*x) : nullptr;
}

}  // namespace nd
