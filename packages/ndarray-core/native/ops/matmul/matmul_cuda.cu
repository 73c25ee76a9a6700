// Matrix products of the `cuda` devices. Which kernel multiplies, with which tiles and in how many
// parts, depends on the sizes, the element type and the device alone.
#include <atomic>

#include "cuda/walk.hpp"
#include "ops/matmul/tensor_tiles.hpp"
#include "ops/matmul/tiles.hpp"

namespace nd::cuda {

std::atomic<bool> allow_tf32 = false;

namespace {

template <typename Element, int n>
__device__ __forceinline__ void store_row(Element* to, const Vector<Element, n>& values,
                                          int64_t room) {
  if (room >= n && is_vector_aligned<n>(to)) return store_vector(to, values);
#pragma unroll
  for (int i = 0; i < n; ++i) {
    if (i < room) to[i] = values[i];
  }
}

// out (batch, m, n) = x (batch, m, k) @ y (batch, k, n): what a kernel gets.
template <typename T>
struct Product {
  MatrixSource<T> x, y;
  int64_t row_tiles, column_tiles;
  int64_t part_count, part_depth;
  int64_t batch_size;
  uint32_t first_matrix;  // of this launch
  ThreadWalk<3> batch;    // out, x, y
  product_value<T>* parts;

  // What a block does: a tile of a matrix, some terms of it.
  struct Work {
    int64_t row, column, begin, end;
    int64_t matrix, part;
  };
  template <typename Tile>
  __device__ __forceinline__ Work work() const {
    int64_t index = blockIdx.x;
    Work work;
    work.column = index % column_tiles * Tile::columns;
    index /= column_tiles;
    work.row = index % row_tiles * Tile::rows;
    index /= row_tiles;
    work.part = index % part_count;
    work.begin = work.part * part_depth;
    work.end = std::min(x.depth, work.begin + part_depth);
    work.matrix = first_matrix + index / part_count;
    return work;
  }
  // Moves the matrices to the matrix; the result is where out's, or the part's, begins.
  __device__ __forceinline__ T* select(const Work& work, MatrixSource<T>& of_x,
                                       MatrixSource<T>& of_y) const {
    char* starts[3];
    batch.locate(static_cast<uint32_t>(work.matrix), starts);
    of_x = x;
    of_y = y;
    of_x.data = reinterpret_cast<const T*>(starts[1]);
    of_y.data = reinterpret_cast<const T*>(starts[2]);
    return reinterpret_cast<T*>(starts[0]);
  }
  __device__ __forceinline__ product_value<T>* part_of(const Work& work) const {
    return parts + (work.part * batch_size + work.matrix) * x.rows * y.rows;
  }

  // Stores neighbouring sums of a row, as far as they lie inside.
  template <typename Value, int n>
  __device__ __forceinline__ void store(const Work& work, T* out, int64_t row, int64_t column,
                                        const Vector<Value, n>& sums) const {
    if (row >= x.rows || column >= y.rows) return;
    const int64_t first = row * y.rows + column;
    if (parts) return store_row(part_of(work) + first, sums, y.rows - column);
    Vector<T, n> narrowed;
#pragma unroll
    for (int i = 0; i < n; ++i) narrowed[i] = from_value<T>(sums[i]);
    store_row(out + first, narrowed, y.rows - column);
  }
};

template <typename Tile, typename T>
__global__ void __launch_bounds__(Tile::threads, 1)  // whatever registers that takes
    multiply(const Product<T> product) {
  const auto work = product.template work<Tile>();
  MatrixSource<T> x, y;
  T* const out = product.select(work, x, y);
  multiply_tile<Tile>(x, y, work.row, work.column, work.begin, work.end,
                      [&](int64_t row, int64_t column, const auto& sums) {
                        product.store(work, out, row, column, sums);
                      });
}

template <typename Tile, typename Instruction, typename T>
__global__ void __launch_bounds__(Tile::threads)
    multiply_by_tensor_cores(const Product<T> product) {
  const auto work = product.template work<Tile>();
  MatrixSource<T> x, y;
  T* const out = product.select(work, x, y);
  multiply_tensor_tile<Tile, Instruction>(
      x, y, work.row, work.column, work.begin, work.end,
      [&](int64_t row, int64_t column, const Vector<float, 2>& sums) {
        product.store(work, out, row, column, sums);
      });
}

// The sizes, and the matrices in a form that kernels read: each with a dense dimension.
template <typename T>
struct Matrices {
  Array out, x, y;
  int64_t m, n, k;

  Matrices(const Array& out_array, const Array& x_array, const Array& y_array)
      : out(out_array), x(x_array), y(y_array) {
    fold_batch_into_rows();
    const int axes = out.ndim() - 2;
    m = out.shape()[axes];
    n = out.shape()[axes + 1];
    k = x.shape()[axes + 1];
    make_readable(x);
    make_readable(y);
  }

  // (batch, m, k) @ (k, n) is (batch * m, k) @ (k, n), where x's strides allow it.
  void fold_batch_into_rows() {
    while (out.ndim() > 2) {
      const int last = out.ndim() - 3;
      const int64_t rows = x.shape()[last + 1], count = x.shape()[last];
      Dims &strides = x.layout.strides, &of_y = y.layout.strides;
      if (count != 1) {
        if (of_y[last] != 0 || (rows != 1 && strides[last] != rows * strides[last + 1])) return;
        if (rows == 1) strides[last + 1] = strides[last];
      }
      for (Array* array : {&out, &x}) {
        Layout& layout = array->layout;
        layout.shape[last + 1] *= count;
        layout = drop(layout, last);
      }
      y.layout = drop(y.layout, last);
    }
  }

  static Layout drop(const Layout& layout, int axis) {
    Dims shape, strides;
    for (int i = 0; i < layout.ndim(); ++i) {
      if (i == axis) continue;
      shape.push_back(layout.shape[i]);
      strides.push_back(layout.strides[i]);
    }
    return Layout(shape, strides, layout.offset);
  }

  static bool is_dense(const Array& x, int axis) {
    return x.strides()[axis] == 1 || x.shape()[axis] == 1;
  }
  static void make_readable(Array& x) {
    const int last = x.ndim() - 1;
    if (is_dense(x, last) || is_dense(x, last - 1)) return;
    const Array packed = temporary(x, x.dtype(), x.shape());
    copy(packed, x);
    x = packed;
  }

  // `rows` and `terms` are axes of x.
  static MatrixSource<T> source(const Array& x, int rows, int terms) {
    MatrixSource<T> source;
    source.data = reinterpret_cast<const T*>(x.data());
    source.rows = x.shape()[rows];
    source.depth = x.shape()[terms];
    // Of two dense dimensions the longer one.
    source.along_depth = is_dense(x, terms) && (!is_dense(x, rows) || source.depth >= source.rows);
    source.stride = x.strides()[source.along_depth ? rows : terms];
    source.aligned = is_aligned(x, source.along_depth ? terms : rows);
    return source;
  }
  // Whether all rows begin where vectors may.
  static bool is_aligned(const Array& x, int dense) {
    constexpr int64_t vector = full_vector<T>;
    if (reinterpret_cast<uintptr_t>(x.data()) % 16 != 0) return false;
    if (x.strides()[dense] != 1) return false;
    for (int axis = 0; axis < x.ndim(); ++axis) {
      if (axis != dense && x.shape()[axis] != 1 && x.strides()[axis] % vector != 0) return false;
    }
    return true;
  }
};

template <typename Tile, typename T>
void launch_product(void (*kernel)(Product<T>), const Matrices<T>& matrices, const Array& out,
                    cudaStream_t stream) {
  const int axes = matrices.out.ndim() - 2;
  Walk<3> batch;
  const Array* const arrays[3] = {&matrices.out, &matrices.x, &matrices.y};
  for (int i = 0; i < 3; ++i) batch.data[i] = arrays[i]->data();
  for (int axis = 0; axis < axes; ++axis) {
    int64_t steps[3];
    for (int i = 0; i < 3; ++i) steps[i] = Walk<3>::byte_stride(*arrays[i], axis);
    batch.push_back(matrices.out.shape()[axis], steps);
  }
  batch.normalize();

  const int64_t row_tiles = divide_up(matrices.m, Tile::rows);
  const int64_t column_tiles = divide_up(matrices.n, Tile::columns);
  const Parts parts(row_tiles * column_tiles * batch.size, matrices.k, Tile::depth);
  const PartialSums<T> partial_sums(out, parts);
  const int64_t blocks = row_tiles * column_tiles * parts.count;
  const int64_t at_once = std::max<int64_t>(largest_launch / blocks, 1);
  for_each_launch(batch, [&](const Walk<3>& part) {
    Product<T> product{Matrices<T>::source(matrices.x, axes, axes + 1),
                       Matrices<T>::source(matrices.y, axes + 1, axes),
                       row_tiles,
                       column_tiles,
                       parts.count,
                       parts.depth,
                       batch.size,
                       0,
                       ThreadWalk<3>(part),
                       partial_sums.data()};
    for (int64_t first = 0; first < part.size; first += at_once) {
      product.first_matrix = static_cast<uint32_t>(first);
      const int64_t count = std::min(at_once, part.size - first);
      launch(kernel, static_cast<unsigned>(blocks * count), Tile::threads, 0, stream, product);
    }
  });
  partial_sums.add_up(stream);
}

constexpr int64_t small_side = 32;     // a product with a side that is not longer is small
constexpr int64_t enough_blocks = 48;  // of large tiles, to give most multiprocessors work

template <typename Large, typename Medium, typename Small, typename F>
void choose_tile(const Array& out, int64_t m, int64_t n, F&& use) {
  if (std::min(m, n) <= small_side) return use.template operator()<Small>();
  const int64_t large = divide_up(m, Large::rows) * divide_up(n, Large::columns);
  if (std::min(m, n) >= Large::rows && large * (out.size() / (m * n)) >= enough_blocks) {
    return use.template operator()<Large>();
  }
  use.template operator()<Medium>();
}

template <typename T>
void multiply_ordinary(const Array& out, const Array& x, const Array& y, cudaStream_t stream) {
  const Matrices<T> matrices(out, x, y);
  const auto use = [&]<typename Tile>() {
    launch_product<Tile, T>(multiply<Tile, T>, matrices, out, stream);
  };
  if constexpr (std::is_same_v<T, float>) {
    choose_tile<LargeTile, MediumTile, SmallTile>(out, matrices.m, matrices.n, use);
  } else {
    use.template operator()<typename other_tile<product_value<T>>::type>();
  }
}

template <typename Instruction>
void multiply_tensor(const Array& out, const Array& x, const Array& y, cudaStream_t stream) {
  using T = typename Instruction::Element;
  const Matrices<T> matrices(out, x, y);
  choose_tile<LargeTensorTile<T>, MediumTensorTile<T>, SmallTensorTile<T>>(
      out, matrices.m, matrices.n, [&]<typename Tile>() {
        launch_product<Tile, T>(multiply_by_tensor_cores<Tile, Instruction, T>, matrices, out,
                                stream);
      });
}

}  // namespace

void matmul(const Array& out, const Array& x, const Array& y) {
  const cudaStream_t stream = enter({&out, &x, &y});
  if (x.size() == 0 || y.size() == 0) return fill(out, Scalar{});
  const cudaDeviceProp& properties = properties_of(out);
  const int capability = properties.major * 10 + properties.minor;
  switch (out.dtype()) {
    case DType::float32:
      if (allow_tf32 && capability >= 80) return multiply_tensor<ByTf32>(out, x, y, stream);
      return multiply_ordinary<float>(out, x, y, stream);
    case DType::float64:
      return multiply_ordinary<double>(out, x, y, stream);
    case DType::float16:
      if (capability >= 80) return multiply_tensor<ByHalves<float16>>(out, x, y, stream);
      if (capability >= 75) return multiply_tensor<ByHalvesInSteps>(out, x, y, stream);
      return multiply_ordinary<float16>(out, x, y, stream);
    case DType::bfloat16:
      if (capability >= 80) return multiply_tensor<ByHalves<bfloat16>>(out, x, y, stream);
      return multiply_ordinary<bfloat16>(out, x, y, stream);
    case DType::complex64:
      return multiply_ordinary<ComplexNumber<float>>(out, x, y, stream);
    case DType::complex128:
      return multiply_ordinary<ComplexNumber<double>>(out, x, y, stream);
    default:
      break;
  }
  switch (itemsize(out.dtype())) {
    case 1:
      return multiply_ordinary<uint8_t>(out, x, y, stream);
    case 2:
      return multiply_ordinary<uint16_t>(out, x, y, stream);
    case 4:
      return multiply_ordinary<uint32_t>(out, x, y, stream);
    default:
      return multiply_ordinary<uint64_t>(out, x, y, stream);
  }
}

}  // namespace nd::cuda
