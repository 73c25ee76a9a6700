// A backend that is written in Python: each call of the interface goes to a method of one object,
// with NumPy arrays on the operands' memory. This is how the `numpy` reference backend is reached.
#include <cstring>

#include "bindings/convert.hpp"
#include "cpu/cpu_backend.hpp"

namespace nd {
namespace {

class PythonBackend final : public Backend {
 public:
  PythonBackend(std::string name, nb::object object)
      : Backend(std::move(name)), object_(std::move(object)) {}
  bool is_host_memory() const override { return true; }

  BufferRef allocate(DType dtype, int64_t size) override {
    nb::gil_scoped_acquire lock;
    nb::object memory = object_.attr("allocate")(name_of(dtype).data(), size);
    void* data = reinterpret_cast<void*>(nb::cast<uintptr_t>(memory.attr("ctypes").attr("data")));
    return BufferRef(new Buffer(*this, dtype, size, data, release_of(memory)));
  }
  void upload(const Array& out, const void* host) override {
    std::memcpy(out.data(), host, static_cast<size_t>(out.size()) * itemsize(out.dtype()));
  }
  void download(void* host, const Array& x) override {
    Array target{BufferRef(new Buffer(*this, x.dtype(), x.size(), host, nullptr)),
                 Layout(x.shape())};
    copy(target, x);
  }
  void synchronize() override {}

  void copy(const Array& out, const Array& x) override { call("copy", out, x); }
  void fill(const Array& out, Scalar value) override {
    nb::gil_scoped_acquire lock;
    object_.attr("fill")(view(out), number(value));
  }
  void unary(UnaryOp op, const Array& out, const Array& x) override {
    call("unary", name_of(op), out, x);
  }
  void binary(BinaryOp op, const Array& out, const Array& x, const Array& y) override {
    call("binary", name_of(op), out, x, y);
  }
  void where(const Array& out, const Array& condition, const Array& x, const Array& y) override {
    call("where", out, condition, x, y);
  }
  void reduce(ReduceOp op, const Array& out, const Array& x, const Dims& axes) override {
    call("reduce", name_of(op), out, x, axes);
  }
  void arg_reduce(ArgReduceOp op, const Array& out, const Array& x, int axis) override {
    call("arg_reduce", name_of(op), out, x, axis);
  }
  void scan(ScanOp op, const Array& out, const Array& x, int axis) override {
    call("scan", name_of(op), out, x, axis);
  }
  void sort(const Array& out, const Array& x, int axis, bool descending) override {
    call("sort", out, x, axis, descending);
  }
  void arg_sort(const Array& out, const Array& x, int axis, bool descending) override {
    call("arg_sort", out, x, axis, descending);
  }
  void search_sorted(const Array& out, const Array& sorted, const Array& values,
                     bool right) override {
    call("search_sorted", out, sorted, values, right);
  }
  void matmul(const Array& out, const Array& x, const Array& y) override {
    call("matmul", out, x, y);
  }
  void gather(const Array& out, const Array& x, const Array& indices, int axis) override {
    call("gather", out, x, indices, axis);
  }
  void scatter(ScatterOp op, const Array& out, const Array& indices, const Array& values,
               int axis) override {
    call("scatter", name_of(op), out, indices, values, axis);
  }
  void nonzero(const Array& out, const Array& x) override { call("nonzero", out, x); }
  void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) override {
    call("random", name_of(d), out, seed, offset);
  }

 private:
  static nb::object view(const Array& x) { return numpy_view(x, nb::none()); }
  static nb::object argument(const Array& x) { return view(x); }
  static nb::object argument(const Dims& dims) { return to_tuple(dims); }
  template <typename T>
  static nb::object argument(const T& value) {
    return nb::cast(value);
  }
  static nb::object number(const Scalar& value) {
    if (value.kind == Kind::floating) return nb::cast(value.floating);
    if (value.kind == Kind::complex) {
      return nb::steal(PyComplex_FromDoubles(value.floating, value.imaginary));
    }
    if (value.kind == Kind::boolean) return nb::cast(value.integer != 0);
    return value.kind == Kind::unsigned_integer ? nb::cast(value.as<uint64_t>())
                                                : nb::cast(value.integer);
  }

  template <typename... Arguments>
  void call(const char* method, const Arguments&... arguments) {
    nb::gil_scoped_acquire lock;
    try {
      object_.attr(method)(argument(arguments)...);
    } catch (const nb::python_error& error) {
      if (!error.matches(PyExc_IndexError)) throw;
      throw IndexError(nb::str(error.value()).c_str());
    }
  }

  nb::object object_;
};

}  // namespace

void bind_python_backend(nb::module_& m) {
  m.def(
      "register_python_backend",
      [](const std::string& name, nb::object backend) {
        // Lives as long as the process, as the arrays on it may; so does the Python object.
        register_backend(new PythonBackend(name, std::move(backend)));
      },
      nb::arg("name"), nb::arg("backend"),
      "Makes a device of an object with the methods of Backend.");
}

}  // namespace nd
