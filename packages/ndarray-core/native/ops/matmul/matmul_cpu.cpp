// Cuts matrix products into tasks. How depends on the sizes alone, never on the number of threads.
#include <algorithm>
#include <cstring>

#include "core/allocator.hpp"
#include "core/threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/matmul/matmul_kernels.hpp"

namespace nd::cpu {
namespace {

const MatmulKernel& select_kernel(DType dtype) {
  const MatmulKernels& kernels = ND_SELECT_KERNELS(matmul_kernels);
  if (dtype == DType::float32) return kernels.float32;
  if (dtype == DType::float64) return kernels.float64;
  switch (itemsize(dtype)) {
    case 1:
      return kernels.uint8;
    case 2:
      return kernels.uint16;
    case 4:
      return kernels.uint32;
    default:
      return kernels.uint64;
  }
}

class Scratch {
 public:
  explicit Scratch(size_t nbytes)
      : nbytes_(nbytes), data_(nbytes == 0 ? nullptr : allocator::allocate(nbytes)) {}
  ~Scratch() {
    if (data_ != nullptr) allocator::deallocate(data_, nbytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  char* data() const { return static_cast<char*>(data_); }

 private:
  size_t nbytes_;
  void* data_;
};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A stack of products of one size: out (batch, m, n) = x (batch, m, k) @ y (batch, k, n).
struct Product {
  const MatmulKernel& kernel;
  int64_t itemsize;
  char* out;  // dense
  const char *x, *y;
  int64_t m, n, k;
  int64_t x_row, x_column, y_row, y_column;  // strides in elements
  Dims batch, x_batch, y_batch;              // sizes of the leading axes, and their strides

  Product(const Array& out_array, const Array& x_array, const Array& y_array)
      : kernel(select_kernel(out_array.dtype())),
        itemsize(static_cast<int64_t>(nd::itemsize(out_array.dtype()))),
        out(out_array.data()),
        x(x_array.data()),
        y(y_array.data()) {
    const int axes = out_array.ndim() - 2;
    m = out_array.shape()[axes];
    n = out_array.shape()[axes + 1];
    k = x_array.shape()[axes + 1];
    x_row = x_array.strides()[axes];
    x_column = x_array.strides()[axes + 1];
    y_row = y_array.strides()[axes];
    y_column = y_array.strides()[axes + 1];
    for (int i = 0; i < axes; ++i) {
      if (out_array.shape()[i] == 1) continue;
      batch.push_back(out_array.shape()[i]);
      x_batch.push_back(x_array.strides()[i]);
      y_batch.push_back(y_array.strides()[i]);
    }
    fold_batch_into_rows();
    if (k == 1) x_column = y_row = 1;  // the stride of an axis of length one means nothing
    // A matrix times a column is a row times the transposed matrix; of two vectors, the dense one
    // takes the matrix's part.
    if (n == 1 && (m > 1 || y_row != 1)) transpose();
  }

  // (batch, m, k) @ (k, n) is (batch * m, k) @ (k, n), where x's strides allow it.
  void fold_batch_into_rows() {
    while (!batch.empty() && y_batch.back() == 0 && (m == 1 || x_batch.back() == m * x_row)) {
      if (m == 1) x_row = x_batch.back();
      m *= batch.back();
      batch.pop_back();
      x_batch.pop_back();
      y_batch.pop_back();
    }
  }

  void transpose() {
    std::swap(x, y);
    std::swap(m, n);
    std::swap(x_batch, y_batch);
    std::swap(x_row, y_column);
    std::swap(x_column, y_row);
  }

  int64_t batch_size() const {
    int64_t size = 1;
    for (int64_t length : batch) size *= length;
    return size;
  }

  bool is_vector() const { return m == 1 && (y_row == 1 || (y_column == 1 && n > 1)); }

  // Rows and columns [i, i + rows) x [j, j + columns), summed over [p, p + depth), of product
  // `index`, into `target`.
  void multiply(char* target, int64_t target_stride, int64_t index, int64_t i, int64_t rows,
                int64_t j, int64_t columns, int64_t p, int64_t depth, void* workspace) const {
    int64_t x_offset = i * x_row + p * x_column;
    int64_t y_offset = p * y_row + j * y_column;
    for (int axis = batch.size() - 1; axis >= 0; --axis) {
      x_offset += index % batch[axis] * x_batch[axis];
      y_offset += index % batch[axis] * y_batch[axis];
      index /= batch[axis];
    }
    const MatrixView x_view{x + x_offset * itemsize, x_row, x_column};
    const MatrixView y_view{y + y_offset * itemsize, y_row, y_column};
    if (is_vector()) {
      kernel.multiply_vector(target, x_view.data, x_column, y_view, columns, depth);
    } else {
      kernel.multiply(target, target_stride, x_view, y_view, rows, columns, depth, workspace);
    }
  }
};

// A task is worth waking a thread for above some twenty microseconds of work, and there is no use
// in more tasks than it takes to keep every core of a large machine busy until the end.
constexpr double operations_per_task = 1 << 21;
constexpr double elements_per_task = 1 << 15;  // of the matrix, where memory is the limit
constexpr int64_t most_tasks = 32;

struct Split {
  int64_t items, rows, columns, depth;  // per task
  int64_t item_tasks, row_tasks, column_tasks, depth_tasks;

  explicit Split(const Product& product) {
    const int64_t batch = product.batch_size();
    const double elements = static_cast<double>(batch) * static_cast<double>(product.n) *
                            static_cast<double>(product.k);
    const double work = product.is_vector()
                            ? elements / elements_per_task
                            : 2 * elements * static_cast<double>(product.m) / operations_per_task;
    const int64_t wanted =
        std::clamp<int64_t>(static_cast<int64_t>(std::min(work, 1e6)), 1, most_tasks);
    rows = product.m;
    columns = product.n;
    depth = product.k;
    items = ceil_div(batch, wanted);
    item_tasks = ceil_div(batch, items);
    const int64_t pieces = wanted / item_tasks;  // of one product
    if (product.is_vector()) {
      // Rows of y in pieces of 2 KiB at least: shorter ones do not reach the memory's speed.
      columns = piece(product.n, pieces, std::max<int64_t>(2048 / product.itemsize, 1));
    } else {
      split_result(product, pieces);
    }
    row_tasks = ceil_div(product.m, rows);
    column_tasks = ceil_div(product.n, columns);
    // Long sums of few elements: parts of the sum are computed apart and added in order.
    depth = piece(product.k, pieces / (row_tasks * column_tasks), 2048);
    depth_tasks = ceil_div(product.k, depth);
  }

  int64_t tasks() const { return item_tasks * row_tasks * column_tasks * depth_tasks; }

 private:
  // The length of the pieces when `length` is cut into about `count`, in multiples of `unit`.
  static int64_t piece(int64_t length, int64_t count, int64_t unit) {
    return std::min(length, ceil_div(ceil_div(length, std::max<int64_t>(count, 1)), unit) * unit);
  }

  // Into blocks about as high as wide: each task packs its own parts of x and y, which costs least
  // for a square.
  void split_result(const Product& product, int64_t pieces) {
    int64_t down = 1, across = 1;
    while (down * across * 2 <= pieces) {
      const int64_t height = product.m / down, width = product.n / across;
      const bool can_cut_rows = height >= 4 * product.kernel.row_tile;
      const bool can_cut_columns = width >= 4 * product.kernel.column_tile;
      if (can_cut_rows && (height >= width || !can_cut_columns)) {
        down *= 2;
      } else if (can_cut_columns) {
        across *= 2;
      } else {
        break;
      }
    }
    rows = piece(product.m, down, product.kernel.row_tile);
    columns = piece(product.n, across, product.kernel.column_tile);
  }
};

}  // namespace

void matmul(const Array& out, const Array& x, const Array& y) {
  if (out.size() == 0) return;
  const Product product(out, x, y);
  if (product.k == 0) {
    std::memset(product.out, 0, static_cast<size_t>(out.size() * product.itemsize));
    return;
  }
  const Split split(product);
  const int64_t size = product.itemsize, result = product.m * product.n;
  const int64_t batch = product.batch_size();
  const size_t workspace =
      product.is_vector() ? 0 : product.kernel.workspace(split.rows, split.columns, split.depth);
  // With the sum cut into parts: (depth_tasks, batch, m, n), added up below.
  const bool in_parts = split.depth_tasks > 1;
  const Scratch parts(in_parts ? static_cast<size_t>(split.depth_tasks * batch * result * size)
                               : 0);

  parallel_for(split.tasks(), [&](int64_t task) {
    const int64_t j = task % split.column_tasks * split.columns;
    task /= split.column_tasks;
    const int64_t i = task % split.row_tasks * split.rows;
    task /= split.row_tasks;
    const int64_t part = task % split.depth_tasks;
    const int64_t first = task / split.depth_tasks * split.items;
    const int64_t last = std::min(first + split.items, batch);
    const Scratch scratch(workspace);
    for (int64_t item = first; item < last; ++item) {
      char* target = in_parts ? parts.data() + part * batch * result * size : product.out;
      product.multiply(target + (item * result + i * product.n + j) * size, product.n, item, i,
                       std::min(split.rows, product.m - i), j,
                       std::min(split.columns, product.n - j), part * split.depth,
                       std::min(split.depth, product.k - part * split.depth), scratch.data());
    }
  });
  if (in_parts)
    product.kernel.sum_rows(product.out, parts.data(), split.depth_tasks, batch * result);
}

}  // namespace nd::cpu
