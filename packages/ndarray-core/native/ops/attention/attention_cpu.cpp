// Attention on the `cpu` device, after FlashAttention (Dao et al. 2022; Dao 2023): the scores exist
// in blocks only. Forward, a block of queries meets the keys block by block, and what has been
// added up so far is corrected when a larger score appears. Backward, the weights are computed
// again from the scores and their logsumexp.
//
// Forward, keys and values are the left operands of the matrix products, packed for all queries,
// and queries stand side by side: K Q^T leaves scores of a panel of queries in the very order in
// which V^T P reads them, and a largest score or a sum is one over vectors.
#include <limits>
#include <optional>
#include <utility>

#include "core/allow_threads.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/attention/attention_kernels.hpp"
#include "ops/matmul/matmul_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const AttentionKernelsOf<T>& kernels() {
  static const AttentionKernels& selected = ND_SELECT_KERNELS(attention_kernels);
  return selected.of<T>();
}

template <typename T>
const MatmulKernel& matmul_kernel() {
  static const MatmulKernels& selected = ND_SELECT_KERNELS(matmul_kernels);
  if constexpr (std::is_same_v<T, float>) {
    return selected.float32;
  } else {
    return selected.float64;
  }
}

int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }

// One matrix of a stack (B, H, rows, columns), whose rows are dense.
template <typename T>
struct Matrix {
  T* data;
  int64_t stride;  // between rows

  MatrixView view(int64_t first_row = 0) const { return {data + first_row * stride, stride, 1}; }
  MatrixView transposed() const { return {data, 1, stride}; }
  T* row(int64_t i) const { return data + i * stride; }
};
template <typename T>
Matrix<T> matrix(const Array& x, int64_t b, int64_t h) {
  return {elements<T>(x) + b * x.strides()[0] + h * x.strides()[1], x.strides()[2]};
}

// The right operand of matrix products, packed in blocks of rows, and those in parts of a depth
// that the kernel takes.
template <typename T>
class Packed {
 public:
  // How many elements the memory for a matrix (depth, columns) has.
  static int64_t size(int64_t depth, int64_t columns) {
    return depth * round_up(columns, matmul_kernel<T>().column_tile);
  }
  Packed(T* memory, int64_t depth, int64_t columns, int64_t block)
      : memory_(memory),
        depth_(depth),
        columns_(columns),
        block_(block),
        width_(size(1, columns)),
        part_(matmul_kernel<T>().block_depth(block)) {}

  void pack(MatrixView y) const {
    for (int64_t k = 0; k < depth_; k += block_) {
      for_each_part(k, std::min(block_, depth_ - k), [&](int64_t first, int64_t count) {
        const MatrixView part{static_cast<const T*>(y.data) + first * y.row_stride, y.row_stride,
                              y.column_stride};
        matmul_kernel<T>().pack_y(memory_ + first * width_, part, columns_, count);
      });
    }
  }
  // out (m, n) = or += x (m, count) @ rows [first, first + count), a whole block, of the matrix,
  // and its columns from `column` on, which is a multiple of the kernel's tile.
  void multiply(T* out, int64_t out_stride, MatrixView x, int64_t m, int64_t first, int64_t count,
                int64_t column, int64_t n, bool add, void* workspace) const {
    for_each_part(first, count, [&](int64_t k, int64_t depth) {
      const MatrixView part{static_cast<const T*>(x.data) + (k - first) * x.column_stride,
                            x.row_stride, x.column_stride};
      matmul_kernel<T>().multiply_packed(out, out_stride, part,
                                         memory_ + k * width_ + column * depth, m, n, depth,
                                         add || k > first, workspace);
    });
  }

 private:
  template <typename Body>
  void for_each_part(int64_t first, int64_t count, Body&& body) const {
    for (int64_t k = first; k < first + count; k += part_) {
      body(k, std::min(part_, first + count - k));
    }
  }
  T* memory_;
  int64_t depth_, columns_, block_, width_, part_;
};

template <typename T>
struct Task {
  int64_t batch, heads, groups, queries, keys, depth, width;  // depth: of a query; width: a value
  int64_t query_block, key_block, key_step;                   // a block of keys is made of steps
  T scale;
  bool causal;
  const Array* mask;

  Task(const Array& query, const Array& key, const Array& value, const Array* mask, double scale,
       bool causal)
      : batch(query.shape()[0]),
        heads(query.shape()[1]),
        groups(key.shape()[1]),
        queries(query.shape()[2]),
        keys(key.shape()[2]),
        depth(query.shape()[3]),
        width(value.shape()[3]),
        scale(static_cast<T>(scale)),
        causal(causal),
        mask(mask) {
    // A block of scores stays in the second-level cache. If causal, blocks end after the step that
    // holds the last key seen.
    const MatmulKernel& kernel = matmul_kernel<T>();
    query_block = std::min(queries, 64 / kernel.row_tile * kernel.row_tile);
    key_block = std::min(keys, round_up(256, kernel.column_tile));
    key_step = causal ? std::min(keys, round_up(64, kernel.column_tile)) : key_block;
  }

  int64_t group_of(int64_t head) const { return head / (heads / groups); }
  // How many keys of the block that begins with `key` a block of queries has to look at.
  int64_t keys_seen(int64_t key, int64_t first_query, int64_t queries) const {
    const int64_t whole = std::min(key_block, keys - key);
    if (!causal) return whole;
    const int64_t seen = first_query + queries - key;
    return seen <= 0 ? 0 : std::min(whole, round_up(seen, key_step));
  }
  size_t workspace() const {
    const int64_t m = std::max(query_block, key_block), n = std::max({key_block, depth, width});
    return matmul_kernel<T>().workspace(m, n, std::max({query_block, key_block, depth, width}));
  }
  BlockMask<T> block_mask(int64_t b, int64_t h, int64_t query, int64_t key) const {
    BlockMask<T> block;
    block.causal = causal;
    block.first_limit = query - key + 1;
    if (!mask) return block;
    const Dims& strides = mask->strides();
    const int64_t first = b * strides[0] + h * strides[1] + query * strides[2] + key;
    block.row_stride = strides[2];
    if (mask->dtype() == DType::bool_) {
      block.allowed = elements<uint8_t>(*mask) + first;
    } else {
      block.added = elements<T>(*mask) + first;
    }
    return block;
  }
};

// The keys and values that some heads share, packed block of keys by block.
template <typename T>
class PackedPair {
 public:
  static int64_t block_size(const Task<T>& task) {
    return std::min(task.keys, round_up(256, matmul_kernel<T>().row_tile));
  }
  static int64_t size(const Task<T>& task) {
    const int64_t tile = matmul_kernel<T>().row_tile;
    return round_up(task.keys, tile) * task.depth + task.keys * round_up(task.width, tile);
  }
  PackedPair(const Task<T>& task, T* memory)
      : task_(task),
        keys_(memory),
        values_(memory + round_up(task.keys, matmul_kernel<T>().row_tile) * task.depth) {}

  void pack(const Matrix<T>& keys, const Matrix<T>& values) const {
    for (int64_t k = 0; k < task_.keys; k += block_size(task_)) {
      matmul_kernel<T>().pack_x(keys_ + k * task_.depth, keys.view(k), count(k), task_.depth);
      matmul_kernel<T>().pack_x(values_block(k), {values.row(k), 1, values.stride}, task_.width,
                                count(k));
    }
  }
  // Of the block that begins with key k: how many keys it has,
  int64_t count(int64_t k) const { return std::min(block_size(task_), task_.keys - k); }
  // scores (keys, panel) = the first so many keys @ queries (depth, panel),
  void score(T* scores, const T* queries, int64_t k, int64_t keys) const {
    matmul_kernel<T>().multiply_panel(scores, keys_ + k * task_.depth, count(k), task_.depth,
                                      queries, keys, task_.depth, false);
  }
  // and out (width, panel) += their values^T @ weights (keys, panel).
  void add_values(T* out, const T* weights, int64_t k, int64_t keys) const {
    matmul_kernel<T>().multiply_panel(out, values_block(k), task_.width, count(k), weights,
                                      task_.width, keys, true);
  }

 private:
  T* values_block(int64_t k) const {
    return values_ + k * round_up(task_.width, matmul_kernel<T>().row_tile);
  }
  const Task<T>& task_;
  T *keys_, *values_;
};

template <typename T>
struct Forward {
  static constexpr int64_t query_block = 64;  // whole panels

  const Task<T>& task;
  const Array &out, &logsumexp, &query, &key, &value;

  void pack(const PackedPair<T>& pair, int64_t index) const {
    const int64_t b = index / task.groups, g = index % task.groups;
    pair.pack(matrix<T>(key, b, g), matrix<T>(value, b, g));
  }

  // One block of a head's queries, from `first` on, with the keys and values of its group. The
  // panels of the block take turns, so that a block of keys and values stays in the second-level
  // cache for all of them.
  void attend(const PackedPair<T>& pair, int64_t b, int64_t h, int64_t first) const {
    const int64_t panel = matmul_kernel<T>().column_tile;
    const int64_t last = std::min(first + query_block, task.queries);
    const int64_t rows = round_up(last - first, panel), block = pair.count(0);
    const Scratch memory(static_cast<size_t>(rows * (task.depth + task.width + 2) + block * panel) *
                         sizeof(T));
    T* const queries = reinterpret_cast<T*>(memory.data());
    T* const sums = queries + rows * task.depth;
    T* const largest = sums + rows * task.width;
    T* const total = largest + rows;
    T* const scores = total + rows;
    const Matrix<T> from = matrix<T>(query, b, h);
    kernels<T>().pack_queries(queries, from.row(first), from.stride, last - first, task.depth,
                              task.scale);
    std::fill_n(sums, rows * task.width, T(0));
    std::fill_n(largest, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(total, rows, T(0));

    for (int64_t k = 0; k < task.keys; k += block) {
      for (int64_t i = 0; i < rows; i += panel) {
        const int64_t end = std::min(first + i + panel, last);
        const int64_t keys = task.causal ? std::min(pair.count(k), end - k) : pair.count(k);
        if (keys <= 0) continue;
        pair.score(scores, queries + i * task.depth, k, keys);
        kernels<T>().exponentials(scores, keys, end - (first + i),
                                  task.block_mask(b, h, first + i, k), largest + i, total + i,
                                  sums + i * task.width, task.width);
        pair.add_values(sums + i * task.width, scores, k, keys);
      }
    }
    const Matrix<T> to = matrix<T>(out, b, h);
    for (int64_t i = 0; i < rows; i += panel) {
      kernels<T>().finish(to.row(first + i), to.stride,
                          elements<T>(logsumexp) + (b * task.heads + h) * task.queries + first + i,
                          sums + i * task.width, largest + i, total + i,
                          std::min(panel, last - first - i), task.width);
    }
  }
};

// With so many pairs of keys and values there is work for all threads without cutting queries, and
// if they are no larger, what is packed stays in the second-level cache for the blocks that use it.
constexpr int64_t many_pairs = 32;
constexpr size_t small_pair = 1 << 18;

template <typename T>
void forward(const Forward<T>& f) {
  const Task<T>& task = f.task;
  const int64_t pairs = task.batch * task.groups, sharing = task.heads / task.groups;
  const int64_t blocks = divide_up(task.queries, f.query_block);
  const auto pair_bytes = static_cast<size_t>(PackedPair<T>::size(task)) * sizeof(T);
  const auto attend = [&](const PackedPair<T>& packed, int64_t pair, int64_t index) {
    const int64_t h = pair % task.groups * sharing + index / blocks;
    f.attend(packed, pair / task.groups, h, index % blocks * f.query_block);
  };
  if (pairs >= many_pairs && pair_bytes <= small_pair) {
    parallel_for(pairs, [&](int64_t pair) {
      const Scratch memory(pair_bytes);
      const PackedPair<T> packed(task, reinterpret_cast<T*>(memory.data()));
      f.pack(packed, pair);
      for (int64_t index = 0; index < sharing * blocks; ++index) attend(packed, pair, index);
    });
    return;
  }
  const Scratch memory(static_cast<size_t>(pairs) * pair_bytes);
  const auto packed = [&](int64_t pair) {
    return PackedPair<T>(task,
                         reinterpret_cast<T*>(memory.data()) + pair * PackedPair<T>::size(task));
  };
  parallel_for(pairs, [&](int64_t pair) { f.pack(packed(pair), pair); });
  parallel_for(pairs * sharing * blocks, [&](int64_t i) {
    const int64_t pair = i / (sharing * blocks);
    attend(packed(pair), pair, i % (sharing * blocks));
  });
}

// For one head. Its operands, and its part of the results, which are null or zeros.
template <typename T>
struct HeadGradient {
  Matrix<T> gradient, query, key, value, out;
  const T* logsumexp;
  std::optional<Matrix<T>> of_query, of_key, of_value;
};

template <typename T>
void backward_of_head(const Task<T>& task, const HeadGradient<T>& head, int64_t b, int64_t h) {
  const int64_t block_size = task.query_block * task.key_block;
  const int64_t sizes[] = {Packed<T>::size(task.depth, task.keys),
                           Packed<T>::size(task.width, task.keys),
                           Packed<T>::size(task.keys, task.depth),
                           Packed<T>::size(task.queries, task.depth),
                           Packed<T>::size(task.queries, task.width),
                           2 * block_size,
                           task.queries};
  int64_t total = 0;
  for (int64_t size : sizes) total += size;
  const Scratch memory(static_cast<size_t>(total) * sizeof(T));
  const Scratch workspace(task.workspace());
  T* next = reinterpret_cast<T*>(memory.data());
  const int64_t* size = sizes;
  const auto packed = [&](MatrixView y, int64_t depth, int64_t columns, int64_t block) {
    const Packed<T> result(std::exchange(next, next + *size++), depth, columns, block);
    result.pack(y);
    return result;
  };
  const auto keys = packed(head.key.transposed(), task.depth, task.keys, task.depth);
  const auto values = packed(head.value.transposed(), task.width, task.keys, task.width);
  const auto key_rows = packed(head.key.view(), task.keys, task.depth, task.key_step);
  const auto query_rows = packed(head.query.view(), task.queries, task.depth, task.query_block);
  const auto gradient_rows =
      packed(head.gradient.view(), task.queries, task.width, task.query_block);
  T* const weights = next;
  T* const of_scores = weights + block_size;
  T* const along = of_scores + block_size;
  kernels<T>().row_products(along, head.gradient.data, head.gradient.stride, head.out.data,
                            head.out.stride, task.queries, task.width);

  for (int64_t k = 0; k < task.keys; k += task.key_block) {
    for (int64_t first = 0; first < task.queries; first += task.query_block) {
      const int64_t rows = std::min(task.query_block, task.queries - first);
      const int64_t count = task.keys_seen(k, first, rows);
      if (count == 0) continue;
      keys.multiply(weights, count, head.query.view(first), rows, 0, task.depth, k, count, false,
                    workspace.data());
      values.multiply(of_scores, count, head.gradient.view(first), rows, 0, task.width, k, count,
                      false, workspace.data());
      kernels<T>().gradients(weights, of_scores, rows, count, task.scale,
                             task.block_mask(b, h, first, k), head.logsumexp + first,
                             along + first);
      if (head.of_value) {
        gradient_rows.multiply(head.of_value->row(k), head.of_value->stride, {weights, 1, count},
                               count, first, rows, 0, task.width, true, workspace.data());
      }
      if (head.of_key) {
        query_rows.multiply(head.of_key->row(k), head.of_key->stride, {of_scores, 1, count}, count,
                            first, rows, 0, task.depth, true, workspace.data());
      }
      if (head.of_query) {
        key_rows.multiply(head.of_query->row(first), head.of_query->stride, {of_scores, count, 1},
                          rows, k, count, 0, task.depth, true, workspace.data());
      }
    }
  }
}

}  // namespace

void attention(const Array& out, const Array& logsumexp, const Array& query, const Array& key,
               const Array& value, const Array* mask, double scale, bool causal) {
  AllowThreads allow(query.size() * key.shape()[2]);
  dispatch_real(query.dtype(), [&]<typename T>() {
    const Task<T> task(query, key, value, mask, scale, causal);
    forward(Forward<T>{task, out, logsumexp, query, key, value});
  });
}

void attention_gradient(const Array* of_query, const Array* of_key, const Array* of_value,
                        const Array& gradient, const Array& query, const Array& key,
                        const Array& value, const Array* mask, const Array& out,
                        const Array& logsumexp, double scale, bool causal) {
  AllowThreads allow(query.size() * key.shape()[2]);
  for (const Array* result : {of_query, of_key, of_value}) {
    if (result) fill(*result, Scalar{Kind::floating, 0, 0});
  }
  dispatch_real(query.dtype(), [&]<typename T>() {
    const Task<T> task(query, key, value, mask, scale, causal);
    parallel_for(task.batch * task.heads, [&](int64_t i) {
      const int64_t b = i / task.heads, h = i % task.heads, g = task.group_of(h);
      const auto part = [&](const Array* result) {
        return result ? std::optional(matrix<T>(*result, b, h)) : std::nullopt;
      };
      backward_of_head(
          task,
          {matrix<T>(gradient, b, h), matrix<T>(query, b, h), matrix<T>(key, b, g),
           matrix<T>(value, b, g), matrix<T>(out, b, h), elements<T>(logsumexp) + i * task.queries,
           part(of_query), part(of_key), part(of_value)},
          b, h);
    });
  });
}

}  // namespace nd::cpu
