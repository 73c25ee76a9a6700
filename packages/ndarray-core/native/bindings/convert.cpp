#include "bindings/convert.hpp"

#include <cstring>
#include <type_traits>

namespace nd {
namespace {

bool is_numpy(nb::handle object, const char* type) {
  return PyObject_IsInstance(object.ptr(), python_attribute("numpy", type).ptr()) == 1;
}
Scalar scalar_from_int(PyObject* number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (value == -1 && PyErr_Occurred()) throw nb::python_error();
  if (overflow == 0) return {Kind::signed_integer, value, 0};
  if (overflow > 0) {
    const unsigned long long large = PyLong_AsUnsignedLongLong(number);
    if (!PyErr_Occurred()) return {Kind::unsigned_integer, static_cast<int64_t>(large), 0};
    PyErr_Clear();
  }
  throw std::overflow_error("the integer does not fit into 64 bits");
}

int64_t size_of_index(PyObject* index) {
  if (!PyIndex_Check(index)) {
    throw nb::type_error(message("expected an int or a sequence of ints, got ",
                                 nb::type_name(nb::handle(index).type()).c_str())
                             .c_str());
  }
  const Py_ssize_t size = PyNumber_AsSsize_t(index, PyExc_OverflowError);
  if (size == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    throw ShapeError(message(nb::str(nb::handle(index)).c_str(), " does not fit into 64 bits"));
  }
  return size;
}

}  // namespace

nb::dlpack::dtype dlpack_type(DType dtype) {
  using nb::dlpack::dtype_code;
  const auto code = [dtype] {
    switch (kind_of(dtype)) {
      case Kind::boolean:
        return dtype_code::Bool;
      case Kind::signed_integer:
        return dtype_code::Int;
      case Kind::unsigned_integer:
        return dtype_code::UInt;
      case Kind::floating:
        return dtype == DType::bfloat16 ? dtype_code::Bfloat : dtype_code::Float;
      case Kind::complex:
        return dtype_code::Complex;
    }
    __builtin_unreachable();
  }();
  return {static_cast<uint8_t>(code), static_cast<uint8_t>(8 * itemsize(dtype)), 1};
}

std::optional<DType> dtype_of(nb::dlpack::dtype type) {
  for (int i = 0; i < dtype_count; ++i) {
    if (dlpack_type(static_cast<DType>(i)) == type) return static_cast<DType>(i);
  }
  return std::nullopt;
}

const char* buffer_format(DType dtype) {
  // int64_t is `long` or `long long`; NumPy's own arrays say which of the two.
  constexpr bool long_is_64 = std::is_same_v<int64_t, long>;
  switch (dtype) {
    case DType::bool_:
      return "?";
    case DType::int8:
      return "b";
    case DType::int16:
      return "h";
    case DType::int32:
      return "i";
    case DType::int64:
      return long_is_64 ? "l" : "q";
    case DType::uint8:
      return "B";
    case DType::uint16:
      return "H";
    case DType::uint32:
      return "I";
    case DType::uint64:
      return long_is_64 ? "L" : "Q";
    case DType::float16:
      return "e";
    case DType::bfloat16:
      return nullptr;
    case DType::float32:
      return "f";
    case DType::float64:
      return "d";
    case DType::complex64:
      return "Zf";
    case DType::complex128:
      return "Zd";
  }
  return nullptr;
}

std::optional<Scalar> to_scalar(nb::handle object) {
  PyObject* p = object.ptr();
  if (PyFloat_Check(p)) return Scalar{Kind::floating, 0, PyFloat_AsDouble(p)};
  if (PyBool_Check(p)) return Scalar{Kind::boolean, p == Py_True, 0};
  if (PyLong_Check(p)) return scalar_from_int(p);
  if (PyComplex_Check(p)) {
    return Scalar{Kind::complex, 0, PyComplex_RealAsDouble(p), PyComplex_ImagAsDouble(p)};
  }
  // NumPy's scalar types are no subclasses of int and (but for float64) of float.
  if (is_numpy(object, "generic")) return to_scalar(object.attr("item")());
  return std::nullopt;
}

Scalar expect_scalar(nb::handle object, const char* op) {
  if (const auto scalar = to_scalar(object)) return *scalar;
  throw nb::type_error(
      message(op, ": expected an array or a number, got ", nb::type_name(object.type()).c_str())
          .c_str());
}

nb::object no_operator(nb::handle other, const char* op) {
  if (is_numpy(other, "ndarray")) {
    throw nb::type_error(
        message(op, ": the other operand is a numpy.ndarray; convert it with asarray(...) first")
            .c_str());
  }
  return nb::borrow(Py_NotImplemented);
}

DType to_dtype(nb::handle object) {
  DType dtype = default_float;
  if (nb::try_cast(object, dtype)) return dtype;
  return nb::cast<DType>(python_attribute("ndarray_core.dtypes", "as_dtype")(object));
}

Backend& to_backend(nb::handle object) {
  if (nb::isinstance<Device>(object)) return *nb::cast<Device&>(object).backend;
  if (PyUnicode_Check(object.ptr())) return get_backend(nb::cast<std::string>(object));
  throw nb::type_error(
      message("expected a device or its name, got ", nb::type_name(object.type()).c_str()).c_str());
}

Dims to_dims(nb::handle object) {
  PyObject* p = object.ptr();
  if (!PyTuple_Check(p) && !PyList_Check(p)) return {size_of_index(p)};
  Dims dims;
  for (nb::handle element : nb::borrow<nb::sequence>(object))
    dims.push_back(size_of_index(element.ptr()));
  return dims;
}

Dims to_dims(PyObject* const* arguments, Py_ssize_t count) {
  if (count == 1) return to_dims(nb::handle(arguments[0]));
  Dims dims;
  for (Py_ssize_t i = 0; i < count; ++i) dims.push_back(size_of_index(arguments[i]));
  return dims;
}

nb::tuple to_tuple(const Dims& dims) { return nb::steal<nb::tuple>(nb::cast(dims).release()); }

nb::object python_attribute(const char* module, const char* name) {
  return nb::module_::import_(module).attr(name);
}

nb::object numpy_view(const Array& x, nb::handle owner, bool readonly) {
  size_t shape[max_ndim];
  for (int i = 0; i < x.ndim(); ++i) shape[i] = static_cast<size_t>(x.shape()[i]);
  // NumPy knows bfloat16 by another package's type only: it gets the bits, and then the name.
  const bool is_foreign = x.dtype() == DType::bfloat16;
  const auto cast = [&]<typename View>() {
    // NumPy wants an owner, or it copies; within one call of a backend None is enough of one.
    return nb::cast(
        View(x.data(), static_cast<size_t>(x.ndim()), shape, owner, x.strides().begin(),
             dlpack_type(is_foreign ? DType::uint16 : x.dtype()), nb::device::cpu::value, 0),
        nb::rv_policy::reference);
  };
  const nb::object array = readonly ? cast.operator()<nb::ndarray<nb::numpy, nb::ro>>()
                                    : cast.operator()<nb::ndarray<nb::numpy>>();
  return is_foreign ? array.attr("view")(python_attribute("ml_dtypes", "bfloat16")) : array;
}

nb::object to_numpy(nb::handle self, const Array& x) {
  if (!x.device().is_host_memory()) {
    const Array host = to_device(x, cpu_backend());
    return numpy_view(host, nb::cast(host));
  }
  return numpy_view(x, self, !is_writable(x));
}

bool is_writable(const Array& x) { return !x.buffer->readonly && !x.layout.has_repeats(); }

Buffer::Release release_of(nb::handle object) {
  PyObject* kept = nb::borrow(object).release().ptr();
  return [kept](void*) {
    if (!Py_IsInitialized()) return;  // an array that outlives the interpreter, which took it along
    nb::gil_scoped_acquire lock;
    Py_DECREF(kept);
  };
}

Array wrap_memory(Backend& backend, DType dtype, void* first_element, Layout layout, bool readonly,
                  Buffer::Release release) {
  if (!backend.is_host_memory())
    throw DeviceError(message("'", backend.name, "' cannot use the host's memory"));
  // The buffer starts at the lowest address that is used: negative strides walk down to it.
  const auto extent = layout.size() > 0 ? layout.extent() : Layout::Extent{0, -1};
  layout.offset = -extent.first;
  char* lowest =
      static_cast<char*>(first_element) + extent.first * static_cast<int64_t>(itemsize(dtype));
  return Array{BufferRef(new Buffer(backend, dtype, extent.last - extent.first + 1, lowest,
                                    std::move(release), readonly)),
               layout};
}

nb::object item(const Array& x) {
  if (x.size() != 1) {
    throw ShapeError(
        message("only an array with one element is a number; this one has shape ", x.shape()));
  }
  return dispatch(x.dtype(), [&]<typename T>() -> nb::object {
    T value;
    if (x.device().is_host_memory()) {
      std::memcpy(&value, x.data(), sizeof(T));
    } else {
      x.device().download(&value, x);
    }
    if constexpr (is_half<T>) {
      return nb::cast(widen(value));
    } else if constexpr (is_complex_type<T>) {
      return nb::steal(PyComplex_FromDoubles(__real__ value, __imag__ value));
    } else {
      return nb::cast(value);
    }
  });
}

}  // namespace nd
