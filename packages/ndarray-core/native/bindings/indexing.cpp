// x[2, ..., None, ::-1]: subscripts that are answered by a view.
#include "bindings/convert.hpp"

namespace nd {
namespace {

enum class KeyKind { integer, slice, ellipsis, new_axis, advanced };

KeyKind kind_of_key(PyObject* key) {
  if (PyLong_Check(key) && !PyBool_Check(key)) return KeyKind::integer;
  if (PySlice_Check(key)) return KeyKind::slice;
  if (key == Py_Ellipsis) return KeyKind::ellipsis;
  if (key == Py_None) return KeyKind::new_axis;
  // NumPy integers; an array of ours has __index__ too, but is read as an array.
  if (PyIndex_Check(key) && !PyBool_Check(key) && !nb::isinstance<Array>(key) &&
      !nb::hasattr(key, "__len__")) {
    return KeyKind::integer;
  }
  return KeyKind::advanced;
}

void apply_slice(Layout& layout, int axis, PyObject* key) {
  Py_ssize_t start, stop, step;
  if (PySlice_Unpack(key, &start, &stop, &step) < 0) throw nb::python_error();
  const Py_ssize_t length = PySlice_AdjustIndices(layout.shape[axis], &start, &stop, step);
  layout = layout.slice(axis, start, length, step);
}

}  // namespace

bool basic_index(Layout& layout, nb::handle key) {
  const bool is_tuple = PyTuple_Check(key.ptr());
  const int count = is_tuple ? static_cast<int>(PyTuple_Size(key.ptr())) : 1;
  int consumed = 0, ellipses = 0;
  for (int i = 0; i < count; ++i) {
    switch (kind_of_key(is_tuple ? PyTuple_GetItem(key.ptr(), i) : key.ptr())) {
      case KeyKind::advanced:
        return false;
      case KeyKind::ellipsis:
        ++ellipses;
        break;
      case KeyKind::new_axis:
        break;
      default:
        ++consumed;
    }
  }
  if (ellipses > 1) throw IndexError("an index can have only one ellipsis (...)");
  if (consumed > layout.ndim()) {
    throw IndexError(message("too many indices: shape ", layout.shape, " has ", layout.ndim(),
                             " dimensions, but ", consumed, " were indexed"));
  }

  const int whole_axes = layout.ndim() - consumed;  // what an ellipsis stands for
  int axis = 0;
  for (int i = 0; i < count; ++i) {
    PyObject* element = is_tuple ? PyTuple_GetItem(key.ptr(), i) : key.ptr();
    switch (kind_of_key(element)) {
      case KeyKind::integer: {
        const Py_ssize_t position = PyNumber_AsSsize_t(element, PyExc_IndexError);
        if (position == -1 && PyErr_Occurred()) throw nb::python_error();
        layout = layout.index(axis, position);
        break;
      }
      case KeyKind::slice:
        apply_slice(layout, axis++, element);
        break;
      case KeyKind::new_axis:
        layout = layout.expand_dims(axis++);
        break;
      default:  // the ellipsis
        axis += whole_axes;
    }
  }
  return true;
}

}  // namespace nd
