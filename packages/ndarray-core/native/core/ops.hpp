// The checked operations: they resolve axes, broadcast, promote element types, allocate, and make
// one call to the backend. Each lives in ops/<family>/<family>.cpp. Bindings call nothing else.
#pragma once

#include <vector>

#include "core/backend.hpp"

namespace nd {

// ops/copy
Array empty(const Dims& shape, DType dtype, Backend& device);
Array full(const Dims& shape, Scalar value, DType dtype, Backend& device);
bool fits(const Scalar& value, DType dtype);  // whether the type's range holds the number
// Python numbers are weak: the array's type wins unless the number is of a higher kind.
DType type_with_scalar(DType array, const Scalar& scalar);
Array from_scalar(Scalar value, DType dtype, Backend& device);
Array copy(const Array& x);        // dense
Array contiguous(const Array& x);  // x itself when it is dense already
Array astype(const Array& x, DType dtype, bool always_copy);
Array to_device(const Array& x, Backend& device);  // x itself when it is there already
Array reshape(const Array& x, const Dims& shape);  // a view, or a copy where the strides need one
Array view_as(const Array& x, DType dtype);        // the same memory, read as another type
void assign(const Array& target, const Array& value);  // target[...] = value: broadcasts, converts
void fill(const Array& target, Scalar value);
Array concat(const std::vector<const Array*>& parts, int64_t axis);
Array stack(const std::vector<const Array*>& parts, int64_t axis);  // along a new axis
bool may_share_memory(const Array& a, const Array& b);
void check_same_device(const Array& a, const Array& b, const char* op);
void check_ordered(const Array& x, const char* op);        // no complex numbers
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

DType total_type(DType dtype);  // what sums and products are made in: 64 bits for integers

// ops/scan. No axis (nullptr) is for vectors. No dtype: total_type for sum and prod, else x's.
// include_initial puts the total of nothing in front.
Array scan(ScanOp op, const Array& x, const int64_t* axis, const DType* dtype,
           bool include_initial);

// ops/sort
Array sort(const Array& x, int64_t axis, bool descending);
Array arg_sort(const Array& x, int64_t axis, bool descending);
Array search_sorted(const Array& sorted, const Array& values, bool right);

// ops/matmul: NumPy's rules for vectors and for batches.
Array matmul(const Array& x, const Array& y);

// ops/index
Array take(const Array& x, const Array& indices, int64_t axis);
Array take_along_axis(const Array& x, const Array& indices, int64_t axis);
void scatter(ScatterOp op, const Array& x, const Array& indices, const Array& values,
             int64_t axis);  // in place
// The axes of x from `axis` on, `count` of them, are a block; positions, of any shape, count
// through its elements, and must be in bounds unless count is 1. What comes out, or the values, has
// the positions' shape in place of the block.
Array take_from_block(const Array& x, const Array& positions, int64_t axis, int count);
void scatter_to_block(ScatterOp op, const Array& x, const Array& positions, const Array& values,
                      int64_t axis, int count, const char* name);  // in place
Array nonzero(const Array& x);                                     // (x.ndim, how many)

// ops/random
Array random(Distribution d, const Dims& shape, DType dtype, Backend& device, uint64_t seed,
             uint64_t offset);

}  // namespace nd
