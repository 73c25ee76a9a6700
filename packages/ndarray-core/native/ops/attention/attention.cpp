// Attention: sizes are checked, and the last axis of each operand is made dense.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

void check_sizes(const char* op, const Array& query, const Array& key, const Array& value) {
  const Dims &q = query.shape(), &k = key.shape(), &v = value.shape();
  const bool fits = q.size() == 4 && k.size() == 4 && v.size() == 4 && q[0] == k[0] &&
                    k[0] == v[0] && k[1] == v[1] && k[2] == v[2] && q[3] == k[3] && k[1] > 0 &&
                    q[1] % k[1] == 0;
  if (fits) return;
  throw ShapeError(message(op, ": query ", q, ", key ", k, ", value ", v,
                           ": expected (B, H, L, E), (B, G, S, E) and (B, G, S, V), H a multiple "
                           "of G"));
}

// (B, H, L, S), with the last axis dense; null stays null.
std::optional<Array> checked_mask(const char* op, const Array* mask, const Array& query,
                                  const Array& key) {
  if (!mask) return std::nullopt;
  check_same_device(*mask, query, op);
  if (mask->dtype() != DType::bool_ && !is_floating(mask->dtype())) {
    throw DTypeError(message(op, ": the mask holds ", name_of(mask->dtype()),
                             ", and must hold bools or floating-point numbers"));
  }
  const Dims scores{query.shape()[0], query.shape()[1], query.shape()[2], key.shape()[2]};
  Dims shape = mask->shape();
  try {
    if (broadcast_shapes(shape, scores, op) != scores) throw ShapeError("");
  } catch (const ShapeError&) {
    throw ShapeError(
        message(op, ": a mask of shape ", shape, " does not broadcast to scores ", scores));
  }
  if (shape.empty()) shape.push_back(1);
  shape.back() = scores[3];  // in memory, what is broadcast along the keys
  const Array wide = mask->view(mask->layout.broadcast_to(shape));
  const Array dense = scores[3] > 1 && wide.strides().back() != 1 ? copy(wide) : wide;
  return dense.view(dense.layout.broadcast_to(scores));
}

Array dense_rows(const Array& x) {
  return x.shape().back() > 1 && x.strides().back() != 1 ? copy(x) : x;
}

// The table for this call. Few queries are better served by plain matrix products, which read keys
// and values once, and where they lie.
const FusedKernels* table(const Array& query, const Array& key, const Array& value,
                          const std::optional<Array>& mask) {
  constexpr int64_t fewest_queries = 8;
  if (query.size() == 0 || key.size() == 0 || value.size() == 0) return nullptr;
  if (query.shape()[2] < fewest_queries) return nullptr;
  const bool added = mask && mask->dtype() != DType::bool_;
  return kernels_for({&query, &key, &value, added ? &*mask : nullptr});
}

// The sum over the heads of the query that share one of the keys.
Array over_group(const Array& x, int64_t groups) {
  const Dims& shape = x.shape();
  if (shape[1] == groups) return x;
  const Dims axes{2};
  return reduce(ReduceOp::sum,
                reshape(x, {shape[0], groups, shape[1] / groups, shape[2], shape[3]}), &axes,
                false);
}

}  // namespace

std::optional<std::tuple<Array, Array>> attention(const Array& query, const Array& key,
                                                  const Array& value, const Array* mask,
                                                  double scale, bool causal) {
  check_operands("attention", {&query, &key, &value});
  check_sizes("attention", query, key, value);
  const std::optional<Array> wide = checked_mask("attention", mask, query, key);
  const FusedKernels* const kernels = table(query, key, value, wide);
  if (!kernels || !kernels->attention) return std::nullopt;
  const Dims& shape = query.shape();
  const Array out =
      empty({shape[0], shape[1], shape[2], value.shape()[3]}, query.dtype(), query.device());
  const Array logsumexp = empty({shape[0], shape[1], shape[2]}, query.dtype(), query.device());
  kernels->attention(out, logsumexp, dense_rows(query), dense_rows(key), dense_rows(value),
                     wide ? &*wide : nullptr, scale, causal);
  return std::tuple{out, logsumexp};
}

Gradients attention_gradient(const Array& gradient, const Array& query, const Array& key,
                             const Array& value, const Array* mask, const Array& out,
                             const Array& logsumexp, double scale, bool causal, Needs needs) {
  const char* const op = "attention_gradient";
  check_operands(op, {&gradient, &query, &key, &value, &out, &logsumexp});
  check_sizes(op, query, key, value);
  check_same_shape(op, "gradient", gradient, "out", out);
  const std::optional<Array> wide = checked_mask(op, mask, query, key);
  const FusedKernels* kernels = table(query, key, value, wide);
  if (kernels) kernels = kernels_for({&gradient, &query, &out, &logsumexp});
  if (!kernels || !kernels->attention_gradient) return std::nullopt;
  const auto result = [&](bool wanted, const Array& x) -> Result {
    const Dims shape{x.shape()[0], query.shape()[1], x.shape()[2], x.shape()[3]};
    return wanted ? Result(empty(shape, x.dtype(), x.device())) : std::nullopt;
  };
  Result of_query = result(needs[0], query), of_key = result(needs[1], key),
         of_value = result(needs[2], value);
  const auto pointer = [](const Result& x) { return x ? &*x : nullptr; };
  kernels->attention_gradient(pointer(of_query), pointer(of_key), pointer(of_value),
                              dense_rows(gradient), dense_rows(query), dense_rows(key),
                              dense_rows(value), wide ? &*wide : nullptr, dense_rows(out),
                              contiguous(logsumexp), scale, causal);
  const int64_t groups = key.shape()[1];
  if (of_key) of_key = over_group(*of_key, groups);
  if (of_value) of_value = over_group(*of_value, groups);
  return std::tuple{of_query, of_key, of_value};
}

}  // namespace nd
