// Compiled once per instruction set.
#include "ops/scan/scan_kernels.hpp"

#include "core/combine.hpp"
#include "ops/elementwise/domains.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// Each lane is one chain of operations, which wait for each other: several go side by side.
template <typename Op, typename T, int Lanes>
ND_INLINE void scan_side_by_side(const Block<2>& lanes, int64_t first, int64_t count,
                                 int64_t out_stride, int64_t x_stride) {
  T totals[Lanes];
  char* out[Lanes];
  const char* x[Lanes];
#pragma GCC unroll 8
  for (int k = 0; k < Lanes; ++k) {
    out[k] = lanes.data[0] + (first + k) * lanes.column_strides[0];
    x[k] = lanes.data[1] + (first + k) * lanes.column_strides[1];
    totals[k] = *reinterpret_cast<const T*>(x[k]);
    *reinterpret_cast<T*>(out[k]) = totals[k];
  }
  for (int64_t i = 1; i < count; ++i) {
#pragma GCC unroll 8
    for (int k = 0; k < Lanes; ++k) {
      totals[k] = Op::combine(totals[k], *reinterpret_cast<const T*>(x[k] + i * x_stride));
      *reinterpret_cast<T*>(out[k] + i * out_stride) = totals[k];
    }
  }
}

template <typename Op, typename T>
void scan_lanes(const Block<2>& lanes, int64_t count, int64_t out_stride, int64_t x_stride) {
  int64_t lane = 0;
  for (; lane + 4 <= lanes.columns; lane += 4) {
    scan_side_by_side<Op, T, 4>(lanes, lane, count, out_stride, x_stride);
  }
  for (; lane < lanes.columns; ++lane) {
    scan_side_by_side<Op, T, 1>(lanes, lane, count, out_stride, x_stride);
  }
}

template <typename Op, typename T>
void scan_columns(char* out, const char* x, int64_t rows, int64_t columns, int64_t out_stride,
                  int64_t x_stride) {
  __builtin_memcpy(out, x, static_cast<size_t>(columns) * sizeof(T));
  for (int64_t row = 1; row < rows; ++row) {
    const T* const total = reinterpret_cast<const T*>(out);
    const T* const added = reinterpret_cast<const T*>(x + row * x_stride);
    out += out_stride;
    T* const result = reinterpret_cast<T*>(out);
#pragma GCC ivdep
    for (int64_t i = 0; i < columns; ++i) result[i] = Op::combine(total[i], added[i]);
  }
}

template <typename Op, typename T>
constexpr ScanKernels::Pair pair() {
  return {scan_lanes<Op, T>, scan_columns<Op, T>};
}

template <typename T>
  requires is_half<T>
constexpr void set_kernels(ScanKernels&) {}
template <typename T>
constexpr void set_kernels(ScanKernels& kernels) {
  const int dtype = static_cast<int>(dtype_of_type<T>::value);
  const auto set = [&](ScanOp op, ScanKernels::Pair pair) {
    kernels.of[static_cast<int>(op)][dtype] = pair;
  };
  using Element = typename kernel_element<T, false>::type;
  using Ordered = typename kernel_element<T, true>::type;
  if constexpr (!std::is_same_v<T, bool>) {
    set(ScanOp::sum, pair<Sum, Element>());
    set(ScanOp::prod, pair<Product, Element>());
  }
  if constexpr (!is_complex_type<T>) {
    set(ScanOp::max, pair<Maximum, Ordered>());
    set(ScanOp::min, pair<Minimum, Ordered>());
  }
}

constexpr ScanKernels all_kernels() {
  ScanKernels kernels = {};
#define ND_DTYPE(name, type, kind) set_kernels<type>(kernels);
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  return kernels;
}
constexpr ScanKernels kernels = all_kernels();

}  // namespace

const ScanKernels& scan_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
