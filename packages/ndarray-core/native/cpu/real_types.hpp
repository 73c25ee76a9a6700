// What the drivers of fused kernels share: kernels are made for float and double, and most of them
// work on rows.
#pragma once

#include <algorithm>
#include <type_traits>

#include "core/real_types.hpp"
#include "core/strided.hpp"
#include "core/threads.hpp"

namespace nd::cpu {

// A table of kernels for each of the two types.
template <template <typename> class Table>
struct RealKernels {
  Table<float> float32;
  Table<double> float64;

  template <typename T>
  const Table<T>& of() const {
    if constexpr (std::is_same_v<T, float>) {
      return float32;
    } else {
      return float64;
    }
  }
};

// Calls body(first, count) for pieces of `rows` rows, on several threads when there is enough to
// do. How rows are cut depends on the arguments alone.
template <typename Body>
void for_each_rows(int64_t rows, int64_t row_length, Body&& body) {
  const int64_t piece = std::max<int64_t>(1, parallel_grain / std::max<int64_t>(1, row_length));
  if (rows <= piece) return body(int64_t{0}, rows);
  parallel_for(divide_up(rows, piece),
               [&](int64_t i) { body(i * piece, std::min(piece, rows - i * piece)); });
}

}  // namespace nd::cpu
