// What each family provides for the `cpu` device (ops/<family>/<family>_cpu.cpp): it cuts the work
// into tasks for the thread pool and picks the kernels of the active instruction set. The contracts
// are those of Backend in core/backend.hpp.
#pragma once

#include "core/fused.hpp"

namespace nd::cpu {

// float16 and bfloat16 arrays in float32, for operations that are not made for them.
Array widened(const Array& x);
// The real and imaginary parts of a complex array: a view with one more axis, of length 2, at the
// end.
Array component_view(const Array& x);

void copy(const Array& out, const Array& x);
void fill(const Array& out, Scalar value);
void unary(UnaryOp op, const Array& out, const Array& x);
void binary(BinaryOp op, const Array& out, const Array& x, const Array& y);
void where(const Array& out, const Array& condition, const Array& x, const Array& y);
void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes);
void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis);
void scan(ScanOp op, const Array& out, const Array& x, int axis);
void sort(const Array& out, const Array& x, int axis, bool descending);
void arg_sort(const Array& out, const Array& x, int axis, bool descending);
void search_sorted(const Array& out, const Array& sorted, const Array& values, bool right);
void matmul(const Array& out, const Array& x, const Array& y);
void gather(const Array& out, const Array& x, const Array& indices, int axis);
void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values, int axis);
void nonzero(const Array& out, const Array& x);
void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset);

#define ND_FUSED(name, arguments) void name arguments;
#include "core/fused.inc"
#undef ND_FUSED
const FusedKernels* fused_kernels();

}  // namespace nd::cpu
