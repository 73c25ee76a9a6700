// argmax and argmin of the `cuda` devices: reductions of values with their positions.
#include "ops/elementwise/domains.hpp"
#include "ops/reduce/better.hpp"
#include "ops/reduce/reduction_cuda.hpp"

namespace nd::cuda {
namespace {

template <typename V>
struct Candidate {
  V value;
  int64_t position;
  __device__ __forceinline__ explicit operator int64_t() const { return position; }
};

// Candidates do not come in the order of their positions.
template <typename Op, typename V>
struct Winner {
  using Element = Candidate<V>;
  using Item = Candidate<V>;
  using Result = int64_t;
  using Rest = Winner;

  static __device__ __forceinline__ Item load(Item x, int64_t) { return x; }
  static __device__ __forceinline__ Item combine(const Item& a, const Item& b) {
    const bool b_is_earlier = b.position < a.position;
    const bool earlier_stays =
        b_is_earlier ? !replaces<Op>(b.value, a.value) : !replaces<Op>(a.value, b.value);
    return earlier_stays == b_is_earlier ? b : a;
  }
};

template <typename Op, typename X, typename V>
struct First : Winner<Op, V> {
  using Element = X;
  using Rest = Winner<Op, V>;
  static __device__ __forceinline__ Candidate<V> load(X x, int64_t position) {
    if constexpr (is_half<X>) {
      return {widen(x), position};
    } else {
      return {x, position};
    }
  }
};

}  // namespace

void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) {
  const cudaStream_t stream = enter({&out, &x});
  Reduction task;
  task.kept = walk_of_lanes<2>({&x, &out}, axis);
  task.reduced.data[0] = task.kept.data[0];
  task.reduced.push_back(x.shape()[axis], {Walk<2>::byte_stride(x, axis)});
  dispatch(x.dtype(), [&]<typename T>() {
    if constexpr (!is_complex_type<T>) {
      using Element = typename kernel_element<T, true>::type;
      using Value = std::conditional_t<is_half<T>, float, Element>;
      if (op == ArgReduceOp::argmax) {
        Reducer<First<Maximum, Element, Value>>::run(task, x, stream);
      } else {
        Reducer<First<Minimum, Element, Value>>::run(task, x, stream);
      }
    }
  });
}

}  // namespace nd::cuda
