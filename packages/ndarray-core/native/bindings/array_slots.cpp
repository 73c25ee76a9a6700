// What is asked of an array most often, subscripts, plain attributes and other shapes, as slots,
// getters and methods of Python's C API: they take half the time of those that nanobind calls.
#include "bindings/convert.hpp"

namespace nd {
namespace {

// 2^64 divided by the golden ratio: multiplying by it spreads small numbers over the high bits.
constexpr uint64_t golden_ratio = 0x9E3779B97F4A7C15;

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
PyObject* dtype_object(DType dtype) {
  static PyObject* members[dtype_count] = {};
  PyObject*& member = members[static_cast<int>(dtype)];
  if (member == nullptr) member = nb::cast(dtype).release().ptr();
  return member;
}

PyObject* dtype_of_array(PyObject* self, void*) noexcept {
  return guarded<PyObject*>(
      nullptr, [&] { return nb::borrow(dtype_object(array_of(self).dtype())).release().ptr(); });
}

// The pair (shape, dtype) of an array. A program has few of them and asks for them all the time, so
// the pairs met last are kept, each at the place that its numbers say.
PyObject* form_object(const Array& x) {
  struct Form {
    Dims shape;
    DType dtype;
    PyObject* pair;
  };
  constexpr int places = 256;
  static Form forms[places] = {};
  uint64_t hash = (static_cast<uint64_t>(x.dtype()) + 1) * golden_ratio;
  for (const int64_t size : x.shape()) hash = (hash ^ static_cast<uint64_t>(size)) * golden_ratio;
  Form& form = forms[hash >> 56];
  if (form.pair == nullptr || form.dtype != x.dtype() || form.shape != x.shape()) {
    const nb::tuple pair = nb::make_tuple(to_tuple(x.shape()), nb::borrow(dtype_object(x.dtype())));
    const nb::object replaced = nb::steal(form.pair);
    form = {x.shape(), x.dtype(), nb::borrow(pair).release().ptr()};
  }
  return form.pair;
}

PyObject* form_of_array(PyObject* self, void*) noexcept {
  return guarded<PyObject*>(
      nullptr, [&] { return nb::borrow(form_object(array_of(self))).release().ptr(); });
}

PyObject* shape_of_array(PyObject* self, void*) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    return nb::borrow(PyTuple_GetItem(form_object(array_of(self)), 0)).release().ptr();
  });
}

template <auto get>
PyObject* getter(PyObject* self, void*) noexcept {
  return new_object([&] { return get(array_of(self)); });
}

PyGetSetDef getters[] = {
    {"shape", shape_of_array, nullptr, "The sizes of the axes.", nullptr},
    {"form", form_of_array, nullptr,
     "The pair (shape, dtype). Arrays that are alike mostly give the same object: compare with "
     "`is` "
     "before `==`.",
     nullptr},
    {"ndim", getter<[](const Array& x) { return x.ndim(); }>, nullptr, "The number of axes.",
     nullptr},
    {"size", getter<[](const Array& x) { return x.size(); }>, nullptr, "The number of elements.",
     nullptr},
    {"dtype", dtype_of_array, nullptr, "The type of the elements.", nullptr},
    {"version", getter<[](const Array& x) { return x.buffer->version.load(); }>, nullptr,
     "Number of writes to the buffer so far.", nullptr},
    {"is_shared", getter<[](const Array& x) { return (x.buffer->references() > 1); }>, nullptr,
     "Whether another array, a view or what this is a view of, has the same buffer.", nullptr},
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

PyObject* versions_of(PyObject*, PyObject* objects) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    if (!PyTuple_Check(objects)) throw nb::type_error("versions_of: expected a tuple");
    const Py_ssize_t count = PyTuple_Size(objects);
    nb::object versions = nb::steal(PyTuple_New(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
      const Array* x = array_or_null(PyTuple_GetItem(objects, i));
      const uint64_t version = x == nullptr ? 0 : x->buffer->version.load();
      PyTuple_SetItem(versions.ptr(), i, PyLong_FromUnsignedLongLong(version));
    }
    return versions.release().ptr();
  });
}

PyMethodDef methods[] = {
    dims_method<reshape>("reshape", "A view where the strides allow it, else a copy."),
    dims_method<[](const Array& x, const Dims& axes) { return x.view(x.layout.permute(axes)); }>(
        "permute", "A view whose axis i is this array's axis axes[i]."),
    dims_method<[](const Array& x, const Dims& shape) {
      return x.view(x.layout.broadcast_to(shape));
    }>("broadcast_to", "A view that repeats elements along axes of size 1 and new leading ones."),
    {"versions_of", versions_of, METH_O | METH_STATIC,
     "The version of each array in a tuple; 0 for what is no array."},
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

const Array* array_or_null(PyObject* object) {
  // Most are no subclass of it, and that is seen at once.
  static PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(nb::type<Array>().ptr());
  if (Py_TYPE(object) != type && !nb::isinstance<Array>(object)) return nullptr;
  return nb::inst_ptr<Array>(nb::handle(object));
}

}  // namespace nd
