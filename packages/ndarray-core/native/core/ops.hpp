// The checked operations: they resolve axes, broadcast, promote element types, allocate, and make
// one call to the backend. Each lives in ops/<family>/<family>.cpp. Bindings call nothing else.
#pragma once

#include "core/backend.hpp"

namespace nd {

// ops/copy
Array empty(const Dims& shape, DType dtype, Backend& device);
Array full(const Dims& shape, Scalar value, DType dtype, Backend& device);
bool fits(const Scalar& value, DType dtype);  // whether the type's range holds the number
Array from_scalar(Scalar value, DType dtype, Backend& device);
Array copy(const Array& x);        // dense
Array contiguous(const Array& x);  // x itself when it is dense already
Array astype(const Array& x, DType dtype, bool always_copy);
Array to_device(const Array& x, Backend& device);  // x itself when it is there already
Array reshape(const Array& x, const Dims& shape);  // a view, or a copy where the strides need one
void assign(const Array& target, const Array& value);  // target[...] = value: broadcasts, converts
void fill(const Array& target, Scalar value);
bool may_share_memory(const Array& a, const Array& b);
void check_same_device(const Array& a, const Array& b, const char* op);
void check_writable(const Array& target, const char* op);  // no repeats, no read-only memory

// ops/elementwise
Array unary(UnaryOp op, const Array& x);
Array binary(BinaryOp op, const Array& x, const Array& y);
Array binary(BinaryOp op, const Array& x, Scalar y);
Array binary(BinaryOp op, Scalar x, const Array& y);
void binary_in_place(BinaryOp op, const Array& x, const Array& y);
void binary_in_place(BinaryOp op, const Array& x, Scalar y);
Array where(const Array& condition, const Array& x, const Array& y);

// ops/reduce. No axes (nullptr) means all of them.
Array reduce(ReduceOp op, const Array& x, const Dims* axes, bool keepdims);
Array mean(const Array& x, const Dims* axes, bool keepdims);
Array arg_reduce(ArgReduceOp op, const Array& x, const int64_t* axis, bool keepdims);

// ops/matmul: NumPy's rules for vectors and for batches.
Array matmul(const Array& x, const Array& y);

// ops/index
Array take(const Array& x, const Array& indices, int64_t axis);
Array take_along_axis(const Array& x, const Array& indices, int64_t axis);
void scatter_add(const Array& x, const Array& indices, const Array& values,
                 int64_t axis);  // in place
void index_add(const Array& x, const Array& indices, const Array& values,
               int64_t axis);  // in place

// ops/random
Array random(Distribution d, const Dims& shape, DType dtype, Backend& device, uint64_t seed,
             uint64_t offset);

}  // namespace nd
