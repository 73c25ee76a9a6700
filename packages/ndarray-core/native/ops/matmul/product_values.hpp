// What sums of products are made of on a GPU: elements are widened to these values, and sums are
// narrowed again. Also how long sums are cut into parts.
#pragma once

#include <algorithm>
#include <type_traits>

#include "core/half.hpp"
#include "core/strided.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"

namespace nd::cuda {

// The bits of complex64 and complex128.
template <typename Real>
struct alignas(2 * sizeof(Real)) ComplexNumber {
  Real real, imaginary;
};

// Halves are multiplied in float32. Signed integers wrap around as unsigned ones do, and the lower
// bits of a product depend on the lower bits of its factors alone.
template <typename T>
using product_value =
    std::conditional_t<is_half<T>, float,
                       std::conditional_t<std::is_integral_v<T> && sizeof(T) < 4, uint32_t, T>>;

template <typename T>
__device__ __forceinline__ product_value<T> to_value(T x) {
  if constexpr (is_half<T>) {
    return widen(x);
  } else {
    return x;
  }
}
template <typename T>
__device__ __forceinline__ T from_value(product_value<T> x) {
  if constexpr (is_half<T>) {
    return narrow<T>(x);
  } else {
    return static_cast<T>(x);
  }
}

template <typename Value>
__device__ __forceinline__ void add_product(Value& sum, Value x, Value y) {
  sum += x * y;
}
template <typename Real>
__device__ __forceinline__ void add_product(ComplexNumber<Real>& sum, ComplexNumber<Real> x,
                                            ComplexNumber<Real> y) {
  sum.real += x.real * y.real - x.imaginary * y.imaginary;
  sum.imaginary += x.real * y.imaginary + x.imaginary * y.real;
}

template <typename Value>
__device__ __forceinline__ void add_value(Value& sum, Value x) {
  sum += x;
}
template <typename Real>
__device__ __forceinline__ void add_value(ComplexNumber<Real>& sum, ComplexNumber<Real> x) {
  sum.real += x.real;
  sum.imaginary += x.imaginary;
}

// Where there are few sums of many terms, blocks share the terms: each writes sums of its part, and
// a second pass adds the parts up in order. It depends on the sizes alone, so results do, too.
struct Parts {
  int64_t count = 1;
  int64_t depth;  // terms of a part, a multiple of the tile's depth

  Parts(int64_t tiles, int64_t terms, int64_t tile_depth) {
    constexpr int64_t enough_tiles = 128, least_terms = 256;
    const int64_t wanted = std::min(enough_tiles / tiles, terms / least_terms);
    depth = divide_up(divide_up(terms, std::max<int64_t>(wanted, 1)), tile_depth) * tile_depth;
    count = divide_up(terms, depth);
  }
};

template <typename T>
__global__ void __launch_bounds__(256)
    add_parts(T* out, const product_value<T>* parts, int64_t size, int64_t count) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < size;
       i += step) {
    product_value<T> sum = parts[i];
    for (int64_t part = 1; part < count; ++part) add_value(sum, parts[part * size + i]);
    out[i] = from_value<T>(sum);
  }
}

// A place for the parts' sums (count, size), and what adds them up. With one part, there is none.
template <typename T>
class PartialSums {
 public:
  PartialSums(const Array& out, const Parts& parts)
      : out_(out), count_(parts.count), size_(out.size()) {
    if (count_ > 1) {
      memory_ = temporary(out, DType::uint8,
                          {count_ * size_ * static_cast<int64_t>(sizeof(product_value<T>))});
    }
  }
  product_value<T>* data() const {
    return count_ > 1 ? reinterpret_cast<product_value<T>*>(memory_.data()) : nullptr;
  }
  void add_up(cudaStream_t stream) const {
    if (count_ == 1) return;
    const auto blocks = static_cast<unsigned>(std::min<int64_t>(divide_up(size_, 256), 1 << 16));
    launch(add_parts<T>, blocks, 256, 0, stream, reinterpret_cast<T*>(out_.data()), data(), size_,
           count_);
  }

 private:
  const Array& out_;
  const int64_t count_, size_;
  Array memory_;
};

}  // namespace nd::cuda
