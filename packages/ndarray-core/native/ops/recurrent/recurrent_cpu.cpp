// Recurrent layers on the `cpu` device. A step has two parts, a product of the state with the
// packed weight and the cell's own arithmetic, and threads share the hidden units for both: they
// meet once a step.
#include <cstring>
#include <memory>
#include <vector>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/matmul/matmul_kernels.hpp"
#include "ops/recurrent/recurrent_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const RecurrentKernelsOf<T>& kernels() {
  static const RecurrentKernels& selected = ND_SELECT_KERNELS(recurrent_kernels);
  return selected.of<T>();
}

template <typename T>
const MatmulKernel& product_kernel() {
  static const MatmulKernels& selected = ND_SELECT_KERNELS(matmul_kernels);
  if constexpr (std::is_same_v<T, float>) {
    return selected.float32;
  } else {
    return selected.float64;
  }
}

// A task is worth waking a thread for above some ten microseconds of work.
constexpr double operations_per_task = 1 << 20;

// How many hidden units a task has.
template <typename T>
int64_t units_of_task(int64_t rows, int64_t size, int64_t gates) {
  const double operations =
      2.0 * static_cast<double>(rows * size) * static_cast<double>(gates * size);
  const auto tasks =
      static_cast<int64_t>(std::clamp<double>(operations / operations_per_task, 1, 16));
  const int64_t tile = product_kernel<T>().column_tile;
  return std::min(size, divide_up(divide_up(size, tasks), 2 * tile) * 2 * tile);
}

// A matrix (terms, columns), packed in parts that begin at multiples of `width`.
template <typename T>
class PackedWeight {
 public:
  PackedWeight(MatrixView view, int64_t terms, int64_t columns, int64_t width)
      : terms_(terms),
        columns_(columns),
        width_(width),
        depth_(product_kernel<T>().block_depth(terms)),
        padded_(divide_up(width, product_kernel<T>().column_tile) *
                product_kernel<T>().column_tile),
        memory_(static_cast<size_t>(divide_up(columns, width) * padded_ * terms) * sizeof(T)) {
    parallel_for(divide_up(columns, width), [&](int64_t part) {
      for (int64_t k = 0; k < terms_; k += depth_) {
        const MatrixView block{static_cast<const T*>(view.data) + k * view.row_stride +
                                   part * width_ * view.column_stride,
                               view.row_stride, view.column_stride};
        product_kernel<T>().pack_y(at(part, k), block, columns_of(part),
                                   std::min(depth_, terms_ - k));
      }
    });
  }

  // out (rows, width), whose rows lie out_row apart, += x (rows, terms) @ the part.
  void add_product(T* out, int64_t out_row, const T* x, int64_t x_row, int64_t rows,
                   int64_t part) const {
    const MatmulKernel& kernel = product_kernel<T>();
    const Scratch workspace(kernel.workspace(rows, width_, depth_));
    for (int64_t k = 0; k < terms_; k += depth_) {
      kernel.multiply_packed(out, out_row, {x + k, x_row, 1}, at(part, k), rows, columns_of(part),
                             std::min(depth_, terms_ - k), true, workspace.data());
    }
  }

 private:
  int64_t columns_of(int64_t part) const { return std::min(width_, columns_ - part * width_); }
  T* at(int64_t part, int64_t k) const {
    return reinterpret_cast<T*>(memory_.data()) + part * padded_ * terms_ + k * padded_;
  }

  const int64_t terms_, columns_, width_, depth_, padded_;
  const Scratch memory_;
};

// The part of the transposed weight (size, gates * size) that makes each gate's sums of a state.
template <typename T>
std::vector<std::unique_ptr<PackedWeight<T>>> packed_gates(const T* weight, int64_t gates,
                                                           int64_t size, int64_t units) {
  std::vector<std::unique_ptr<PackedWeight<T>>> packed;
  for (int64_t gate = 0; gate < gates; ++gate) {
    packed.push_back(std::make_unique<PackedWeight<T>>(
        MatrixView{weight + gate * size * size, 1, size}, size, size, units));
  }
  return packed;
}

template <typename T>
void copy_rows(T* to, int64_t to_row, const T* from, int64_t from_row, int64_t rows,
               int64_t count) {
  for (int64_t row = 0; row < rows; ++row) {
    std::memcpy(to + row * to_row, from + row * from_row, static_cast<size_t>(count) * sizeof(T));
  }
}

// Rows that lie `size` apart.
template <typename T>
void add_rows(T* to, const T* from, int64_t size, int64_t rows, int64_t count) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t u = row * size; u < row * size + count; ++u) to[u] += from[u];
  }
}

template <typename T>
void clear_rows(T* to, int64_t size, int64_t rows, int64_t count) {
  for (int64_t row = 0; row < rows; ++row) {
    std::memset(to + row * size, 0, static_cast<size_t>(count) * sizeof(T));
  }
}

// The sizes of a layer, and its steps in the order in which they are taken.
struct Steps {
  int64_t count, rows, size;  // rows: of a batch; size: hidden units
  bool reverse;

  Steps(const Array& hidden, bool reverse)
      : count(hidden.shape()[0]),
        rows(hidden.shape()[1]),
        size(hidden.shape()[2]),
        reverse(reverse) {}
  int64_t at(int64_t i) const { return reverse ? count - 1 - i : i; }
  int64_t state() const { return rows * size; }
  // What `states` holds of the step before the i-th one, or the first state.
  template <typename T>
  const T* before(const T* states, const T* first, int64_t i) const {
    return i == 0 ? first : states + at(i - 1) * state();
  }
};

template <typename T>
void run_rnn(const Array& hidden_array, const Array& projected, const Array& h_0,
             const Array& weight, bool relu, bool reverse) {
  const Steps steps(hidden_array, reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 1);
  const PackedWeight<T> packed({elements<T>(weight), 1, size}, size, size, units);
  T* const hidden = elements<T>(hidden_array);
  for (int64_t i = 0; i < steps.count; ++i) {
    const T* const h_before = steps.before(hidden, elements<T>(h_0), i);
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      const int64_t at = steps.at(i) * steps.state() + j;
      copy_rows(hidden + at, size, elements<T>(projected) + at, size, rows, count);
      packed.add_product(hidden + at, size, h_before, size, rows, part);
      kernels<T>().rnn_step(hidden + at, rows, size, count, relu);
    });
  }
}

// Units [j, j + count) of of_h = the gradient of the i-th step's result itself, or zeros before the
// first step.
template <typename T>
void start_gradient(T* of_h, const T* of_hidden, const Steps& steps, int64_t i, int64_t j,
                    int64_t count) {
  if (i < 0) {
    clear_rows(of_h + j, steps.size, steps.rows, count);
  } else {
    copy_rows(of_h + j, steps.size, of_hidden + steps.at(i) * steps.state() + j, steps.size,
              steps.rows, count);
  }
}

template <typename T>
void run_rnn_gradient(const Array& of_projected, const Array& of_h_0, const Array& gradient,
                      const Array& hidden, const Array& weight, bool relu, bool reverse) {
  const Steps steps(hidden, reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 1);
  const PackedWeight<T> packed({elements<T>(weight), size, 1}, size, size, units);
  T *const of_h = elements<T>(of_h_0), *const of_sums = elements<T>(of_projected);
  // of_h holds the gradient of the state before step i, and then the next one's.
  for (int64_t i = steps.count - 1; i >= -1; --i) {
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      start_gradient(of_h, elements<T>(gradient), steps, i, j, count);
      if (i + 1 < steps.count) {
        packed.add_product(of_h + j, size, of_sums + steps.at(i + 1) * steps.state(), size, rows,
                           part);
      }
      if (i < 0) return;
      const int64_t at = steps.at(i) * steps.state() + j;
      kernels<T>().rnn_step_gradient(of_sums + at, of_h + j, elements<T>(hidden) + at, rows, size,
                                     count, relu);
    });
  }
}

Array half(const Array& states, int64_t which) {
  return states.view(states.layout.index(0, which));
}

template <typename T>
void run_lstm(const Array& states, const Array& gates, const Array& projected, const Array& h_0,
              const Array& c_0, const Array& weight, bool reverse) {
  const Steps steps(half(states, 0), reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 4);
  const auto packed = packed_gates(elements<T>(weight), 4, size, units);
  T* const hidden = elements<T>(half(states, 0));
  T* const cells = elements<T>(half(states, 1));
  for (int64_t i = 0; i < steps.count; ++i) {
    const int64_t t = steps.at(i);
    const T* const h_before = steps.before(hidden, elements<T>(h_0), i);
    const T* const c_before = steps.before(cells, elements<T>(c_0), i);
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      T* const of_step = elements<T>(gates) + t * rows * 4 * size + j;
      const T* const from_x = elements<T>(projected) + t * rows * 4 * size + j;
      for (int64_t gate = 0; gate < 4; ++gate) {
        copy_rows(of_step + gate * size, 4 * size, from_x + gate * size, 4 * size, rows, count);
        packed[gate]->add_product(of_step + gate * size, 4 * size, h_before, size, rows, part);
      }
      const int64_t at = t * steps.state() + j;
      kernels<T>().lstm_step(of_step, hidden + at, cells + at, c_before + j, rows, size, count);
    });
  }
}

template <typename T>
void run_lstm_gradient(const Array& of_projected, const Array& of_h_0, const Array& of_c_0,
                       const Array& gradient, const Array& states, const Array& gates,
                       const Array& c_0, const Array& weight, bool reverse) {
  const Steps steps(half(states, 0), reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 4);
  const PackedWeight<T> packed({elements<T>(weight), size, 1}, 4 * size, size, units);
  const T* const cells = elements<T>(half(states, 1));
  const T* const of_hidden = elements<T>(half(gradient, 0));
  const T* const of_cells = elements<T>(half(gradient, 1));
  T *const of_h = elements<T>(of_h_0), *const of_c = elements<T>(of_c_0);
  T* const of_gates = elements<T>(of_projected);
  std::memset(of_c, 0, static_cast<size_t>(steps.state()) * sizeof(T));
  // of_h holds the gradient of the state before step i, and then the next one's.
  for (int64_t i = steps.count - 1; i >= -1; --i) {
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      start_gradient(of_h, of_hidden, steps, i, j, count);
      if (i + 1 < steps.count) {
        packed.add_product(of_h + j, size, of_gates + steps.at(i + 1) * rows * 4 * size, 4 * size,
                           rows, part);
      }
      if (i < 0) return;
      const int64_t t = steps.at(i), at = t * steps.state() + j;
      add_rows(of_c + j, of_cells + at, size, rows, count);
      const T* const c_before = steps.before(cells, elements<T>(c_0), i) + j;
      const int64_t in_gates = t * rows * 4 * size + j;
      kernels<T>().lstm_step_gradient(of_gates + in_gates, of_c + j, of_h + j,
                                      elements<T>(gates) + in_gates, cells + at, c_before, rows,
                                      size, count);
    });
  }
}

template <typename T>
void run_gru(const Array& hidden_array, const Array& gates, const Array& projected,
             const Array& h_0, const Array& weight, const Array* bias, bool reverse) {
  const Steps steps(hidden_array, reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 3);
  const auto packed = packed_gates(elements<T>(weight), 3, size, units);
  const std::vector<T> zeros(static_cast<size_t>(3 * size), T(0));
  const T* const biases = bias ? elements<T>(*bias) : zeros.data();
  T* const hidden = elements<T>(hidden_array);
  for (int64_t i = 0; i < steps.count; ++i) {
    const int64_t t = steps.at(i);
    const T* const h_before = steps.before(hidden, elements<T>(h_0), i);
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      T* const of_step = elements<T>(gates) + t * rows * 4 * size + j;
      const T* const from_x = elements<T>(projected) + t * rows * 3 * size + j;
      for (int64_t gate = 0; gate < 3; ++gate) {
        // What comes from x joins n later, for r scales the rest.
        T* const sums = of_step + (gate == 2 ? 3 : gate) * size;
        for (int64_t row = 0; row < rows; ++row) {
          const T* const x = from_x + row * 3 * size + gate * size;
          const T* const b = biases + gate * size + j;
          T* const sum = sums + row * 4 * size;
          for (int64_t u = 0; u < count; ++u) sum[u] = gate == 2 ? b[u] : x[u] + b[u];
        }
        packed[gate]->add_product(sums, 4 * size, h_before, size, rows, part);
      }
      kernels<T>().gru_step(of_step, hidden + t * steps.state() + j, from_x, h_before + j, rows,
                            size, count);
    });
  }
}

template <typename T>
void run_gru_gradient(const Array& of_projected, const Array& of_sums_array, const Array& of_h_0,
                      const Array& gradient, const Array& hidden_array, const Array& gates,
                      const Array& h_0, const Array& weight, bool reverse) {
  const Steps steps(hidden_array, reverse);
  const int64_t size = steps.size, rows = steps.rows;
  const int64_t units = units_of_task<T>(rows, size, 3);
  const PackedWeight<T> packed({elements<T>(weight), size, 1}, 3 * size, size, units);
  const T* const hidden = elements<T>(hidden_array);
  const T* const of_hidden = elements<T>(gradient);
  T *const of_h = elements<T>(of_h_0), *const of_sums = elements<T>(of_sums_array);
  std::memset(of_h, 0, static_cast<size_t>(steps.state()) * sizeof(T));
  for (int64_t i = steps.count - 1; i >= -1; --i) {
    parallel_for(divide_up(size, units), [&](int64_t part) {
      const int64_t j = part * units, count = std::min(units, size - j);
      if (i + 1 < steps.count) {
        packed.add_product(of_h + j, size, of_sums + steps.at(i + 1) * rows * 3 * size, 3 * size,
                           rows, part);
      }
      if (i < 0) return;
      const int64_t t = steps.at(i), at = t * steps.state() + j, in_sums = t * rows * 3 * size + j;
      add_rows(of_h + j, of_hidden + at, size, rows, count);
      kernels<T>().gru_step_gradient(elements<T>(of_projected) + in_sums, of_sums + in_sums,
                                     of_h + j, elements<T>(gates) + t * rows * 4 * size + j,
                                     steps.before(hidden, elements<T>(h_0), i) + j, rows, size,
                                     count);
    });
  }
}

}  // namespace

void rnn(const Array& hidden, const Array& projected, const Array& h_0, const Array& weight,
         bool relu, bool reverse) {
  AllowThreads allow(projected.size() * h_0.shape()[1]);
  dispatch_real(projected.dtype(),
                [&]<typename T>() { run_rnn<T>(hidden, projected, h_0, weight, relu, reverse); });
}

void rnn_gradient(const Array& of_projected, const Array& of_h_0, const Array& gradient,
                  const Array& hidden, const Array& weight, bool relu, bool reverse) {
  AllowThreads allow(of_projected.size() * of_h_0.shape()[1]);
  dispatch_real(gradient.dtype(), [&]<typename T>() {
    run_rnn_gradient<T>(of_projected, of_h_0, gradient, hidden, weight, relu, reverse);
  });
}

void lstm(const Array& states, const Array& gates, const Array& projected, const Array& h_0,
          const Array& c_0, const Array& weight, bool reverse) {
  AllowThreads allow(projected.size() * h_0.shape()[1]);
  dispatch_real(projected.dtype(), [&]<typename T>() {
    run_lstm<T>(states, gates, projected, h_0, c_0, weight, reverse);
  });
}

void lstm_gradient(const Array& of_projected, const Array& of_h_0, const Array& of_c_0,
                   const Array& gradient, const Array& states, const Array& gates, const Array& c_0,
                   const Array& weight, bool reverse) {
  AllowThreads allow(of_projected.size() * c_0.shape()[1]);
  dispatch_real(gradient.dtype(), [&]<typename T>() {
    run_lstm_gradient<T>(of_projected, of_h_0, of_c_0, gradient, states, gates, c_0, weight,
                         reverse);
  });
}

void gru(const Array& hidden, const Array& gates, const Array& projected, const Array& h_0,
         const Array& weight, const Array* bias, bool reverse) {
  AllowThreads allow(projected.size() * h_0.shape()[1]);
  dispatch_real(projected.dtype(), [&]<typename T>() {
    run_gru<T>(hidden, gates, projected, h_0, weight, bias, reverse);
  });
}

void gru_gradient(const Array& of_projected, const Array& of_sums, const Array& of_h_0,
                  const Array& gradient, const Array& hidden, const Array& gates, const Array& h_0,
                  const Array& weight, bool reverse) {
  AllowThreads allow(of_projected.size() * h_0.shape()[1]);
  dispatch_real(gradient.dtype(), [&]<typename T>() {
    run_gru_gradient<T>(of_projected, of_sums, of_h_0, gradient, hidden, gates, h_0, weight,
                        reverse);
  });
}

}  // namespace nd::cpu
