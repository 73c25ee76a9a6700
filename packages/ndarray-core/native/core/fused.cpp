#include "core/fused.hpp"

#include <stdexcept>

#include "core/ops.hpp"

namespace nd {

bool has_kernel(std::string_view name, Backend& device) {
  const FusedKernels* const kernels = device.fused_kernels();
#define ND_FUSED(function, arguments) \
  if (name == #function) return kernels && kernels->function;
#include "core/fused.inc"
#undef ND_FUSED
  throw std::invalid_argument(message("there is no fused operation '", name, "'"));
}

void check_operands(const char* op, Operands operands) {
  const Array* first = nullptr;
  for (const Array* x : operands) {
    if (!x) continue;
    if (!is_floating(x->dtype())) {
      throw DTypeError(message(op, ": an operand of shape ", x->shape(), " holds ",
                               name_of(x->dtype()),
                               ", and must hold floating-point numbers; astype(x, float32)"));
    }
    if (first) check_same_device(*first, *x, op);
    first = x;
  }
}

void check_same_shape(const char* op, const char* name, const Array& x, const char* other_name,
                      const Array& other) {
  if (x.shape() == other.shape()) return;
  throw ShapeError(message(op, ": ", name, " of shape ", x.shape(), " and ", other_name,
                           " of shape ", other.shape(), " must have one shape"));
}

Array dense(const Array& x, const Dims& shape) { return reshape(contiguous(x), shape); }

const FusedKernels* kernels_for(Operands operands) {
  const Array* first = nullptr;
  for (const Array* x : operands) {
    if (!x) continue;
    if (!first) first = x;
    if (x->dtype() != first->dtype() || is_half_type(x->dtype())) return nullptr;
  }
  return first->device().fused_kernels();
}

}  // namespace nd
