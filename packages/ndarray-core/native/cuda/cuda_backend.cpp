// The `cuda` devices: device memory from the caching allocator, kernels from ops/*/*_cuda.cu.
#include "cuda/cuda_backend.hpp"

#include "core/allow_threads.hpp"
#include "cuda/allocator.hpp"
#include "cuda/runtime.hpp"
#include "cuda/streams.hpp"

namespace nd::cuda {
namespace {

thread_local bool blocking_copies = true;

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int index)
      : Backend(message("cuda:", index)), index(index), allocator_(allocator(index)) {
    check(cudaGetDeviceProperties(&properties, index), "asking for the properties of a device");
  }

  const int index;
  cudaDeviceProp properties;

  bool is_host_memory() const override { return false; }
#if defined(ND_CUDA_EMULATED)
  bool is_emulated() const override { return true; }
#endif

  BufferRef allocate(DType dtype, int64_t size) override {
    select_device(index);
    const size_t nbytes = static_cast<size_t>(size) * itemsize(dtype);
    void* data = allocator_.allocate(nbytes, current_stream(index)->handle());
    return BufferRef(new Buffer(*this, dtype, size, data, [&allocator = allocator_](void* block) {
      allocator.deallocate(block);
    }));
  }

  void upload(const Array& out, const void* host) override {
    if (out.size() == 0) return;
    if (!out.layout.is_contiguous()) {
      const Array dense = temporary(out, out.dtype(), out.shape());
      upload(dense, host);
      return cuda::copy(out, dense);
    }
    const cudaStream_t stream = enter({&out});
    check(cudaMemcpyAsync(out.data(), host, nbytes_of(out), cudaMemcpyHostToDevice, stream),
          "copying to the device");
    wait_for_copy(out, stream);
  }

  void download(void* host, const Array& x) override {
    if (x.size() == 0) return;
    if (!x.layout.is_contiguous()) {
      const Array dense = temporary(x, x.dtype(), x.shape());
      cuda::copy(dense, x);
      return download(host, dense);
    }
    const cudaStream_t stream = enter({&x});
    check(cudaMemcpyAsync(host, x.data(), nbytes_of(x), cudaMemcpyDeviceToHost, stream),
          "copying to the host");
    wait_for_copy(x, stream);
  }

  void synchronize() override {
    AllowThreads allow(AllowThreads::least_work);
    select_device(index);
    check(cudaDeviceSynchronize(), "waiting for the device");
  }

  // With arrays that have no elements there is nothing to launch.
  void copy(const Array& out, const Array& x) override { cuda::copy(out, x); }
  void fill(const Array& out, Scalar value) override { cuda::fill(out, value); }
  void unary(UnaryOp op, const Array& out, const Array& x) override { cuda::unary(op, out, x); }
  void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) override {
    cuda::binary(op, out, x, y);
  }
  void where(const Array& out, const Array& condition, const Array& x, const Array& y) override {
    cuda::where(out, condition, x, y);
  }
  void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) override {
    cuda::reduce(op, out, x, axes);
  }
  void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) override {
    cuda::arg_reduce(op, out, x, axis);
  }
  void scan(ScanOp op, const Array& out, const Array& x, int axis) override {
    cuda::scan(op, out, x, axis);
  }
  void sort(const Array& out, const Array& x, int axis, bool descending) override {
    cuda::sort(out, x, axis, descending);
  }
  void arg_sort(const Array& out, const Array& x, int axis, bool descending) override {
    cuda::arg_sort(out, x, axis, descending);
  }
  void search_sorted(const Array& out, const Array& sorted, const Array& values,
                     bool right) override {
    cuda::search_sorted(out, sorted, values, right);
  }
  void matmul(const Array& out, const Array& x, const Array& y) override {
    cuda::matmul(out, x, y);
  }
  void gather(const Array& out, const Array& x, const Array& indices, int axis) override {
    cuda::gather(out, x, indices, axis);
  }
  void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values,
               int axis) override {
    cuda::scatter(op, out, indices, values, axis);
  }
  void nonzero(const Array& out, const Array& x) override { cuda::nonzero(out, x); }
  void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) override {
    cuda::random(d, out, seed, offset);
  }
  const FusedKernels* fused_kernels() override { return cuda::fused_kernels(); }

  void use(const Array& x, cudaStream_t stream) { allocator_.use(x.buffer->data, stream); }

 private:
  static size_t nbytes_of(const Array& x) {
    return static_cast<size_t>(x.size()) * itemsize(x.dtype());
  }
  static void wait_for_copy(const Array& x, cudaStream_t stream) {
    if (!blocking_copies) return;
    AllowThreads allow(x.size());
    check(cudaStreamSynchronize(stream), "waiting for a copy");
  }

  Allocator& allocator_;
};

CudaBackend& backend_of(const Array& x) { return static_cast<CudaBackend&>(x.device()); }

struct Devices {
  std::vector<Backend*> backends;
  std::string reason;
};

std::string version_text(int version) { return message(version / 1000, ".", version % 1000 / 10); }

Devices find_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    if (driver == 0) return {{}, "there is no NVIDIA driver on this machine"};
    return {{},
            message("the NVIDIA driver supports CUDA ", version_text(driver),
                    " and this build needs ", version_text(runtime), ": update the driver")};
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    return {{}, "the NVIDIA driver finds no GPU that this process may use (CUDA_VISIBLE_DEVICES?)"};
  }
  if (status != cudaSuccess) {
    return {{},
            message("the CUDA runtime reports ", cudaGetErrorName(status), ": ",
                    cudaGetErrorString(status))};
  }
  Devices devices;
  for (int index = 0; index < count; ++index) devices.backends.push_back(new CudaBackend(index));
  return devices;
}

const Devices& devices() {
  static const auto* found = new Devices(find_devices());  // arrays may outlive main()
  return *found;
}

}  // namespace

cudaStream_t enter(Operands operands) {
  CudaBackend* backend = nullptr;
  cudaStream_t stream = nullptr;
  for (const Array* x : operands) {
    if (!x) continue;
    if (!backend) {
      backend = &backend_of(*x);
      select_device(backend->index);
      stream = current_stream(backend->index)->handle();
    }
    backend->use(*x, stream);
  }
  return stream;
}

const cudaDeviceProp& properties_of(const Array& x) { return backend_of(x).properties; }

Array temporary(const Array& like, DType dtype, const Dims& shape) {
  return Array{like.device().allocate(dtype, size_of(shape)), Layout(shape)};
}

const std::vector<Backend*>& backends() { return devices().backends; }
std::string unavailable_reason() { return devices().reason; }

void set_blocking_copies(bool on) { blocking_copies = on; }

}  // namespace nd::cuda
