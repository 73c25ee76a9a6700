// Element-wise operations of the `cuda` devices: one kernel for each operation and element type,
// made from the formulas that the CPU's loops are made from. Halves are widened on the way in and
// narrowed on the way out.
#include "cuda/cuda_backend.hpp"
#include "cuda/map.hpp"
#include "ops/elementwise/formula.hpp"

namespace nd::cuda {
namespace {

// What an element is computed with.
template <typename T>
__device__ __forceinline__ auto compute_value(T x) {
  if constexpr (is_half<T>) {
    return widen(x);
  } else {
    return x;
  }
}

template <typename Formula, typename Out>
struct Apply {
  template <typename... T>
  static __device__ __forceinline__ Out apply(T... x) {
    const auto result = Formula::apply(compute_value(x)...);
    if constexpr (is_half<Out>) {
      return narrow<Out>(result);
    } else {
      return static_cast<Out>(result);
    }
  }
};

using UnaryKernel = void (*)(const Walk<2>&, cudaStream_t);
using BinaryKernel = void (*)(const Walk<3>&, cudaStream_t);

template <UnaryOp op, typename T>
constexpr UnaryKernel unary_kernel() {
  if constexpr (accepts(UnaryFormula<op>::domain, dtype_of_type<T>::value)) {
    using Formula = UnaryFormula<std::is_same_v<T, bool> ? on_bools(op) : op>;
    using Element = typename kernel_element<T, !ignores_sign(op)>::type;
    using Out = result_element<Element, UnaryFormula<op>::domain>;
    return Map<Apply<Formula, Out>, Out, Element>::run;
  } else {
    return nullptr;
  }
}

template <BinaryOp op, typename T>
constexpr BinaryKernel binary_kernel() {
  if constexpr (accepts(BinaryFormula<op>::domain, dtype_of_type<T>::value)) {
    using Formula = BinaryFormula<std::is_same_v<T, bool> ? on_bools(op) : op>;
    using Element = typename kernel_element<T, !ignores_sign(op)>::type;
    using Out = result_element<Element, BinaryFormula<op>::domain>;
    return Map<Apply<Formula, Out>, Out, Element, Element>::run;
  } else {
    return nullptr;
  }
}

#define ND_DTYPE(name, type, kind) unary_kernel<op, type>(),
template <UnaryOp op>
constexpr UnaryKernel unary_row[] = {ND_FOR_EACH_DTYPE(ND_DTYPE)};
#undef ND_DTYPE
#define ND_DTYPE(name, type, kind) binary_kernel<op, type>(),
template <BinaryOp op>
constexpr BinaryKernel binary_row[] = {ND_FOR_EACH_DTYPE(ND_DTYPE)};
#undef ND_DTYPE

}  // namespace

void unary(UnaryOp op, const Array& out, const Array& x) {
  static constexpr const UnaryKernel* kernels[] = {
#define ND_UNARY(name, domain, ...) unary_row<UnaryOp::name>,
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
  };
  const cudaStream_t stream = enter({&out, &x});
  kernels[static_cast<int>(op)][static_cast<int>(x.dtype())](Walk<2>({&out, &x}), stream);
}

void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) {
  static constexpr const BinaryKernel* kernels[] = {
#define ND_BINARY(name, domain, ...) binary_row<BinaryOp::name>,
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
  };
  const cudaStream_t stream = enter({&out, &x, &y});
  kernels[static_cast<int>(op)][static_cast<int>(x.dtype())](Walk<3>({&out, &x, &y}), stream);
}

}  // namespace nd::cuda
