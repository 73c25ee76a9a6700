// Attention on the `cuda` devices, after FlashAttention (Dao et al. 2022; Dao 2023): the scores
// exist in tiles only. Forward, a tile of queries meets the keys tile by tile, and what has been
// added up so far is corrected when a larger score appears. Backward, the weights are computed
// again from the scores and their logsumexp: for each gradient by a kernel of its own, whose blocks
// own the rows that they add up, so that the order of additions is always the same.
#include <limits>

#include "core/real_types.hpp"
#include "core/strided.hpp"
#include "cuda/block_reduce.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cuda {
namespace {

// A block computes square tiles of products: 16 x 16 threads, `own` x `own` elements each, which
// are loaded from shared memory with 16 bytes at once.
constexpr int thread_side = 16, tile_threads = thread_side * thread_side;
template <typename T>
constexpr int own = full_vector<T>;
template <typename T>
constexpr int side = thread_side * own<T>;
constexpr int depth_step = 32;  // of the sums of products
// Rows of a tile in shared memory are longer than the tile: its columns lie in different banks.
template <typename T>
constexpr int pitch = side<T> + own<T>;

template <typename T>
using Tile = T[own<T>][own<T>];

// The thread's first row and column in a tile.
template <typename T>
__device__ __forceinline__ int own_row() {
  return static_cast<int>(threadIdx.x) / thread_side * own<T>;
}
template <typename T>
__device__ __forceinline__ int own_column() {
  return static_cast<int>(threadIdx.x) % thread_side * own<T>;
}

// Some rows of a matrix whose rows are dense.
template <typename T>
struct Rows {
  const T* data;
  int64_t stride;
  int count;  // up to a tile's side; the others count as zeros

  __device__ __forceinline__ T at(int row, int64_t column, int64_t columns) const {
    return row < count && column < columns ? data[row * stride + column] : T(0);
  }
};

// A stack of matrices (B, H, rows, columns) whose rows are dense.
template <typename T>
struct Stack {
  T* data;
  int64_t batch_stride, head_stride, row_stride;

  explicit Stack(const Array& x)
      : data(elements<T>(x)),
        batch_stride(x.strides()[0]),
        head_stride(x.strides()[1]),
        row_stride(x.strides()[2]) {}
  __device__ __forceinline__ T* row(int64_t batch, int64_t head, int64_t row) const {
    return data + batch * batch_stride + head * head_stride + row * row_stride;
  }
  __device__ __forceinline__ Rows<T> rows(int64_t batch, int64_t head, int64_t first,
                                          int64_t size) const {
    const int64_t left = size - first;
    return {row(batch, head, first), row_stride, static_cast<int>(left < side<T> ? left : side<T>)};
  }
};

// Shared memory of a block.
template <typename T>
struct TileMemory {
  union {
    T factors[2][depth_step][pitch<T>];  // columns of two operands
    T right[side<T>][pitch<T>];
  };
  T weights[side<T>][pitch<T>];  // transposed
};

// tile[i][j] += sum over k < depth of left[k][row i] * right[k][column j]
template <typename T>
__device__ __forceinline__ void add_products(Tile<T>& tile, const T (*left)[pitch<T>],
                                             const T (*right)[pitch<T>], int depth) {
  const int row = own_row<T>(), column = own_column<T>();
#pragma unroll 4
  for (int k = 0; k < depth; ++k) {
    const Vector<T, own<T>> x = load_vector<own<T>>(&left[k][row]);
    const Vector<T, own<T>> y = load_vector<own<T>>(&right[k][column]);
#pragma unroll
    for (int i = 0; i < own<T>; ++i) {
#pragma unroll
      for (int j = 0; j < own<T>; ++j) tile[i][j] += x[i] * y[j];
    }
  }
}

// factors[k][i] = element first + k of row i, for k < count.
template <typename T>
__device__ __forceinline__ void load_columns(T (*factors)[pitch<T>], const Rows<T>& rows,
                                             int64_t first, int count) {
  // Eight threads read 32 neighbouring bytes, and four rows of them write to all banks.
  constexpr int lanes = 8;
  for (int row = threadIdx.x / lanes; row < side<T>; row += tile_threads / lanes) {
    for (int k = threadIdx.x % lanes; k < count; k += lanes) {
      factors[k][row] = rows.at(row, first + k, first + count);
    }
  }
}

// tile = x @ y.T, of rows with `depth` elements.
template <typename T>
__device__ __forceinline__ void multiply_rows(Tile<T>& tile, const Rows<T>& x, const Rows<T>& y,
                                              int64_t depth, TileMemory<T>& memory) {
  for (int i = 0; i < own<T>; ++i) {
    for (int j = 0; j < own<T>; ++j) tile[i][j] = 0;
  }
  for (int64_t first = 0; first < depth; first += depth_step) {
    const int64_t left = depth - first;
    const int count = static_cast<int>(left < depth_step ? left : depth_step);
    __syncthreads();  // what is there has been used
    load_columns<T>(memory.factors[0], x, first, count);
    load_columns<T>(memory.factors[1], y, first, count);
    __syncthreads();
    add_products<T>(tile, memory.factors[0], memory.factors[1], count);
  }
}

// Writes the thread's part of the weights, by which rows are added up next.
template <typename T>
__device__ __forceinline__ void store_weights(const Tile<T>& weights, TileMemory<T>& memory) {
#pragma unroll
  for (int j = 0; j < own<T>; ++j) {
    Vector<T, own<T>> column;
#pragma unroll
    for (int i = 0; i < own<T>; ++i) column[i] = weights[i][j];
    store_vector(&memory.weights[own_column<T>() + j][own_row<T>()], column);
  }
}

// sums[c] += weights @ columns [first + c * side, ...) of the rows
template <typename T, int chunks>
__device__ __forceinline__ void add_weighted(Tile<T> (&sums)[chunks], const Rows<T>& rows,
                                             int64_t first, int64_t columns,
                                             TileMemory<T>& memory) {
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    const int64_t begin = first + c * side<T>;
    __syncthreads();  // the weights are there, and what is in their way has been used
    for (int i = threadIdx.x; i < rows.count * side<T>; i += tile_threads) {
      const int row = i / side<T>, column = i % side<T>;
      memory.right[row][column] = rows.at(row, begin + column, columns);
    }
    __syncthreads();
    add_products<T>(sums[c], memory.weights, memory.right, rows.count);
  }
}

// The thread's part of the sums, each row times its factor.
template <typename T, int chunks, typename Factor>
__device__ __forceinline__ void write_rows(const Stack<T>& out, int64_t batch, int64_t head,
                                           int64_t first_row, int64_t rows, int64_t first_column,
                                           int64_t columns, const Tile<T> (&sums)[chunks],
                                           Factor&& factor) {
#pragma unroll
  for (int i = 0; i < own<T>; ++i) {
    const int64_t row = first_row + own_row<T>() + i;
    if (row >= rows) continue;
    T* const to = out.row(batch, head, row);
#pragma unroll
    for (int c = 0; c < chunks; ++c) {
#pragma unroll
      for (int j = 0; j < own<T>; ++j) {
        const int64_t column = first_column + c * side<T> + own_column<T>() + j;
        if (column < columns) to[column] = sums[c][i][j] * factor(i);
      }
    }
  }
}

// What is added to or masked from the scores, (B, H, L, S); at most one of the two is there.
template <typename T>
struct Mask {
  const T* added = nullptr;
  const uint8_t* allowed = nullptr;
  int64_t batch_stride = 0, head_stride = 0, row_stride = 0;

  explicit Mask(const Array* mask) {
    if (!mask) return;
    batch_stride = mask->strides()[0];
    head_stride = mask->strides()[1];
    row_stride = mask->strides()[2];
    if (mask->dtype() == DType::bool_) {
      allowed = elements<uint8_t>(*mask);
    } else {
      added = elements<T>(*mask);
    }
  }
};

template <typename T>
struct Task {
  int64_t batch, heads, per_group, queries, keys, depth,
      width;  // depth: of a query; width: a value
  T scale;
  bool causal;
  Mask<T> mask;
  Stack<T> query, key, value;

  Task(const Array& query, const Array& key, const Array& value, const Array* mask, double scale,
       bool causal)
      : batch(query.shape()[0]),
        heads(query.shape()[1]),
        per_group(heads / key.shape()[1]),
        queries(query.shape()[2]),
        keys(key.shape()[2]),
        depth(query.shape()[3]),
        width(value.shape()[3]),
        scale(static_cast<T>(scale)),
        causal(causal),
        mask(mask),
        query(query),
        key(key),
        value(value) {}

  __device__ __forceinline__ bool sees(int64_t row, int64_t column) const {
    return row < queries && column < keys && (!causal || column <= row);
  }
  // Of a query that sees the key, from their product.
  __device__ __forceinline__ T score(T product, int64_t b, int64_t h, int64_t row,
                                     int64_t column) const {
    const int64_t at =
        b * mask.batch_stride + h * mask.head_stride + row * mask.row_stride + column;
    if (mask.allowed && !mask.allowed[at]) return -std::numeric_limits<T>::infinity();
    return mask.added ? product * scale + mask.added[at] : product * scale;
  }
};

// Which tile a block works on: the grid's first dimension counts tiles of `rows`, then heads. The
// second one counts parts of the columns, where these are too many for one block.
struct Place {
  int64_t batch, head, first_row;
  template <typename T>
  __device__ __forceinline__ static Place of(const Task<T>& task, int64_t rows) {
    const int64_t tiles = (rows + side<T> - 1) / side<T>, index = blockIdx.x / tiles;
    return {index / task.heads, index % task.heads, blockIdx.x % tiles * side<T>};
  }
};

template <typename T, int chunks>
__global__ void __launch_bounds__(tile_threads, 1)  // whatever registers that takes
    attention_tiles(const Stack<T> out, T* const logsumexp, const Task<T> task) {
  ND_SHARED(TileMemory<T>, memories, [1]);
  TileMemory<T>& memory = memories[0];
  const auto [b, h, first] = Place::of(task, task.queries);
  const int64_t group = h / task.per_group;
  const int64_t first_column = int64_t{blockIdx.y} * chunks * side<T>;
  const int64_t query = first + own_row<T>();
  const Rows<T> queries = task.query.rows(b, h, first, task.queries);

  T largest[own<T>], totals[own<T>];  // of the thread's columns
  Tile<T> sums[chunks] = {};
  for (int i = 0; i < own<T>; ++i) {
    largest[i] = -std::numeric_limits<T>::infinity();
    totals[i] = 0;
  }
  const int64_t end = first + side<T>;
  const int64_t keys = task.causal && end < task.keys ? end : task.keys;  // that are seen
  for (int64_t first_key = 0; first_key < keys; first_key += side<T>) {
    Tile<T> scores;
    multiply_rows<T>(scores, queries, task.key.rows(b, group, first_key, keys), task.depth, memory);
    const int64_t key = first_key + own_column<T>();
#pragma unroll
    for (int i = 0; i < own<T>; ++i) {
      T now = largest[i];
#pragma unroll
      for (int j = 0; j < own<T>; ++j) {
        T& score = scores[i][j];
        score = task.sees(query + i, key + j) ? task.score(score, b, h, query + i, key + j)
                                              : -std::numeric_limits<T>::infinity();
        now = Maximum::combine(now, score);
      }
      now = warp_total<Maximum>(now, thread_side);
      // No key seen yet: subtracting 0 leaves exp(-inf) = 0.
      const T shift = now == -std::numeric_limits<T>::infinity() ? T(0) : now;
      const T correction = m::exp(largest[i] - shift);
      largest[i] = now;
      totals[i] *= correction;
#pragma unroll
      for (int j = 0; j < own<T>; ++j) {
        scores[i][j] = m::exp(scores[i][j] - shift);
        totals[i] += scores[i][j];
      }
#pragma unroll
      for (int c = 0; c < chunks; ++c) {
#pragma unroll
        for (int j = 0; j < own<T>; ++j) sums[c][i][j] *= correction;
      }
    }
    store_weights<T>(scores, memory);
    add_weighted<T, chunks>(sums, task.value.rows(b, group, first_key, keys), first_column,
                            task.width, memory);
  }

#pragma unroll
  for (int i = 0; i < own<T>; ++i) {
    totals[i] = warp_total<Sum>(totals[i], thread_side);
    if (own_column<T>() == 0 && blockIdx.y == 0 && query + i < task.queries) {
      logsumexp[(b * task.heads + h) * task.queries + query + i] = largest[i] + m::log(totals[i]);
    }
  }
  write_rows<T, chunks>(out, b, h, first, task.queries, first_column, task.width, sums,
                        [&](int i) { return totals[i] == 0 ? T(0) : 1 / totals[i]; });
}

// along[row] = the sum of gradient * out: a warp for each row.
template <typename T>
__global__ void __launch_bounds__(tile_threads)
    row_products(T* const along, const Stack<T> gradient, const Stack<T> out, const Task<T> task) {
  const int64_t index = int64_t{blockIdx.x} * (tile_threads / 32) + threadIdx.x / 32;
  const int64_t rows = task.batch * task.heads * task.queries;
  T total = 0;
  if (index < rows) {
    const int64_t row = index % task.queries, head = index / task.queries;
    const T* const x = gradient.row(head / task.heads, head % task.heads, row);
    const T* const y = out.row(head / task.heads, head % task.heads, row);
    for (int64_t i = threadIdx.x % 32; i < task.width; i += 32) total += x[i] * y[i];
  }
  total = warp_total<Sum>(total);
  if (index < rows && threadIdx.x % 32 == 0) along[index] = total;
}

enum class Of { query, key, value };

// The gradient of the weights of a query's scores is weights * (gradient @ value.T - along).
template <typename T, Of of, int chunks>
__global__ void __launch_bounds__(tile_threads, 1)  // whatever registers that takes
    attention_gradient_tiles(const Stack<T> result, const Stack<T> gradient,
                             const T* const logsumexp, const T* const along, const Task<T> task) {
  // The result has rows like this, and each of them is a sum over the others, the columns.
  constexpr bool of_query = of == Of::query;
  ND_SHARED(TileMemory<T>, memories, [1]);
  TileMemory<T>& memory = memories[0];
  const int64_t row_count = of_query ? task.queries : task.keys;
  const int64_t column_count = of_query ? task.keys : task.queries;
  const int64_t width = of == Of::value ? task.width : task.depth;
  const auto [b, h, first] = Place::of(task, row_count);
  const int64_t group = h / task.per_group, row = first + own_row<T>();
  const int64_t first_column = int64_t{blockIdx.y} * chunks * side<T>;
  const T* const shifts = logsumexp + (b * task.heads + h) * task.queries;
  const T* const taken = along + (b * task.heads + h) * task.queries;

  Tile<T> sums[chunks] = {};
  // If causal: a query sees no keys behind it, and a key is seen by no queries before it.
  int64_t begin = 0, end = column_count;
  if (task.causal && of_query) end = first + side<T> < end ? first + side<T> : end;
  if (task.causal && !of_query) begin = first;
  for (int64_t next = begin; next < end; next += side<T>) {
    const int64_t first_query = of_query ? first : next, first_key = of_query ? next : first;
    const Rows<T> queries = task.query.rows(b, h, first_query, task.queries);
    const Rows<T> keys = task.key.rows(b, group, first_key, task.keys);
    const Rows<T> gradients = gradient.rows(b, h, first_query, task.queries);
    const Rows<T> values = task.value.rows(b, group, first_key, task.keys);
    Tile<T> weights, of_weights;
    multiply_rows<T>(weights, of_query ? queries : keys, of_query ? keys : queries, task.depth,
                     memory);
    if constexpr (of != Of::value) {
      multiply_rows<T>(of_weights, of_query ? gradients : values, of_query ? values : gradients,
                       task.width, memory);
    }
    const int64_t column = next + own_column<T>();
#pragma unroll
    for (int i = 0; i < own<T>; ++i) {
#pragma unroll
      for (int j = 0; j < own<T>; ++j) {
        const int64_t query = of_query ? row + i : column + j;
        const int64_t key = of_query ? column + j : row + i;
        T& weight = weights[i][j];
        if (!task.sees(query, key)) {
          weight = 0;
          continue;
        }
        const T logarithm = shifts[query];
        const T shift = logarithm == -std::numeric_limits<T>::infinity() ? T(0) : logarithm;
        weight = m::exp(task.score(weight, b, h, query, key) - shift);
        if constexpr (of != Of::value) weight *= (of_weights[i][j] - taken[query]) * task.scale;
      }
    }
    store_weights<T>(weights, memory);
    const Rows<T> summed = of_query ? keys : of == Of::key ? queries : gradients;
    add_weighted<T, chunks>(sums, summed, first_column, width, memory);
  }
  write_rows<T, chunks>(result, b, h, first, row_count, first_column, width, sums,
                        [](int) { return T(1); });
}

// Calls f.template operator()<chunks>(grid) for a result (B, H, rows, columns).
template <typename T, typename F>
void for_tiles(const Array& result, F&& f) {
  const Dims& shape = result.shape();
  const int64_t blocks = shape[0] * shape[1] * divide_up(shape[2], side<T>);
  const auto start = [&]<int chunks>() {
    const int64_t parts = divide_up(shape[3], chunks * side<T>);
    f.template operator()<chunks>(
        dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(parts)));
  };
  if (shape[3] <= side<T>) {
    start.template operator()<1>();
  } else if (shape[3] <= 2 * side<T>) {
    start.template operator()<2>();
  } else {
    start.template operator()<4>();
  }
}

}  // namespace

void attention(const Array& out, const Array& logsumexp, const Array& query, const Array& key,
               const Array& value, const Array* mask, double scale, bool causal) {
  const cudaStream_t stream = enter({&out, &logsumexp, &query, &key, &value, mask});
  dispatch_real(query.dtype(), [&]<typename T>() {
    const Task<T> task(query, key, value, mask, scale, causal);
    for_tiles<T>(out, [&]<int chunks>(dim3 grid) {
      launch(attention_tiles<T, chunks>, grid, tile_threads, 0, stream, Stack<T>(out),
             elements<T>(logsumexp), task);
    });
  });
}

void attention_gradient(const Array* of_query, const Array* of_key, const Array* of_value,
                        const Array& gradient, const Array& query, const Array& key,
                        const Array& value, const Array* mask, const Array& out,
                        const Array& logsumexp, double scale, bool causal) {
  const cudaStream_t stream =
      enter({of_query, of_key, of_value, &gradient, &query, &key, &value, mask, &out, &logsumexp});
  const Array along = temporary(logsumexp, logsumexp.dtype(), logsumexp.shape());
  dispatch_real(query.dtype(), [&]<typename T>() {
    const Task<T> task(query, key, value, mask, scale, causal);
    const auto rows_per_block = tile_threads / 32;
    launch(row_products<T>, static_cast<unsigned>(divide_up(along.size(), rows_per_block)),
           tile_threads, 0, stream, elements<T>(along), Stack<T>(gradient), Stack<T>(out), task);
    const auto start = [&]<Of of>(const Array* result) {
      if (!result) return;
      for_tiles<T>(*result, [&]<int chunks>(dim3 grid) {
        launch(attention_gradient_tiles<T, of, chunks>, grid, tile_threads, 0, stream,
               Stack<T>(*result), Stack<T>(gradient), elements<T>(logsumexp), elements<T>(along),
               task);
      });
    };
    start.template operator()<Of::query>(of_query);
    start.template operator()<Of::key>(of_key);
    start.template operator()<Of::value>(of_value);
  });
}

}  // namespace nd::cuda
