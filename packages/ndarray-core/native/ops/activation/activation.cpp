// Activation functions: element by element, of dense arrays.
#include <stdexcept>

#include "core/fused.hpp"
#include "core/ops.hpp"

namespace nd {
namespace {

template <typename Kernel, typename... Parameters>
Result forward(const char* op, Kernel FusedKernels::* kernel, const Array& x,
               Parameters... parameters) {
  check_operands(op, {&x});
  const FusedKernels* const kernels = x.size() > 0 ? kernels_for({&x}) : nullptr;
  if (!kernels || !(kernels->*kernel)) return std::nullopt;
  const Array out = empty(x.shape(), x.dtype(), x.device());
  (kernels->*kernel)(out, contiguous(x), parameters...);
  return out;
}

template <typename Kernel, typename... Parameters>
Result backward(const char* op, Kernel FusedKernels::* kernel, const Array& gradient,
                const Array& x, Parameters... parameters) {
  check_operands(op, {&gradient, &x});
  check_same_shape(op, "gradient", gradient, "x", x);
  const FusedKernels* const kernels = x.size() > 0 ? kernels_for({&gradient, &x}) : nullptr;
  if (!kernels || !(kernels->*kernel)) return std::nullopt;
  const Array result = empty(x.shape(), x.dtype(), x.device());
  (kernels->*kernel)(result, contiguous(gradient), contiguous(x), parameters...);
  return result;
}

bool is_by_tanh(const std::string& approximate) {
  if (approximate == "tanh") return true;
  if (approximate == "none") return false;
  throw std::invalid_argument(
      message("gelu: approximate must be 'none' or 'tanh', got '", approximate, "'"));
}

}  // namespace

Result gelu(const Array& x, const std::string& approximate) {
  return forward("gelu", &FusedKernels::gelu, x, is_by_tanh(approximate));
}
Result gelu_gradient(const Array& gradient, const Array& x, const std::string& approximate) {
  return backward("gelu_gradient", &FusedKernels::gelu_gradient, gradient, x,
                  is_by_tanh(approximate));
}
Result silu(const Array& x) { return forward("silu", &FusedKernels::silu, x); }
Result silu_gradient(const Array& gradient, const Array& x) {
  return backward("silu_gradient", &FusedKernels::silu_gradient, gradient, x);
}

}  // namespace nd
