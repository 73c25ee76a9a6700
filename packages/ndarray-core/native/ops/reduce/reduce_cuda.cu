// sum, prod, max, min, any and all of the `cuda` devices.
#include "core/combine.hpp"
#include "ops/elementwise/domains.hpp"
#include "ops/reduce/reduction_cuda.hpp"

namespace nd::cuda {
namespace {

// Elements of type X, combined as values of type A into results of type Out.
template <typename Op, typename X, typename A, typename Out = A>
struct Totals {
  using Element = X;
  using Item = A;
  using Result = Out;
  using Rest = Totals<Op, A, A, Out>;

  static __device__ __forceinline__ A load(X x, int64_t) {
    if constexpr (is_half<X>) {
      return widen(x);
    } else {
      return static_cast<A>(x);
    }
  }
  static __device__ __forceinline__ A combine(A a, A b) { return Op::combine(a, b); }
};

using Driver = void (*)(const Reduction& task, const Array& like, cudaStream_t stream);

template <typename T>
constexpr Driver driver(ReduceOp op) {
  using Element = typename kernel_element<T, sizeof(T) != 8>::type;  // 64 bits wrap around alike
  using Wide = std::conditional_t<
      is_half<T>, float,
      std::conditional_t<!std::is_integral_v<T>, T,
                         std::conditional_t<std::is_signed_v<Element>, int64_t, uint64_t>>>;
  if (op == ReduceOp::sum) return Reducer<Totals<Sum, Element, Wide>>::run;
  if (op == ReduceOp::prod) return Reducer<Totals<Product, Element, Wide>>::run;
  if constexpr (is_complex_type<T>) {
    return nullptr;  // refused by the checked operation
  } else {
    using Ordered = typename kernel_element<T, true>::type;
    using Result = std::conditional_t<is_half<T>, float, Ordered>;
    // A register for each value: nvcc would keep several bytes together, in local memory.
    using Value = std::conditional_t<sizeof(Result) < sizeof(int), int, Result>;
    const bool greatest = op == ReduceOp::max || op == ReduceOp::any;
    return greatest ? Reducer<Totals<Maximum, Ordered, Value, Result>>::run
                    : Reducer<Totals<Minimum, Ordered, Value, Result>>::run;
  }
}

}  // namespace

void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) {
  if (x.size() == 0) return fill(out, empty_result(op));
  const cudaStream_t stream = enter({&out, &x});
  const bool narrows = is_half_type(out.dtype());
  const Array totals = narrows ? temporary(out, DType::float32, out.shape()) : out;
  dispatch(x.dtype(), [&]<typename T>() { driver<T>(op)(Reduction(totals, x, axes), x, stream); });
  if (narrows) copy(out, totals);
}

}  // namespace nd::cuda
