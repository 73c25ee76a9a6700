// Losses on the `cuda` devices: a group of threads for each row. Kernels find targets that are no
// classes, and go on as if these were ignored.
#include <limits>

#include "cuda/cuda_backend.hpp"
#include "cuda/first_wrong.hpp"
#include "cuda/rows.hpp"
#include "ops/elementwise/formulas.hpp"
#include "ops/losses/classes.hpp"

namespace nd::cuda {
namespace {

struct Targets {
  const int64_t* classes;
  int64_t ignore_index;
  FirstWrong::Number* first_wrong;
};

// The target of a row, or -1 if it does not count.
template <typename T, int n>
__device__ __forceinline__ int64_t class_of(const Row<T, n>& row, const Targets& targets) {
  if (!row.exists) return -1;
  const int64_t target = targets.classes[row.index];
  if (target == targets.ignore_index) return -1;
  if (is_class(target, row.length, targets.ignore_index)) return target;
  if (row.is_first_thread() && blockIdx.y == 0) {
    atomicMin(targets.first_wrong, static_cast<FirstWrong::Number>(row.index));
  }
  return -1;
}

template <typename T, int n, bool kept>
__global__ void __launch_bounds__(most_row_threads)
    cross_entropy_rows(T* const losses, T* const logsumexp, const T* const logits,
                       const Targets targets, const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> values(row, logits, memory);
  const T largest = row.template total<Maximum>(-std::numeric_limits<T>::infinity(),
                                                [&](int64_t i) { return values.load(i); });
  const T log_total = m::log(row.sum([&](int64_t i) {
    Vector<T, n> terms = values.again(i);
    for (int k = 0; k < n; ++k) terms[k] = m::exp(terms[k] - largest);
    return terms;
  }));
  const int64_t target = class_of(row, targets);
  if (!row.is_first_thread()) return;
  logsumexp[row.index] = largest + log_total;
  losses[row.index] =
      target < 0 ? T(0) : log_total - (logits[row.index * row.length + target] - largest);
}

template <typename T, int n>
__global__ void __launch_bounds__(most_row_threads)
    cross_entropy_gradient_rows(T* const result, const T* const gradient, const T* const logits,
                                const T* const logsumexp, const Targets targets,
                                const RowLayout layout) {
  const Row<T, n> row(layout);
  const int64_t target = class_of(row, targets);
  if (!row.exists) return;
  T* const to = result + row.index * row.length;
  if (target < 0) {
    row.for_each([&](int64_t i) { store_vector(to + i, Vector<T, n>{}); });
    return;
  }
  const T factor = gradient[row.index], shift = logsumexp[row.index];
  const T* const from = logits + row.index * row.length;
  row.for_each([&](int64_t i) {
    Vector<T, n> terms = load_vector<n>(from + i);
    for (int k = 0; k < n; ++k) {
      terms[k] = factor * m::exp(terms[k] - shift);
      if (i + k == target) terms[k] -= factor;
    }
    store_vector(to + i, terms);
  });
}

void check_classes(const char* op, const FirstWrong& first_wrong, const Array& target,
                   int64_t classes, int64_t ignore_index, cudaStream_t stream) {
  const auto row = first_wrong.find();
  if (!row) return;
  throw wrong_class(op, read_back(elements<int64_t>(target) + *row, stream), classes, ignore_index);
}

}  // namespace

void cross_entropy(const Array& losses, const Array& logsumexp, const Array& logits,
                   const Array& target, int64_t ignore_index) {
  const cudaStream_t stream = enter({&losses, &logsumexp, &logits, &target});
  const FirstWrong first_wrong(logits, stream);
  const Targets targets{elements<int64_t>(target), ignore_index, first_wrong.address()};
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  dispatch_real(logits.dtype(), [&]<typename T>() {
    for_rows<T>(rows, classes, 1, {elements<T>(logits)},
                [&]<int n, bool kept>(const RowLaunch& part) {
                  launch(cross_entropy_rows<T, n, kept>, part.grid(), part.threads,
                         part.shared_bytes, stream, elements<T>(losses), elements<T>(logsumexp),
                         elements<T>(logits), targets, part.layout);
                });
  });
  check_classes("cross_entropy", first_wrong, target, classes, ignore_index, stream);
}

void cross_entropy_gradient(const Array& result, const Array& gradient, const Array& logits,
                            const Array& target, const Array& logsumexp, int64_t ignore_index) {
  const cudaStream_t stream = enter({&result, &gradient, &logits, &target, &logsumexp});
  const FirstWrong first_wrong(logits, stream);
  const Targets targets{elements<int64_t>(target), ignore_index, first_wrong.address()};
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  dispatch_real(logits.dtype(), [&]<typename T>() {
    for_rows<T>(rows, classes, 0, {elements<T>(result), elements<T>(logits)},
                [&]<int n, bool kept>(const RowLaunch& part) {
                  launch(cross_entropy_gradient_rows<T, n>, part.grid_of_elements(), part.threads,
                         0, stream, elements<T>(result), elements<T>(gradient), elements<T>(logits),
                         elements<T>(logsumexp), targets, part.layout);
                });
  });
  check_classes("cross_entropy_gradient", first_wrong, target, classes, ignore_index, stream);
}

}  // namespace nd::cuda
