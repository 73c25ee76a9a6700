// What each family provides for the `cuda` devices (ops/<family>/<family>_cuda.cu): kernels, and
// the functions that launch them. The contracts are those of Backend in core/backend.hpp.
//
// A function puts its work into the current stream of the operands' device and returns: the work is
// done later, and errors of kernels show up later, too (cuda/runtime.hpp, debug_mode).
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>

#include "core/fused.hpp"

namespace nd::cuda {

// What a function does first: chooses the operands' device, and tells the allocator which stream
// their memory is used on. Operands that are left out are null. The result is the stream to launch
// kernels on.
cudaStream_t enter(Operands operands);

// The properties of the array's device: how many multiprocessors it has, its compute capability.
const cudaDeviceProp& properties_of(const Array& x);

// A new dense array on the same device, for intermediate results.
Array temporary(const Array& like, DType dtype, const Dims& shape);

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
// Whether float32 is multiplied by tensor cores, which round it to 10 bits of fraction.
extern std::atomic<bool> allow_tf32;
void gather(const Array& out, const Array& x, const Array& indices, int axis);
void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values, int axis);
void nonzero(const Array& out, const Array& x);
void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset);

#define ND_FUSED(name, arguments) void name arguments;
#include "core/fused.inc"
#undef ND_FUSED
const FusedKernels* fused_kernels();  // cuda/fused.cpp says which of them there are

// The devices of this process, made at the first call; none where there is no driver or no device.
const std::vector<Backend*>& backends();
// Why there is none; "" where there are some.
std::string unavailable_reason();

// Whether this thread's copies between host and device return only when they are done, as they do
// at first. If not, those from and to pinned memory return at once.
void set_blocking_copies(bool on);

}  // namespace nd::cuda
