// What is asked of an array most often, subscripts, plain attributes and other shapes, as slots,
// getters and methods of Python's C API: they take half the time of those that nanobind calls.
#include "bindings/convert.hpp"

namespace nd {
namespace {

const Array& array_of(PyObject* self) { return *nb::inst_ptr<Array>(nb::handle(self)); }

template <typename Make>
PyObject* new_object(Make&& make) noexcept {
  return guarded<PyObject*>(nullptr, [&] { return nb::cast(make()).release().ptr(); });
}

PyObject* subscript(PyObject* self, PyObject* key) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    Array view = array_of(self);
    if (basic_index(view.layout, key)) return new_array(std::move(view));
    const nb::object getitem = python_attribute("ndarray_core.advanced_indexing", "getitem");
    return getitem(nb::handle(self), nb::handle(key)).release().ptr();
  });
}

// Makes it a sequence for iter().
PyObject* element(PyObject* self, Py_ssize_t i) noexcept {
  return new_object([&] {
    const Array& x = array_of(self);
    if (x.ndim() == 0) throw nb::type_error("a 0-d array has no elements to index");
    return x.view(x.layout.index(0, i));
  });
}

void set_item(nb::handle self, nb::handle key, nb::handle value) {
  Array target = array_of(self.ptr());
  if (!basic_index(target.layout, key)) {
    python_attribute("ndarray_core.advanced_indexing", "setitem")(self, key, value);
  } else if (nb::isinstance<Array>(value)) {
    assign(target, *nb::inst_ptr<Array>(value));
  } else if (const auto scalar = to_scalar(value)) {
    fill(target, *scalar);
  } else {
    const nb::object array = python_attribute("ndarray_core.creation", "asarray")(
        value, nb::arg("device") = Device{&target.device()});
    assign(target, nb::cast<const Array&>(array));
  }
}

int assign_subscript(PyObject* self, PyObject* key, PyObject* value) noexcept {
  return guarded(-1, [&] {
    if (value == nullptr) throw nb::type_error("the elements of an array cannot be deleted");
    set_item(self, key, value);
    return 0;
  });
}

Array transposed_matrix(const Array& x) {
  if (x.ndim() != 2)
    throw ShapeError(message("T: shape ", x.shape(), " is no matrix; use mT or permute"));
  return x.view(x.layout.swap_axes(0, 1));
}

Array transposed_matrices(const Array& x) {
  if (x.ndim() < 2)
    throw ShapeError(message("mT: shape ", x.shape(), " has fewer than two dimensions"));
  return x.view(x.layout.swap_axes(x.ndim() - 2, x.ndim() - 1));
}

// Python's members of the enum, looked up once: they live as long as the process.
PyObject* dtype_of_array(PyObject* self, void*) noexcept {
  static PyObject* members[dtype_count] = {};
  return guarded<PyObject*>(nullptr, [&] {
    const DType dtype = array_of(self).dtype();
    PyObject*& member = members[static_cast<int>(dtype)];
    if (member == nullptr) member = nb::cast(dtype).release().ptr();
    Py_INCREF(member);
    return member;
  });
}

template <auto get>
PyObject* getter(PyObject* self, void*) noexcept {
  return new_object([&] { return get(array_of(self)); });
}

PyGetSetDef getters[] = {
    {"shape", getter<[](const Array& x) { return to_tuple(x.shape()); }>, nullptr,
     "The sizes of the axes.", nullptr},
    {"ndim", getter<[](const Array& x) { return x.ndim(); }>, nullptr, "The number of axes.",
     nullptr},
    {"size", getter<[](const Array& x) { return x.size(); }>, nullptr, "The number of elements.",
     nullptr},
    {"dtype", dtype_of_array, nullptr, "The type of the elements.", nullptr},
    {"version", getter<[](const Array& x) { return x.buffer->version.load(); }>, nullptr,
     "Number of writes to the buffer so far.", nullptr},
    {"T", getter<transposed_matrix>, nullptr, "The transposed matrix, as a view.", nullptr},
    {"mT", getter<transposed_matrices>, nullptr, "The last two axes exchanged, as a view.",
     nullptr},
    {},
};

template <auto view>
PyObject* method_of_dims(PyObject* self, PyObject* const* arguments, Py_ssize_t count) noexcept {
  return new_object([&] { return view(array_of(self), to_dims(arguments, count)); });
}

template <auto view>
PyMethodDef dims_method(const char* name, const char* documentation) {
  const auto function = reinterpret_cast<void (*)()>(&method_of_dims<view>);
  return {name, reinterpret_cast<PyCFunction>(function), METH_FASTCALL, documentation};
}

PyMethodDef methods[] = {
    dims_method<reshape>("reshape", "A view where the strides allow it, else a copy."),
    dims_method<[](const Array& x, const Dims& axes) { return x.view(x.layout.permute(axes)); }>(
        "permute", "A view whose axis i is this array's axis axes[i]."),
    dims_method<[](const Array& x, const Dims& shape) {
      return x.view(x.layout.broadcast_to(shape));
    }>("broadcast_to", "A view that repeats elements along axes of size 1 and new leading ones."),
    {},
};

}  // namespace

PyType_Slot* array_slots() {
  static std::vector<PyType_Slot> slots = [] {
    std::vector<PyType_Slot> all = {
        {Py_sq_item, reinterpret_cast<void*>(&element)},
        {Py_mp_subscript, reinterpret_cast<void*>(&subscript)},
        {Py_mp_ass_subscript, reinterpret_cast<void*>(&assign_subscript)},
        {Py_tp_getset, getters},
        {Py_tp_methods, methods},
        {Py_bf_getbuffer, reinterpret_cast<void*>(&get_buffer)},
        {Py_bf_releasebuffer, reinterpret_cast<void*>(&release_buffer)},
    };
    add_operators(all);
    all.push_back({0, nullptr});
    return all;
  }();
  return slots.data();
}

PyObject* new_array(Array&& array) {
  static PyObject* const type = nb::type<Array>().ptr();
  nb::object object = nb::inst_alloc(type);
  new (nb::inst_ptr<Array>(object)) Array(std::move(array));
  nb::inst_mark_ready(object);
  return object.release().ptr();
}

}  // namespace nd
