// One loop per unary operation and element type. Compiled once per instruction set.
#include "cpu/stream_stores.hpp"
#include "ops/elementwise/elementwise_kernels.hpp"
#include "ops/elementwise/formula.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// A few elements at a time: vectors where none of them is large.
template <UnaryOp op, typename T>
void near_zero_loop(T* out, const T* x, int64_t count) {
  constexpr int64_t few = 512;
  for (int64_t first = 0; first < count; first += few) {
    const int64_t last = first + few < count ? first + few : count;
    int far = 0;
    for (int64_t i = first; i < last; ++i) far |= !m::is_near_zero(x[i]);
    if (far != 0) {
      for (int64_t i = first; i < last; ++i) out[i] = UnaryFormula<op>::apply(x[i]);
      continue;
    }
#pragma GCC ivdep
    for (int64_t i = first; i < last; ++i) out[i] = UnaryFormula<op>::apply(m::NearZero<T>{x[i]});
  }
}

template <UnaryOp op, typename T, typename Result>
void loop(const Block<2>& block) {
  const int64_t out_step = block.column_strides[0], x_step = block.column_strides[1];
  const bool dense = out_step == sizeof(Result) && x_step == sizeof(T);
  for (int64_t row = 0; row < block.rows; ++row) {
    char* const out = block.data[0] + row * block.row_strides[0];
    const char* const x = block.data[1] + row * block.row_strides[1];
    if constexpr (vectorizes_near_zero<T>(op)) {
      if (dense) {
        near_zero_loop<op>(reinterpret_cast<T*>(out), reinterpret_cast<const T*>(x), block.columns);
        continue;
      }
    }
    if (vectorizes<T>(op) && dense) {
      Result* const dense_out = reinterpret_cast<Result*>(out);
      const T* const dense_x = reinterpret_cast<const T*>(x);
      const auto write = [=](Result* to, int64_t first, int64_t count) {
// In place is fine: what one element writes, no other reads.
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) {
          to[i] = static_cast<Result>(UnaryFormula<op>::apply(dense_x[first + i]));
        }
      };
      constexpr bool may_stream = std::is_floating_point_v<Result> && is_memory_bound(op);
      write_row(dense_out, block.columns, may_stream && block.streams, write);
    } else {
      for (int64_t i = 0; i < block.columns; ++i) {
        *reinterpret_cast<Result*>(out + i * out_step) = static_cast<Result>(
            UnaryFormula<op>::apply(*reinterpret_cast<const T*>(x + i * x_step)));
      }
    }
  }
}

template <UnaryOp op, typename T>
constexpr UnaryKernel kernel() {
  if constexpr (has_kernels<T> && accepts(UnaryFormula<op>::domain, dtype_of_type<T>::value)) {
    constexpr UnaryOp stored_op = std::is_same_v<T, bool> ? on_bools(op) : op;
    using Element = typename kernel_element<T, !ignores_sign(op)>::type;
    return loop<stored_op, Element, result_element<Element, UnaryFormula<op>::domain>>;
  } else {
    return nullptr;
  }
}

constexpr UnaryKernels all_kernels() {
  UnaryKernels kernels = {};
#define ND_DTYPE(name, type, kind) kernel<op, type>(),
#define ND_UNARY(name, domain, ...)                          \
  {                                                          \
    constexpr UnaryOp op = UnaryOp::name;                    \
    const UnaryKernel row[] = {ND_FOR_EACH_DTYPE(ND_DTYPE)}; \
    for (int dtype = 0; dtype < dtype_count; ++dtype) {      \
      kernels.of[static_cast<int>(op)][dtype] = row[dtype];  \
    }                                                        \
  }
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
#undef ND_DTYPE
  return kernels;
}
constexpr UnaryKernels kernels = all_kernels();

}  // namespace

const UnaryKernels& unary_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
