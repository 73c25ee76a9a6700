// Losses: shapes and classes are checked, and logits become rows of dense arrays.
#include "core/fused.hpp"
#include "core/ops.hpp"
#include "ops/losses/classes.hpp"

namespace nd {
namespace {

// The shape without its last size.
Dims leading(const Dims& shape) {
  Dims result;
  for (int i = 0; i + 1 < shape.size(); ++i) result.push_back(shape[i]);
  return result;
}

// The classes as int64, dense.
Array checked_target(const char* op, const Array& logits, const Array& target,
                     int64_t ignore_index) {
  check_operands(op, {&logits});
  check_same_device(logits, target, op);
  if (logits.ndim() == 0) {
    throw ShapeError(message(op, ": logits are a 0-d array, and need an axis of classes"));
  }
  if (!is_integer(target.dtype())) {
    throw DTypeError(message(op, ": target holds ", name_of(target.dtype()),
                             ", and must hold classes as integers"));
  }
  if (target.shape() != leading(logits.shape())) {
    throw ShapeError(message(op, ": logits of shape ", logits.shape(), " need a target of shape ",
                             leading(logits.shape()), ", got ", target.shape()));
  }
  const Array classes = contiguous(astype(target, DType::int64, false));
  if (!classes.device().is_host_memory()) return classes;  // kernels look at them
  const int64_t* const values = reinterpret_cast<const int64_t*>(classes.data());
  const int64_t count = logits.shape().back();
  for (int64_t i = 0; i < classes.size(); ++i) {
    if (!is_class(values[i], count, ignore_index)) {
      throw wrong_class(op, values[i], count, ignore_index);
    }
  }
  return classes;
}

Dims rows_shape(const Array& logits) {
  const int64_t classes = logits.shape().back();
  return {logits.size() / classes, classes};
}

}  // namespace

std::optional<std::tuple<Array, Array>> cross_entropy(const Array& logits, const Array& target,
                                                      int64_t ignore_index) {
  const Array classes = checked_target("cross_entropy", logits, target, ignore_index);
  const FusedKernels* const kernels = logits.size() > 0 ? kernels_for({&logits}) : nullptr;
  if (!kernels || !kernels->cross_entropy) return std::nullopt;
  const Array losses = empty(target.shape(), logits.dtype(), logits.device());
  const Array logsumexp = empty(target.shape(), logits.dtype(), logits.device());
  kernels->cross_entropy(losses, logsumexp, dense(logits, rows_shape(logits)), classes,
                         ignore_index);
  return std::tuple{losses, logsumexp};
}

Result cross_entropy_gradient(const Array& gradient, const Array& logits, const Array& target,
                              const Array& logsumexp, int64_t ignore_index) {
  const char* const op = "cross_entropy_gradient";
  const Array classes = checked_target(op, logits, target, ignore_index);
  check_operands(op, {&gradient, &logits, &logsumexp});
  check_same_shape(op, "gradient", gradient, "target", target);
  check_same_shape(op, "logsumexp", logsumexp, "target", target);
  const FusedKernels* const kernels =
      logits.size() > 0 ? kernels_for({&gradient, &logits, &logsumexp}) : nullptr;
  if (!kernels || !kernels->cross_entropy_gradient) return std::nullopt;
  const Array result = empty(logits.shape(), logits.dtype(), logits.device());
  kernels->cross_entropy_gradient(result, contiguous(gradient), dense(logits, rows_shape(logits)),
                                  classes, contiguous(logsumexp), ignore_index);
  return result;
}

}  // namespace nd
