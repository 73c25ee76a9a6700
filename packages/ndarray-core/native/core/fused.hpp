// Fused operations: a backend has a table of kernels for them, or for some of them, or for none.
// Where there is no kernel for a call, the array code in src/ndarray_core/fused/ runs.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/backend.hpp"

namespace nd {

// A null member: this backend has no kernel of that name.
struct FusedKernels {
#define ND_FUSED(name, arguments) void(*name) arguments = nullptr;
#include "core/fused.inc"
#undef ND_FUSED
};

// Whether the device has a kernel of that name. std::invalid_argument for a name that is not in
// fused.inc.
bool has_kernel(std::string_view name, Backend& device);

// What the checked operations below share. Operands that are left out are null.
using Operands = std::initializer_list<const Array*>;
// All hold floating-point numbers and lie on one device.
void check_operands(const char* op, Operands operands);
void check_same_shape(const char* op, const char* name, const Array& x, const char* other_name,
                      const Array& other);
// The table of the operands' device, if they have one type that kernels are made for: float32 or
// float64; else null. Halves are widened first, by whoever calls (fused/definition.py).
const FusedKernels* kernels_for(Operands operands);

// The checked operations. Nothing is returned where the device has no kernel for the call; what is
// wrong with it is said first.
using Result = std::optional<Array>;

// ops/softmax
Result softmax(const Array& x, int64_t axis);
Result softmax_gradient(const Array& gradient, const Array& out, int64_t axis);
Result log_softmax(const Array& x, int64_t axis);
Result log_softmax_gradient(const Array& gradient, const Array& out, int64_t axis);

}  // namespace nd
