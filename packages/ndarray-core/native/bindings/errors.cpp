// C++ exceptions on their way into Python.
#include <new>

#include "bindings/convert.hpp"

namespace nd {
namespace {

void raise(const char* name, const char* text) {
  PyErr_SetString(python_attribute("ndarray_core.errors", name).ptr(), text);
}

PyObject* python_type(const nb::builtin_exception& error) {
  switch (error.type()) {
    case nb::exception_type::index_error:
      return PyExc_IndexError;
    case nb::exception_type::value_error:
      return PyExc_ValueError;
    case nb::exception_type::type_error:
      return PyExc_TypeError;
    case nb::exception_type::buffer_error:
      return PyExc_BufferError;
    default:
      return PyExc_RuntimeError;
  }
}

}  // namespace

void translate_error(const std::exception_ptr& exception, void*) {
  try {
    std::rethrow_exception(exception);
  } catch (const ShapeError& e) {
    raise("ShapeError", e.what());
  } catch (const DTypeError& e) {
    raise("DTypeError", e.what());
  } catch (const DeviceError& e) {
    raise("DeviceError", e.what());
  } catch (const OutOfMemory& e) {
    raise("OutOfMemoryError", e.what());
  } catch (const ReadOnlyError& e) {
    raise("ReadOnlyError", e.what());
  } catch (const IndexError& e) {
    PyErr_SetString(PyExc_IndexError, e.what());
  } catch (const Error& e) {
    raise("NDArrayError", e.what());
  }
}

void set_python_error(const std::exception_ptr& exception) noexcept {
  try {
    translate_error(exception, nullptr);
  } catch (nb::python_error& e) {
    e.restore();
  } catch (const nb::builtin_exception& e) {
    PyErr_SetString(python_type(e), e.what());
  } catch (const std::overflow_error& e) {
    PyErr_SetString(PyExc_OverflowError, e.what());
  } catch (const std::invalid_argument& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  }
}

}  // namespace nd
