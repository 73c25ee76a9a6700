// The one interface between the checked operations and the code that moves numbers, by family and
// not by op. A backend never broadcasts, promotes types, resolves axes or checks arguments: that
// was done once, above it. Operands have any strides unless a line here says otherwise.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/array.hpp"

namespace nd {

// Each family's operations are listed once, in ops/<family>/*.inc; the enums are made from there.
enum class UnaryOp : uint8_t {
#define ND_UNARY(name, domain, ...) name,
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
};
enum class BinaryOp : uint8_t {
#define ND_BINARY(name, domain, ...) name,
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
};
enum class ReduceOp : uint8_t { sum, prod, max, min, any, all };
enum class ArgReduceOp : uint8_t { argmax, argmin };
enum class ScanOp : uint8_t { sum, prod, max, min };
enum class ScatterOp : uint8_t { assign, add, subtract, multiply, maximum, minimum };
// bits: uint32 words; uniform: [0, 1); normal: mean 0, variance 1.
enum class Distribution : uint8_t { bits, uniform, normal };

const char* name_of(UnaryOp op);
const char* name_of(BinaryOp op);
const char* name_of(ReduceOp op);
const char* name_of(ArgReduceOp op);
const char* name_of(ScanOp op);
const char* name_of(ScatterOp op);
const char* name_of(Distribution distribution);

// A Python number on its way into an array.
struct Scalar {
  Kind kind = Kind::floating;  // says which of the following hold the value
  int64_t integer = 0;         // bit pattern of a uint64 where kind is unsigned_integer
  double floating = 0;         // of a complex number the real part
  double imaginary = 0;

  template <typename T>
  T as() const {
    if (kind == Kind::floating) return static_cast<T>(floating);
    if (kind == Kind::unsigned_integer) return static_cast<T>(static_cast<uint64_t>(integer));
    return static_cast<T>(integer);
  }
};

// core/fused.hpp
struct FusedKernels;

class Backend {
 public:
  explicit Backend(std::string name) : name(std::move(name)) {}
  virtual ~Backend() = default;

  const std::string name;                   // "numpy", "cpu", "cuda:0"
  virtual bool is_host_memory() const = 0;  // whether Buffer::data may be dereferenced by the CPU
  virtual bool is_emulated() const { return false; }  // a stand-in for hardware: right, but slow

  // Memory. `host` points to out.size() elements, dense and row-major.
  virtual BufferRef allocate(DType dtype, int64_t size) = 0;
  virtual void upload(const Array& out, const void* host) = 0;
  virtual void download(void* host, const Array& x) = 0;
  virtual void copy(const Array& out, const Array& x) = 0;  // same shape; converts the element type
  virtual void fill(const Array& out, Scalar value) = 0;
  virtual void synchronize() = 0;

  // Element-wise. Operands have out's shape (stride 0 where broadcast). x and y are of one type;
  // out has it too, or bool for the operations of the COMPARE, PREDICATE and LOGICAL domains. out
  // may be exactly x or y (in place) but never overlaps them in another way.
  virtual void unary(UnaryOp op, const Array& out, const Array& x) = 0;
  virtual void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) = 0;
  virtual void where(const Array& out, const Array& condition, const Array& x, const Array& y) = 0;

  // Reductions. `axes` are sorted and non-negative; out has x's ndim, with size 1 at the axes. max
  // and min (NaN wins) and arg-reductions get at least one element to reduce. sum and prod: out has
  // x's type for floating types, int64 or uint64 for the others; any and all: x and out are bool.
  virtual void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) = 0;
  // out is int64; the first of several equal values wins, and a NaN before all.
  virtual void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) = 0;
  // out[i, j, k] is the total of x[i, 0 .. j, k] for axis 1, and so on; out has x's shape and type,
  // which for sum and prod is not bool. max and min: once a NaN, always NaN.
  virtual void scan(ScanOp op, const Array& out, const Array& x, int axis) = 0;

  // Sorts along the axis, keeping the order of equal elements; not for complex numbers. out has x's
  // shape, and x's type (sort) or int64 (arg_sort: positions in x). NaN comes last, or, descending,
  // first.
  virtual void sort(const Array& out, const Array& x, int axis, bool descending) = 0;
  virtual void arg_sort(const Array& out, const Array& x, int axis, bool descending) = 0;
  // out, int64, in the shape of `values`: how many elements of the vector `sorted` (ascending, of
  // the values' type) are less than the value or, if `right`, not greater. NaN is the greatest.
  virtual void search_sorted(const Array& out, const Array& sorted, const Array& values,
                             bool right) = 0;

  // (..., M, K) @ (..., K, N) -> (..., M, N): equal leading shapes (stride 0 where broadcast), one
  // element type, not bool; out is dense. Any of the sizes may be zero.
  virtual void matmul(const Array& out, const Array& x, const Array& y) = 0;

  // out[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on: out and indices (int64) have
  // one shape, which equals x's but at the axis. Negative indices count from the end; one out of
  // bounds throws IndexError naming index, axis and size.
  virtual void gather(const Array& out, const Array& x, const Array& indices, int axis) = 0;
  // out[i, indices[i, j, k], k] becomes op(itself, values[i, j, k]), repetitions included, in
  // row-major order: of what is assigned, the last stays. Checks all indices before it writes
  // anything. subtract is not for bool. Equal positions mean equal elements of out, different ones
  // different elements.
  virtual void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values,
                       int axis) = 0;
  // out, int64 (x.ndim, count): the indices of the `count` true elements of x, which is bool and
  // dense, in row-major order.
  virtual void nonzero(const Array& out, const Array& x) = 0;

  // The stream of `seed` from Philox block `offset` on (ops/random/philox.hpp says which words make
  // which number), the same on every backend. out is dense; uint32 for bits, else float32 or
  // float64.
  virtual void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) = 0;

  // Several steps in one pass over memory. Never needed: null, or a table with gaps, is fine.
  virtual const FusedKernels* fused_kernels() { return nullptr; }
};

// The devices of this process, by name.
void register_backend(Backend* backend);  // lives as long as the process
// Makes `name` ("cuda") mean a backend that has a name of its own ("cuda:1").
void set_alias(const std::string& name, Backend* backend);
// Devices that are looked for only when somebody asks for one that is not there yet. `find`
// registers them, or says why there are none; it is called more than once and does it once.
void set_device_finder(std::function<std::string()> find);
// "auto" is the fastest. Throws DeviceError that lists the known ones.
Backend& get_backend(const std::string& name);
std::vector<std::string> backend_names();
Backend& cpu_backend();

}  // namespace nd
