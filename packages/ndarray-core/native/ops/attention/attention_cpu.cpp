// Attention on the `cpu` device, after FlashAttention (Dao et al. 2022; Dao 2023): the scores exist
// in blocks only. Forward, a block of queries meets the keys block by block, and what has been
// added up so far is corrected when a larger score appears. Backward, the weights are computed
// again from the scores and their logsumexp.
//
// Forward, keys and values are the left operands of the matrix products, packed for all queries,
// and queries stand side by side: K Q^T leaves scores of a panel of queries in the very order in
// which V^T P reads them, and a largest score or a sum is one over vectors.
#include <cmath>
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

template <typename T>
struct Task {
  int64_t batch, heads, groups, queries, keys, depth, width;  // depth: of a query; width: a value
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
        mask(mask) {}

  int64_t group_of(int64_t head) const { return head / (heads / groups); }
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
                                      queries, {0, keys}, {0, task_.depth}, false);
  }
  // and out (width, panel) += their values^T @ weights (keys, panel).
  void add_values(T* out, const T* weights, int64_t k, int64_t keys) const {
    matmul_kernel<T>().multiply_panel(out, values_block(k), task_.width, count(k), weights,
                                      {0, task_.width}, {0, keys}, true);
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
    matmul_kernel<T>().pack_y(queries, {from.row(first), 1, from.stride}, last - first, task.depth);
    kernels<T>().scale(queries, rows * task.depth, task.scale);
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

// For one head. Its operands, and its part of the results, which may be null.
template <typename T>
struct Head {
  Matrix<T> gradient, query, key, value, out;
  const T* logsumexp;
  std::optional<Matrix<T>> of_query, of_key, of_value;
};

// Blocks of queries Q and of the gradient dO meet panels of keys K and values V, in the notation of
// FlashAttention. As Q and dO are left operands, the weights P and the gradient dS of the scores
// come out in the order in which Q^T dS and dO^T P read them, the gradients of keys and values,
// which lie in panels until the end. Only dS K, the gradient of the queries, has dS on the left;
// the micro-kernel reads it where it lies.
template <typename T>
class HeadGradient {
 public:
  HeadGradient(const Task<T>& task, const Head<T>& head, int64_t b, int64_t h)
      : task_(task), head_(head), b_(b), h_(h) {
    const int64_t keys = round_up(task.keys, panel), depth = task.depth, width = task.width;
    const std::pair<T**, int64_t> parts[] = {
        {&queries_, round_up(block, tile) * depth},
        {&gradients_, round_up(block, tile) * width},
        {&turned_queries_, round_up(depth, tile) * block},
        {&turned_gradients_, round_up(width, tile) * block},
        {&turned_keys_, keys * depth},
        {&turned_values_, keys * width},
        {&keys_, keys * round_up(depth, panel)},
        {&weights_, block * panel},
        {&of_scores_, block * group},
        {&along_, task.queries},
        {&shift_, task.queries},
        {&of_keys_, keys * depth},
        {&of_values_, keys * width},
    };
    int64_t total = 0;
    for (const auto& [part, size] : parts) total += round_up(size, 64 / sizeof(T));
    memory_.emplace(static_cast<size_t>(total) * sizeof(T));
    T* next = reinterpret_cast<T*>(memory_->data());
    for (const auto& [part, size] : parts) {
      *part = std::exchange(next, next + round_up(size, 64 / sizeof(T)));
    }
  }

  void run() {
    kernel.pack_y(turned_keys_, head_.key.transposed(), task_.keys, task_.depth);
    kernel.pack_y(turned_values_, head_.value.transposed(), task_.keys, task_.width);
    for (int64_t k = 0; k < task_.keys; k += group) {
      kernel.pack_y(keys_ + k * round_up(task_.depth, panel), head_.key.view(k), task_.depth,
                    std::min(group, task_.keys - k));
    }
    kernels<T>().row_products(along_, head_.gradient.data, head_.gradient.stride, head_.out.data,
                              head_.out.stride, task_.queries, task_.width);
    for (int64_t q = 0; q < task_.queries;
         ++q) {  // where no key is seen, all weights are exp(-inf)
      shift_[q] = std::isinf(head_.logsumexp[q]) && head_.logsumexp[q] < 0 ? 0 : head_.logsumexp[q];
    }
    std::fill_n(of_keys_, round_up(task_.keys, panel) * task_.depth, T(0));
    std::fill_n(of_values_, round_up(task_.keys, panel) * task_.width, T(0));
    for (int64_t first = 0; first < task_.queries; first += block) {
      add_block(first, std::min(block, task_.queries - first));
    }
    turn_back(head_.of_key, of_keys_, task_.depth);
    turn_back(head_.of_value, of_values_, task_.width);
  }

 private:
  // Queries [first, first + rows), with all keys that they see.
  void add_block(int64_t first, int64_t rows) {
    const auto pack = [&](T* straight, T* turned, const Matrix<T>& x, int64_t columns) {
      kernel.pack_x(straight, x.view(first), rows, columns);
      kernel.pack_x(turned, {x.row(first), 1, x.stride}, columns, rows);
    };
    pack(queries_, turned_queries_, head_.query, task_.depth);
    pack(gradients_, turned_gradients_, head_.gradient, task_.width);
    kernels<T>().scale(queries_, round_up(rows, tile) * task_.depth, task_.scale);
    const int64_t keys = task_.causal ? std::min(task_.keys, first + rows) : task_.keys;
    for (int64_t k = 0; k < keys; k += group) {
      const int64_t count = std::min(group, task_.keys - k), seeing = sees(k, first, rows);
      for (int64_t j = k; j < k + count; j += panel) {
        T* const of_scores = of_scores_ + (j - k) * block;
        const Span queries{sees(j, first, rows), rows};
        if (queries.begin < rows) add_panel(of_scores, j, first, queries);
        // These see keys of the group, but none of the panel.
        std::fill(of_scores + seeing * panel, of_scores + queries.begin * panel, T(0));
      }
      if (head_.of_query) {
        kernel.multiply_panels(head_.of_query->row(first + seeing), head_.of_query->stride,
                               of_scores_ + seeing * panel, block * panel,
                               keys_ + k * round_up(task_.depth, panel), rows - seeing, task_.depth,
                               count, k > 0);
      }
    }
  }
  // The panel of keys from j on, with those queries of the block that see some of it.
  void add_panel(T* of_scores, int64_t j, int64_t first, Span seeing) {
    const int64_t rows = seeing.end;
    kernels<T>().subtract_from_zero(weights_, shift_ + first, rows);
    kernels<T>().subtract_from_zero(of_scores, along_ + first, rows);
    kernel.multiply_panel(weights_, queries_, rows, task_.depth, turned_keys_ + j * task_.depth,
                          seeing, {0, task_.depth}, true);
    kernel.multiply_panel(of_scores, gradients_, rows, task_.width,
                          turned_values_ + j * task_.width, seeing, {0, task_.width}, true);
    kernels<T>().gradients(weights_, of_scores, seeing.begin, rows, std::min(panel, task_.keys - j),
                           task_.scale, task_.block_mask(b_, h_, first, j));
    if (head_.of_key) {
      kernel.multiply_panel(of_keys_ + j * task_.depth, turned_queries_, task_.depth, rows,
                            of_scores, {0, task_.depth}, seeing, true);
    }
    if (head_.of_value) {
      kernel.multiply_panel(of_values_ + j * task_.width, turned_gradients_, task_.width, rows,
                            weights_, {0, task_.width}, seeing, true);
    }
  }
  // Which query of the block that begins with `first` is the first to see key j.
  int64_t sees(int64_t j, int64_t first, int64_t rows) const {
    return task_.causal ? std::clamp<int64_t>(j - first, 0, rows) : 0;
  }
  void turn_back(const std::optional<Matrix<T>>& out, const T* panels, int64_t width) const {
    for (int64_t k = 0; out && k < task_.keys; k += panel) {
      kernels<T>().turn_panel(out->row(k), out->stride, panels + k * width,
                              std::min(panel, task_.keys - k), width);
    }
  }

  const MatmulKernel& kernel = matmul_kernel<T>();
  const int64_t panel = kernel.column_tile, tile = kernel.row_tile;
  const int64_t group = 64 / panel * panel;  // keys
  const Task<T>& task_;
  const Head<T>& head_;
  const int64_t b_, h_;
  // What the left operands of a block and the gradients of its scores take stays in the
  // second-level cache.
  const int64_t block = divide_up(task_.queries, divide_up(task_.queries, 192));
  T *queries_, *gradients_, *turned_queries_, *turned_gradients_;  // left operands, packed
  T *turned_keys_, *turned_values_, *keys_;                        // right ones
  T *weights_, *of_scores_, *along_, *shift_, *of_keys_, *of_values_;
  std::optional<Scratch> memory_;
};

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
  dispatch_real(query.dtype(), [&]<typename T>() {
    const Task<T> task(query, key, value, mask, scale, causal);
    parallel_for(task.batch * task.heads, [&](int64_t i) {
      const int64_t b = i / task.heads, h = i % task.heads, g = task.group_of(h);
      const auto part = [&](const Array* result) {
        return result ? std::optional(matrix<T>(*result, b, h)) : std::nullopt;
      };
      const Head<T> head{matrix<T>(gradient, b, h),
                         matrix<T>(query, b, h),
                         matrix<T>(key, b, g),
                         matrix<T>(value, b, g),
                         matrix<T>(out, b, h),
                         elements<T>(logsumexp) + i * task.queries,
                         part(of_query),
                         part(of_key),
                         part(of_value)};
      HeadGradient<T>(task, head, b, h).run();
    });
  });
}

}  // namespace nd::cpu
