// Activation functions on the `cuda` devices.
#include "core/real_types.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/map.hpp"
#include "ops/activation/functions.hpp"

namespace nd::cuda {
namespace {

template <typename Function, typename T>
struct Forward {
  static __device__ __forceinline__ T apply(T x) { return Function::value(x); }
};
template <typename Function, typename T>
struct Backward {
  static __device__ __forceinline__ T apply(T gradient, T x) {
    return gradient * Function::slope(x);
  }
};

template <typename Function>
void forward(const Array& out, const Array& x) {
  const cudaStream_t stream = enter({&out, &x});
  dispatch_real(x.dtype(), [&]<typename T>() {
    Map<Forward<Function, T>, T, T>::run(Walk<2>({&out, &x}), stream);
  });
}
template <typename Function>
void backward(const Array& result, const Array& gradient, const Array& x) {
  const cudaStream_t stream = enter({&result, &gradient, &x});
  dispatch_real(x.dtype(), [&]<typename T>() {
    Map<Backward<Function, T>, T, T, T>::run(Walk<3>({&result, &gradient, &x}), stream);
  });
}

}  // namespace

void gelu(const Array& out, const Array& x, bool by_tanh) {
  (by_tanh ? forward<GeluTanh> : forward<Gelu>)(out, x);
}
void gelu_gradient(const Array& result, const Array& gradient, const Array& x, bool by_tanh) {
  (by_tanh ? backward<GeluTanh> : backward<Gelu>)(result, gradient, x);
}
void silu(const Array& out, const Array& x) { forward<Silu>(out, x); }
void silu_gradient(const Array& result, const Array& gradient, const Array& x) {
  backward<Silu>(result, gradient, x);
}

}  // namespace nd::cuda
