// One set of loops per binary operation and element type. Compiled once per instruction set.
#include "cpu/stream_stores.hpp"
#include "ops/elementwise/elementwise_kernels.hpp"
#include "ops/elementwise/formula.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// A few elements at a time: vectors where none of their quotients is large.
template <BinaryOp op, bool x_repeats, bool y_repeats>
void small_quotient_loop(float* out, const float* x, const float* y, int64_t count) {
  constexpr int64_t few = 512;
  const float first_x = x[0], first_y = y[0];
  const auto left = [=](int64_t i) { return x_repeats ? first_x : x[i]; };
  const auto right = [=](int64_t i) { return y_repeats ? first_y : y[i]; };
  for (int64_t first = 0; first < count; first += few) {
    const int64_t last = first + few < count ? first + few : count;
    int large = 0;
    for (int64_t i = first; i < last; ++i) large |= !m::has_small_quotient(left(i), right(i));
    if (large != 0) {
      for (int64_t i = first; i < last; ++i) out[i] = BinaryFormula<op>::apply(left(i), right(i));
      continue;
    }
#pragma GCC ivdep
    for (int64_t i = first; i < last; ++i) {
      out[i] = BinaryFormula<op>::apply(m::SmallQuotient{left(i)}, m::SmallQuotient{right(i)});
    }
  }
}

// Dense in out; x and y are dense or one element repeated.
template <BinaryOp op, typename T, typename Result, bool x_repeats, bool y_repeats>
void dense_loop(char* out_data, const char* x_data, const char* y_data, int64_t count,
                bool streams) {
  Result* const out = reinterpret_cast<Result*>(out_data);
  const T* const x = reinterpret_cast<const T*>(x_data);
  const T* const y = reinterpret_cast<const T*>(y_data);
  if constexpr (vectorizes_small_quotients<T>(op)) {
    return small_quotient_loop<op, x_repeats, y_repeats>(out, x, y, count);
  }
  const T first_x = x[0], first_y = y[0];
  const auto write = [=](Result* to, int64_t first, int64_t count) {
// In place is fine: what one element writes, no other reads.
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      to[i] = static_cast<Result>(BinaryFormula<op>::apply(x_repeats ? first_x : x[first + i],
                                                           y_repeats ? first_y : y[first + i]));
    }
  };
  constexpr bool may_stream = std::is_floating_point_v<Result> && is_memory_bound(op);
  write_row(out, count, may_stream && streams, write);
}

template <BinaryOp op, typename T, typename Result>
void strided_loop(char* out, const char* x, const char* y, int64_t count, const int64_t* steps) {
  for (int64_t i = 0; i < count; ++i) {
    *reinterpret_cast<Result*>(out + i * steps[0]) = static_cast<Result>(
        BinaryFormula<op>::apply(*reinterpret_cast<const T*>(x + i * steps[1]),
                                 *reinterpret_cast<const T*>(y + i * steps[2])));
  }
}

template <BinaryOp op, typename T, typename Result>
void loop(const Block<3>& block) {
  constexpr int64_t dense = sizeof(T);
  const int64_t* const steps = block.column_strides;
  for (int64_t row = 0; row < block.rows; ++row) {
    char* const out = block.data[0] + row * block.row_strides[0];
    const char* const x = block.data[1] + row * block.row_strides[1];
    const char* const y = block.data[2] + row * block.row_strides[2];
    if constexpr (vectorizes<T>(op)) {
      if (steps[0] == sizeof(Result)) {
        if (steps[1] == dense && steps[2] == dense) {
          dense_loop<op, T, Result, false, false>(out, x, y, block.columns, block.streams);
          continue;
        }
        if (steps[1] == dense && steps[2] == 0) {
          dense_loop<op, T, Result, false, true>(out, x, y, block.columns, block.streams);
          continue;
        }
        if (steps[1] == 0 && steps[2] == dense) {
          dense_loop<op, T, Result, true, false>(out, x, y, block.columns, block.streams);
          continue;
        }
      }
    }
    strided_loop<op, T, Result>(out, x, y, block.columns, steps);
  }
}

template <BinaryOp op, typename T>
constexpr BinaryKernel kernel() {
  if constexpr (has_kernels<T> && accepts(BinaryFormula<op>::domain, dtype_of_type<T>::value)) {
    constexpr BinaryOp stored_op = std::is_same_v<T, bool> ? on_bools(op) : op;
    using Element = typename kernel_element<T, !ignores_sign(op)>::type;
    return loop<stored_op, Element, result_element<Element, BinaryFormula<op>::domain>>;
  } else {
    return nullptr;
  }
}

constexpr BinaryKernels all_kernels() {
  BinaryKernels kernels = {};
#define ND_DTYPE(name, type, kind) kernel<op, type>(),
#define ND_BINARY(name, domain, ...)                          \
  {                                                           \
    constexpr BinaryOp op = BinaryOp::name;                   \
    const BinaryKernel row[] = {ND_FOR_EACH_DTYPE(ND_DTYPE)}; \
    for (int dtype = 0; dtype < dtype_count; ++dtype) {       \
      kernels.of[static_cast<int>(op)][dtype] = row[dtype];   \
    }                                                         \
  }
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
#undef ND_DTYPE
  return kernels;
}
constexpr BinaryKernels kernels = all_kernels();

}  // namespace

const BinaryKernels& binary_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
