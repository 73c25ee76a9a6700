// Steps of optimizers: lists of parameters, and of what belongs to each, are checked as a whole
// before anything is written.
#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

const Array* at(const Arrays* list, size_t i) { return list ? &(*list)[i] : nullptr; }

// Lists of equal length and shapes, which may be null; all but the gradients are written to.
void check_lists(const char* op, const Arrays& parameters, const Arrays& gradients,
                 std::initializer_list<const Arrays*> states) {
  const auto check = [&](const Arrays& list, const char* what) {
    if (list.size() != parameters.size()) {
      throw ShapeError(
          message(op, ": ", parameters.size(), " parameters and ", list.size(), " ", what));
    }
    for (size_t i = 0; i < list.size(); ++i) {
      check_operands(op, {&parameters[i], &list[i]});
      check_same_shape(op, "a parameter", parameters[i], what, list[i]);
    }
  };
  check(gradients, "gradients");
  for (const Array& parameter : parameters) check_writable(parameter, op);
  for (const Arrays* state : states) {
    if (!state) continue;
    check(*state, "states");
    for (const Array& x : *state) check_writable(x, op);
  }
}

// The table for one parameter; null where the definition must do it.
const FusedKernels* table(Operands operands) {
  for (const Array* x : operands) {
    if (x && !x->layout.is_contiguous()) return nullptr;
  }
  return kernels_for(operands);
}

void count_write(Operands targets) {
  for (const Array* x : targets) {
    if (x) x->buffer->version++;
  }
}

}  // namespace

bool sgd_step(const Arrays& parameters, const Arrays& gradients, const Arrays* momenta,
              const SgdOptions& options) {
  check_lists("sgd_step", parameters, gradients, {momenta});
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto* const kernels = table({&parameters[i], &gradients[i], at(momenta, i)});
    if (!kernels || !kernels->sgd_step) return false;
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Array& parameter = parameters[i];
    if (parameter.size() == 0) continue;
    count_write({&parameter, at(momenta, i)});
    parameter.device().fused_kernels()->sgd_step(parameter, gradients[i], at(momenta, i), options);
  }
  return true;
}

bool adam_step(const Arrays& parameters, const Arrays& gradients, const Arrays& means,
               const Arrays& variances, const Arrays* largest, const AdamOptions& options) {
  check_lists("adam_step", parameters, gradients, {&means, &variances, largest});
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto* const kernels =
        table({&parameters[i], &gradients[i], &means[i], &variances[i], at(largest, i)});
    if (!kernels || !kernels->adam_step) return false;
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Array& parameter = parameters[i];
    if (parameter.size() == 0) continue;
    count_write({&parameter, &means[i], &variances[i], at(largest, i)});
    parameter.device().fused_kernels()->adam_step(parameter, gradients[i], means[i], variances[i],
                                                  at(largest, i), options);
  }
  return true;
}

}  // namespace nd
