// Python values on their way into the core, and back.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <vector>

#include "core/ops.hpp"

namespace nb = nanobind;

namespace nd {

// What Python sees as a device: a name for a backend.
struct Device {
  Backend* backend;
};
// What Python sees as a buffer: a shared reference to one.
struct BufferHandle {
  BufferRef buffer;
};

// A Python number, or nothing if the object is something else. NumPy's scalars count as numbers.
std::optional<Scalar> to_scalar(nb::handle object);
Scalar expect_scalar(nb::handle object, const char* op);
// NotImplemented, so that Python asks the other operand's class; but a NumPy array is refused with
// a clear TypeError, since NumPy would not give one.
nb::object no_operator(nb::handle other, const char* op);
// A DType; or what ndarray_core.dtypes.as_dtype understands ("float32", float, numpy.dtype).
DType to_dtype(nb::handle object);
// A Device or its name.
Backend& to_backend(nb::handle object);

// Sizes or axes: an int, or a sequence of them. TypeError for anything else, ShapeError for more
// than an array can have.
Dims to_dims(nb::handle object);
// Given as separate arguments or as one: reshape(2, 3) and reshape((2, 3)).
Dims to_dims(PyObject* const* arguments, Py_ssize_t count);
nb::tuple to_tuple(const Dims& dims);
// An attribute of one of the package's Python modules, which may import this one.
nb::object python_attribute(const char* module, const char* name);

// The type's name in other libraries: the only two tables of them. dtype_of finds nothing for types
// that do not exist here; buffer_format is null for those that PEP 3118 has no code for.
nb::dlpack::dtype dlpack_type(DType dtype);
std::optional<DType> dtype_of(nb::dlpack::dtype type);
const char* buffer_format(DType dtype);

// Whether elements may be written to: not in memory shared for reading, nor where some repeat.
bool is_writable(const Array& x);
// Keeps a Python object until the buffer's memory is released.
Buffer::Release release_of(nb::handle object);
// An array on the host's memory, owned by whatever `release` lets go of.
Array wrap_memory(Backend& backend, DType dtype, void* first_element, Layout layout, bool readonly,
                  Buffer::Release release);

// A NumPy array on the array's own memory (host devices); owner is kept alive by it.
nb::object numpy_view(const Array& x, nb::handle owner, bool readonly = false);
// The same for any device: the memory itself where it is the host's, else a copy.
nb::object to_numpy(nb::handle self, const Array& x);

// The element that a 0-d or one-element array holds, as a Python number.
nb::object item(const Array& x);

// Subscripts of ints, slices, ... and None turn a layout into that of a view. False, and the layout
// as it was, for keys that hold arrays or lists: those are read in Python (advanced_indexing.py).
bool basic_index(Layout& layout, nb::handle key);

// What NDArray answers without nanobind's help (array_slots.cpp), operators (array_operators.cpp)
// and the buffer protocol (buffer_protocol.cpp) among it.
PyType_Slot* array_slots();
void add_operators(std::vector<PyType_Slot>& slots);
// A Python object of the array, and the array of an object: null if it is something else.
PyObject* new_array(Array&& array);
const Array* array_or_null(PyObject* object);
int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept;
void release_buffer(PyObject* self, Py_buffer* view) noexcept;

// ShapeError becomes ndarray_core.errors.ShapeError, and so on: for nanobind's methods, and for
// slots (errors.cpp).
void translate_error(const std::exception_ptr& exception, void*);
void set_python_error(const std::exception_ptr& exception) noexcept;
// Runs what makes a slot's result; C++ exceptions must not leave it.
template <typename Result, typename Make>
Result guarded(Result failure, Make&& make) noexcept {
  try {
    return make();
  } catch (...) {
    set_python_error(std::current_exception());
    return failure;
  }
}

// What this module was compiled with (build_information.cpp).
nb::dict build_information();

void bind_layout(nb::module_& m);
void bind_array(nb::module_& m);
void bind_exchange(nb::module_& m, nb::class_<Array>& cls);
void bind_functions(nb::module_& m);
void bind_fused(nb::module_& m);
void bind_python_backend(nb::module_& m);

}  // namespace nd

namespace nanobind::detail {

// Dims <-> tuple of ints. A single int stands for a tuple of one, as in zeros(3).
template <>
struct type_caster<nd::Dims> {
  NB_TYPE_CASTER(nd::Dims, const_name("collections.abc.Sequence[int] | int"))

  bool from_python(handle source, uint32_t, cleanup_list*) noexcept {
    try {
      value = nd::to_dims(source);
      return true;
    } catch (...) {  // nanobind then says which types the function takes
      return false;
    }
  }

  static handle from_cpp(const nd::Dims& dims, rv_policy, cleanup_list*) noexcept {
    PyObject* tuple = PyTuple_New(dims.size());
    for (int i = 0; i < dims.size(); ++i) PyTuple_SetItem(tuple, i, PyLong_FromLongLong(dims[i]));
    return tuple;
  }
};

}  // namespace nanobind::detail
