// Softmax on the `cuda` devices: a group of threads for each row, which is read from memory once.
#include <limits>

#include "cuda/cuda_backend.hpp"
#include "cuda/rows.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cuda {
namespace {

template <typename T, int n, bool kept, bool logarithm>
__global__ void __launch_bounds__(most_row_threads)
    softmax_rows(T* const out, const T* const x, const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> values(row, x, memory);
  const T largest = row.template total<Maximum>(-std::numeric_limits<T>::infinity(),
                                                [&](int64_t i) { return values.load(i); });
  const auto exponentials = [&](int64_t i) {
    Vector<T, n> terms = values.again(i);
    for (int k = 0; k < n; ++k) terms[k] = m::exp(terms[k] - largest);
    return terms;
  };
  const T total = row.sum(exponentials);
  const T scale = 1 / total, log_total = m::log(total);
  row.for_each([&](int64_t i) {
    Vector<T, n> results = logarithm ? values.again(i) : exponentials(i);
    for (int k = 0; k < n; ++k) {
      results[k] = logarithm ? (results[k] - largest) - log_total : results[k] * scale;
    }
    store_vector(out + row.index * row.length + i, results);
  });
}

// out: the softmax, or its logarithm.
template <typename T, int n, bool kept, bool logarithm>
__global__ void __launch_bounds__(most_row_threads)
    softmax_gradient_rows(T* const result, const T* const gradient, const T* const out,
                          const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> gradients(row, gradient, memory, 0, 2), outs(row, out, memory, 1, 2);
  const T total = row.sum([&](int64_t i) {
    Vector<T, n> terms = gradients.load(i);
    const Vector<T, n> y = outs.load(i);
    if constexpr (!logarithm) {
      for (int k = 0; k < n; ++k) terms[k] *= y[k];
    }
    return terms;
  });
  row.for_each([&](int64_t i) {
    const Vector<T, n> g = gradients.again(i), y = outs.again(i);
    Vector<T, n> results;
    for (int k = 0; k < n; ++k) {
      results[k] = logarithm ? g[k] - m::exp(y[k]) * total : y[k] * (g[k] - total);
    }
    store_vector(result + row.index * row.length + i, results);
  });
}

template <bool logarithm>
void forward(const Array& out, const Array& x) {
  const cudaStream_t stream = enter({&out, &x});
  const int64_t length = x.shape().back();
  dispatch_real(x.dtype(), [&]<typename T>() {
    for_rows<T>(x.size() / length, length, 1, {elements<T>(out), elements<T>(x)},
                [&]<int n, bool kept>(const RowLaunch& rows) {
                  launch(softmax_rows<T, n, kept, logarithm>, rows.grid(), rows.threads,
                         rows.shared_bytes, stream, elements<T>(out), elements<T>(x), rows.layout);
                });
  });
}

template <bool logarithm>
void backward(const Array& result, const Array& gradient, const Array& out) {
  const cudaStream_t stream = enter({&result, &gradient, &out});
  const int64_t length = out.shape().back();
  dispatch_real(out.dtype(), [&]<typename T>() {
    for_rows<T>(out.size() / length, length, 2,
                {elements<T>(result), elements<T>(gradient), elements<T>(out)},
                [&]<int n, bool kept>(const RowLaunch& rows) {
                  launch(softmax_gradient_rows<T, n, kept, logarithm>, rows.grid(), rows.threads,
                         rows.shared_bytes, stream, elements<T>(result), elements<T>(gradient),
                         elements<T>(out), rows.layout);
                });
  });
}

}  // namespace

void softmax(const Array& out, const Array& x) { forward<false>(out, x); }
void log_softmax(const Array& out, const Array& x) { forward<true>(out, x); }
void softmax_gradient(const Array& result, const Array& gradient, const Array& out) {
  backward<false>(result, gradient, out);
}
void log_softmax_gradient(const Array& result, const Array& gradient, const Array& out) {
  backward<true>(result, gradient, out);
}

}  // namespace nd::cuda
