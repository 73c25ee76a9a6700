// The operators of NDArray, as slots of Python's C API: from `a + b` it is one step to the checked
// operation. On small arrays a method that Python looks up and nanobind calls takes longer than the
// addition.
#include "bindings/convert.hpp"

namespace nd {
namespace {

PyObject* refuse(PyObject* operand, const char* op) {
  return no_operator(operand, op).release().ptr();
}

// One operand is an array; the other may be a number. For anything else Python asks the other
// operand's class.
template <BinaryOp op>
PyObject* operate(PyObject* a, PyObject* b) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Array* x = array_or_null(a);
    const Array* y = array_or_null(b);
    if (x && y) return new_array(binary(op, *x, *y));
    if (const auto scalar = to_scalar(x ? b : a)) {
      return new_array(x ? binary(op, *x, *scalar) : binary(op, *scalar, *y));
    }
    return refuse(x ? b : a, name_of(op));
  });
}

template <BinaryOp op>
PyObject* operate_in_place(PyObject* self, PyObject* other) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Array& x = *array_or_null(self);
    if (const Array* y = array_or_null(other)) {
      binary_in_place(op, x, *y);
    } else if (const auto scalar = to_scalar(other)) {
      binary_in_place(op, x, *scalar);
    } else {
      return refuse(other, name_of(op));
    }
    return nb::borrow(self).release().ptr();
  });
}

// pow(x, y, modulus) is not defined for arrays.
template <auto operate>
PyObject* without_modulus(PyObject* a, PyObject* b, PyObject* modulus) noexcept {
  if (modulus == Py_None) return operate(a, b);
  return nb::borrow(Py_NotImplemented).release().ptr();
}

PyObject* matrix_product(PyObject* a, PyObject* b) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Array* x = array_or_null(a);
    const Array* y = array_or_null(b);
    return x && y ? new_array(matmul(*x, *y)) : refuse(x ? b : a, "matmul");
  });
}

PyObject* matrix_product_in_place(PyObject* self, PyObject* other) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Array& x = *array_or_null(self);
    const Array* y = array_or_null(other);
    if (y == nullptr) return refuse(other, "matmul");
    assign(x, matmul(x, *y));
    return nb::borrow(self).release().ptr();
  });
}

template <UnaryOp op>
PyObject* operate(PyObject* self) noexcept {
  return guarded<PyObject*>(nullptr, [&] { return new_array(unary(op, *array_or_null(self))); });
}

PyObject* itself(PyObject* self) noexcept {
  return guarded<PyObject*>(nullptr, [&] { return new_array(Array(*array_or_null(self))); });
}

PyObject* compare(PyObject* a, PyObject* b, int comparison) noexcept {
  switch (comparison) {
    case Py_LT:
      return operate<BinaryOp::less>(a, b);
    case Py_LE:
      return operate<BinaryOp::less_equal>(a, b);
    case Py_GT:
      return operate<BinaryOp::greater>(a, b);
    case Py_GE:
      return operate<BinaryOp::greater_equal>(a, b);
    default:
      break;
  }
  if (PyList_Check(b) || PyTuple_Check(b)) {
    // Python would answer a comparison that nobody takes by identity.
    PyErr_Format(PyExc_TypeError,
                 "%s: the other operand is a %s; convert it with asarray(...) first",
                 comparison == Py_EQ ? "equal" : "not_equal", PyList_Check(b) ? "list" : "tuple");
    return nullptr;
  }
  return comparison == Py_EQ ? operate<BinaryOp::equal>(a, b) : operate<BinaryOp::not_equal>(a, b);
}

template <typename Function>
PyType_Slot slot(int id, Function function) {
  return {id, reinterpret_cast<void*>(function)};
}

}  // namespace

void add_operators(std::vector<PyType_Slot>& slots) {
#define ND_SLOT(name, op)                                      \
  slots.push_back(slot(Py_nb_##name, &operate<BinaryOp::op>)); \
  slots.push_back(slot(Py_nb_inplace_##name, &operate_in_place<BinaryOp::op>));
  ND_SLOT(add, add)
  ND_SLOT(subtract, subtract)
  ND_SLOT(multiply, multiply)
  ND_SLOT(true_divide, divide)
  ND_SLOT(floor_divide, floor_divide)
  ND_SLOT(remainder, remainder)
  ND_SLOT(and, bitwise_and)
  ND_SLOT(or, bitwise_or)
  ND_SLOT(xor, bitwise_xor)
  ND_SLOT(lshift, bitwise_left_shift)
  ND_SLOT(rshift, bitwise_right_shift)
#undef ND_SLOT
  slots.push_back(slot(Py_nb_power, &without_modulus<&operate<BinaryOp::pow>>));
  slots.push_back(slot(Py_nb_inplace_power, &without_modulus<&operate_in_place<BinaryOp::pow>>));
  slots.push_back(slot(Py_nb_matrix_multiply, &matrix_product));
  slots.push_back(slot(Py_nb_inplace_matrix_multiply, &matrix_product_in_place));
  slots.push_back(slot(Py_nb_negative, &operate<UnaryOp::negative>));
  slots.push_back(slot(Py_nb_positive, &itself));
  slots.push_back(slot(Py_nb_absolute, &operate<UnaryOp::absolute>));
  slots.push_back(slot(Py_nb_invert, &operate<UnaryOp::bitwise_invert>));
  slots.push_back(slot(Py_tp_richcompare, &compare));
}

}  // namespace nd
