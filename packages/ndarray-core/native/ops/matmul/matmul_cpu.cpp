// Cuts matrix products into tasks. How depends on the sizes alone, never on the number of threads.
#include <algorithm>
#include <cstring>

#include "core/scratch.hpp"
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
    if (n == 1) y_column = 0;  // again an axis of length one; 1 would mean dense rows
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

  // Few rows and a y that does not fit into the caches: reading it is what takes the time.
  bool is_thin() const {
    if (m > 1 && (m > 8 || n * k * itemsize < 1 << 18)) return false;
    return y_column == 1 || (y_row == 1 && (m == 1 || x_column == 1));
  }

  // Views of product `index` from row i of x, column j of y and position p of the sum on.
  MatrixView x_view(int64_t index, int64_t i, int64_t p) const {
    const int64_t offset = batch_offset(index, x_batch) + i * x_row + p * x_column;
    return {x + offset * itemsize, x_row, x_column};
  }
  MatrixView y_view(int64_t index, int64_t p, int64_t j) const {
    const int64_t offset = batch_offset(index, y_batch) + p * y_row + j * y_column;
    return {y + offset * itemsize, y_row, y_column};
  }

 private:
  int64_t batch_offset(int64_t index, const Dims& strides) const {
    int64_t offset = 0;
    for (int axis = batch.size() - 1; axis >= 0; --axis) {
      offset += index % batch[axis] * strides[axis];
      index /= batch[axis];
    }
    return offset;
  }
};

// A task is worth waking a thread for above some twenty microseconds of work, and there is no use
// in more tasks than it takes to keep the cores of a large machine busy until the end.
constexpr double operations_per_task = 1 << 21;
constexpr double elements_per_task = 1 << 15;  // of the matrix, where memory is the limit
constexpr int64_t most_tasks = 32;

// A product with both sides longer than this packs y once for all tasks. Below, each task packs
// what it needs: the short side's operand, which is little beside the work with it.
constexpr int64_t long_side = 128;

int64_t tasks_worth_it(const Product& product) {
  const double elements = static_cast<double>(product.batch_size()) *
                          static_cast<double>(product.n) * static_cast<double>(product.k);
  const double tasks = product.is_thin()
                           ? elements / elements_per_task
                           : 2 * elements * static_cast<double>(product.m) / operations_per_task;
  return static_cast<int64_t>(std::clamp<double>(tasks, 1, most_tasks));
}

// The length of the pieces when `length` is cut into about `count`, in multiples of `unit`.
int64_t piece(int64_t length, int64_t count, int64_t unit) {
  return std::min(length, ceil_div(ceil_div(length, std::max<int64_t>(count, 1)), unit) * unit);
}

// One large product after another. For each part of k, the threads pack a wide block of y together
// and then multiply blocks of rows of x, which each packs for itself, with it.
void multiply_large(const Product& product) {
  const MatmulKernel& kernel = product.kernel;
  const int64_t m = product.m, n = product.n, size = product.itemsize;
  const int64_t depth = kernel.block_depth(product.k);
  // The packed block of y lies in the third-level cache: 4 MiB, in equal parts.
  const int64_t widest = std::max<int64_t>((4 << 20) / (depth * size), 1);
  const int64_t width = piece(n, ceil_div(n, widest), kernel.column_tile);
  // Blocks of 48 to 192 rows: enough work with each panel of y, enough blocks for the threads.
  const int64_t rows = piece(
      m, std::clamp<int64_t>(m / 48, ceil_div(m, 192), std::max<int64_t>(ceil_div(m, 192), 16)),
      kernel.row_tile);
  const int64_t row_tasks = ceil_div(m, rows);
  const int64_t columns =
      piece(width, std::min(most_tasks / row_tasks, width / 512), kernel.column_tile);
  const int64_t pack_columns = piece(width, 16, kernel.column_tile);
  const int64_t padded_width = ceil_div(width, kernel.column_tile) * kernel.column_tile;
  const Scratch packed(static_cast<size_t>(padded_width * depth * size));
  const size_t workspace = kernel.workspace(rows, columns, depth);

  const int64_t batch = product.batch_size();
  for (int64_t item = 0; item < batch; ++item) {
    char* out = product.out + item * m * n * size;
    for (int64_t j0 = 0; j0 < n; j0 += width) {
      const int64_t block_width = std::min(width, n - j0);
      for (int64_t p = 0; p < product.k; p += depth) {
        const int64_t block_depth = std::min(depth, product.k - p);
        parallel_for(ceil_div(block_width, pack_columns), [&](int64_t task) {
          const int64_t j = task * pack_columns;
          kernel.pack_y(packed.data() + j * block_depth * size, product.y_view(item, p, j0 + j),
                        std::min(pack_columns, block_width - j), block_depth);
        });
        const int64_t column_tasks = ceil_div(block_width, columns);
        parallel_for(row_tasks * column_tasks, [&](int64_t task) {
          const int64_t i = task / column_tasks * rows, j = task % column_tasks * columns;
          const Scratch scratch(workspace);
          kernel.multiply_packed(out + (i * n + j0 + j) * size, n, product.x_view(item, i, p),
                                 packed.data() + j * block_depth * size, std::min(rows, m - i),
                                 std::min(columns, block_width - j), block_depth, p > 0,
                                 scratch.data());
        });
      }
    }
  }
}

// Many products, or one that is small, long and narrow, or a vector times a matrix: tasks share
// nothing. Long sums of few elements are cut as well; the parts are added up in order at the end.
void multiply_apart(const Product& product, int64_t tasks) {
  const MatmulKernel& kernel = product.kernel;
  const bool is_thin = product.is_thin();
  const int64_t m = product.m, n = product.n, k = product.k, size = product.itemsize;
  const int64_t batch = product.batch_size();
  const int64_t items = ceil_div(batch, tasks);
  const int64_t pieces = tasks / ceil_div(batch, items);  // of one product
  int64_t rows = m, columns = n, depth = k;
  if (is_thin && product.y_column == 1) {
    // Memory is read fastest in whole rows.
    depth = piece(k, pieces, 256);
    columns = piece(n, pieces / ceil_div(k, depth), std::max<int64_t>(2048 / size, 1));
  } else if (is_thin) {
    columns = piece(n, pieces, 4);
    depth = piece(k, pieces / ceil_div(n, columns), 2048);
  } else {
    const bool is_long_sum = std::max(m, n) < long_side;
    if (is_long_sum) depth = piece(k, pieces, 2048);
    const int64_t left = pieces / ceil_div(k, depth);
    if (m >= n) {
      rows = piece(m, std::min(left, m / (4 * kernel.row_tile)), kernel.row_tile);
    }
    columns = piece(n, std::min(left / ceil_div(m, rows), n / (4 * kernel.column_tile)),
                    kernel.column_tile);
  }
  const int64_t row_tasks = ceil_div(m, rows), column_tasks = ceil_div(n, columns);
  const int64_t depth_tasks = ceil_div(k, depth);

  const int64_t result = batch * m * n;
  const Scratch parts(depth_tasks > 1 ? static_cast<size_t>(depth_tasks * result * size) : 0);
  char* out = depth_tasks > 1 ? parts.data() : product.out;  // (depth_tasks, batch, m, n)
  const size_t workspace = is_thin ? 0 : kernel.workspace(rows, columns, depth);
  parallel_for(ceil_div(batch, items) * depth_tasks * row_tasks * column_tasks, [&](int64_t task) {
    const int64_t j = task % column_tasks * columns;
    task /= column_tasks;
    const int64_t i = task % row_tasks * rows;
    task /= row_tasks;
    const int64_t part = task % depth_tasks, p = part * depth;
    const int64_t first = task / depth_tasks * items, last = std::min(first + items, batch);
    const int64_t length = std::min(depth, k - p);
    const Scratch scratch(workspace);
    for (int64_t item = first; item < last; ++item) {
      char* target = out + (part * result + (item * m + i) * n + j) * size;
      const MatrixView x = product.x_view(item, i, p), y = product.y_view(item, p, j);
      if (is_thin) {
        kernel.multiply_thin(target, n, x, y, m, std::min(columns, n - j), length);
      } else {
        kernel.multiply(target, n, x, y, std::min(rows, m - i), std::min(columns, n - j), length,
                        scratch.data());
      }
    }
  });
  if (depth_tasks > 1) kernel.sum_rows(product.out, parts.data(), depth_tasks, result);
}

Array dense(DType dtype, const Dims& shape) {
  return Array{cpu_backend().allocate(dtype, size_of(shape)), Layout(shape)};
}

void multiply_half(const Array& out, const Array& x, const Array& y) {
  const Array wide = dense(DType::float32, out.shape());
  matmul(wide, widened(x), widened(y));
  copy(out, wide);
}

// (a + ib) (c + id) = (ac - bd) + i(ad + bc), as four products of real matrices.
void multiply_complex(const Array& out, const Array& x, const Array& y) {
  const auto part = [](const Array& array, int64_t which) {
    const Array parts = component_view(array);
    return parts.view(parts.layout.index(array.ndim(), which));
  };
  const Array first = dense(real_type(out.dtype()), out.shape());
  const Array second = dense(real_type(out.dtype()), out.shape());
  matmul(first, part(x, 0), part(y, 0));
  matmul(second, part(x, 1), part(y, 1));
  binary(BinaryOp::subtract, part(out, 0), first, second);
  matmul(first, part(x, 0), part(y, 1));
  matmul(second, part(x, 1), part(y, 0));
  binary(BinaryOp::add, part(out, 1), first, second);
}

}  // namespace

void matmul(const Array& out, const Array& x, const Array& y) {
  if (out.size() == 0) return;
  if (is_half_type(out.dtype())) return multiply_half(out, x, y);
  if (is_complex(out.dtype())) return multiply_complex(out, x, y);
  const Product product(out, x, y);
  if (product.k == 0) {
    std::memset(product.out, 0, static_cast<size_t>(out.size() * product.itemsize));
    return;
  }
  const int64_t tasks = tasks_worth_it(product);
  const bool is_large = std::min(product.m, product.n) >= long_side;
  if (tasks > 1 && is_large && product.batch_size() < most_tasks / 2) {
    multiply_large(product);
  } else {
    multiply_apart(product, tasks);
  }
}

}  // namespace nd::cpu
