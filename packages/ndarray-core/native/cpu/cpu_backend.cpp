// The `cpu` device: host memory from the caching allocator, kernels from ops/*/*_cpu.cpp.
#include "cpu/cpu_backend.hpp"

#include <cstring>

#include "core/allocator.hpp"
#include "core/allow_threads.hpp"

namespace nd {
namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend() : Backend("cpu") {}
  bool is_host_memory() const override { return true; }

  BufferRef allocate(DType dtype, int64_t size) override {
    const size_t nbytes = static_cast<size_t>(size) * itemsize(dtype);
    void* data = allocator::allocate(nbytes);
    return BufferRef(new Buffer(*this, dtype, size, data,
                                [nbytes](void* block) { allocator::deallocate(block, nbytes); }));
  }
  void upload(const Array& out, const void* host) override {
    Array source = host_array(out.dtype(), out.shape(), const_cast<void*>(host));
    cpu::copy(out, source);
  }
  void download(void* host, const Array& x) override {
    cpu::copy(host_array(x.dtype(), x.shape(), host), x);
  }
  void synchronize() override {}

  void copy(const Array& out, const Array& x) override {
    AllowThreads allow(out.size());
    cpu::copy(out, x);
  }
  void fill(const Array& out, Scalar value) override {
    AllowThreads allow(out.size());
    cpu::fill(out, value);
  }
  void unary(UnaryOp op, const Array& out, const Array& x) override {
    AllowThreads allow(out.size());
    cpu::unary(op, out, x);
  }
  void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) override {
    AllowThreads allow(out.size());
    cpu::binary(op, out, x, y);
  }
  void where(const Array& out, const Array& condition, const Array& x, const Array& y) override {
    AllowThreads allow(out.size());
    cpu::where(out, condition, x, y);
  }
  void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) override {
    AllowThreads allow(x.size());
    cpu::reduce(op, out, x, axes);
  }
  void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) override {
    AllowThreads allow(x.size());
    cpu::arg_reduce(op, out, x, axis);
  }
  void scan(ScanOp op, const Array& out, const Array& x, int axis) override {
    AllowThreads allow(x.size());
    cpu::scan(op, out, x, axis);
  }
  void sort(const Array& out, const Array& x, int axis, bool descending) override {
    AllowThreads allow(x.size());
    cpu::sort(out, x, axis, descending);
  }
  void arg_sort(const Array& out, const Array& x, int axis, bool descending) override {
    AllowThreads allow(x.size());
    cpu::arg_sort(out, x, axis, descending);
  }
  void search_sorted(const Array& out, const Array& sorted, const Array& values,
                     bool right) override {
    AllowThreads allow(out.size());
    cpu::search_sorted(out, sorted, values, right);
  }
  void matmul(const Array& out, const Array& x, const Array& y) override {
    AllowThreads allow(out.size() * x.shape().back());
    cpu::matmul(out, x, y);
  }
  void gather(const Array& out, const Array& x, const Array& indices, int axis) override {
    AllowThreads allow(out.size());
    cpu::gather(out, x, indices, axis);
  }
  void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values,
               int axis) override {
    AllowThreads allow(values.size());
    cpu::scatter(op, out, indices, values, axis);
  }
  void nonzero(const Array& out, const Array& x) override {
    AllowThreads allow(x.size());
    cpu::nonzero(out, x);
  }
  void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) override {
    AllowThreads allow(out.size());
    cpu::random(d, out, seed, offset);
  }
  const FusedKernels* fused_kernels() override { return cpu::fused_kernels(); }

 private:
  // A view of memory that somebody else owns, for the length of one copy.
  Array host_array(DType dtype, const Dims& shape, void* host) {
    return Array{BufferRef(new Buffer(*this, dtype, size_of(shape), host, nullptr)), Layout(shape)};
  }
};

}  // namespace

Backend& cpu_backend() {
  static CpuBackend* backend = new CpuBackend;  // never destroyed: arrays may outlive main()
  return *backend;
}

}  // namespace nd
