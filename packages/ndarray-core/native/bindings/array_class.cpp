// NDArray as a Python class: what of it is not in slots (array_slots.cpp, array_operators.cpp). A
// method is one call from here to the checked operation and from there to the backend; nothing in
// between is Python.
#include "bindings/convert.hpp"

namespace nd {
namespace {

const Dims* pointer(const std::optional<Dims>& axes) { return axes ? &*axes : nullptr; }

}  // namespace

void bind_array(nb::module_& m) {
  nb::class_<Array> cls(m, "NDArray",
                        "A strided N-dimensional array: a Buffer seen through a Layout.",
                        nb::type_slots(array_slots()));

  cls.def_prop_ro("device", [](const Array& x) { return Device{&x.device()}; })
      .def_prop_ro(
          "strides", [](const Array& x) { return to_tuple(x.strides()); },
          nb::sig("def strides(self, /) -> tuple[int, ...]"), "In elements.")
      .def_prop_ro("itemsize", [](const Array& x) { return itemsize(x.dtype()); })
      .def_prop_ro(
          "nbytes",
          [](const Array& x) { return static_cast<size_t>(x.size()) * itemsize(x.dtype()); })
      .def_prop_ro("layout", [](const Array& x) { return x.layout; })
      .def_prop_ro("buffer", [](const Array& x) { return BufferHandle{x.buffer}; });

  // Numbers and sequences.
  cls.def("item", &item, nb::sig("def item(self) -> bool | int | float | complex"),
          "The only element, as a Python number.")
      .def("__bool__",
           [](const Array& x) {
             if (x.size() != 1)
               throw std::invalid_argument(message("the truth value of an array of shape ",
                                                   x.shape(), " is ambiguous; use any() or all()"));
             return nb::cast<bool>(nb::bool_(item(x)));
           })
      .def("__int__", [](const Array& x) { return nb::int_(item(x)); })
      .def("__float__", [](const Array& x) { return nb::float_(item(x)); })
      .def(
          "__complex__",
          [](const Array& x) { return python_attribute("builtins", "complex")(item(x)); },
          nb::sig("def __complex__(self) -> complex"))
      .def("__index__",
           [](const Array& x) {
             if (!is_integer(x.dtype()) || x.ndim() != 0)
               throw nb::type_error("only a 0-d integer array can be an index");
             return nb::int_(item(x));
           })
      .def(
          "__contains__",
          [](const Array& x, nb::handle value) {
            const auto scalar = to_scalar(value);
            if (scalar && scalar->kind != Kind::floating && !fits(*scalar, x.dtype())) return false;
            if (!scalar && !nb::isinstance<Array>(value)) {
              throw nb::type_error(message("in: looks for a number or an array, not ",
                                           nb::type_name(value.type()).c_str())
                                       .c_str());
            }
            const Array equal = scalar ? binary(BinaryOp::equal, x, *scalar)
                                       : binary(BinaryOp::equal, x, *nb::inst_ptr<Array>(value));
            const Array any = reduce(ReduceOp::any, equal, nullptr, false);
            return nb::cast<bool>(item(any));
          },
          nb::arg("value").none(), nb::sig("def __contains__(self, value: object, /) -> bool"),
          "Whether some element equals the number, or the element at its place of an array that "
          "broadcasts.")
      .def("__len__",
           [](const Array& x) {
             if (x.ndim() == 0) throw nb::type_error("a 0-d array has no length");
             return x.shape()[0];
           })
      .def(
          "__iter__",
          [](nb::handle self) {
            if (nb::inst_ptr<Array>(self)->ndim() == 0)
              throw nb::type_error("a 0-d array cannot be iterated");
            return nb::steal(PySeqIter_New(self.ptr()));
          },
          nb::sig("def __iter__(self) -> collections.abc.Iterator[NDArray]"))
      .def(
          "tolist",
          [](nb::handle self) {
            return to_numpy(self, *nb::inst_ptr<Array>(self)).attr("tolist")();
          },
          nb::sig("def tolist(self) -> typing.Any"), "Nested lists of Python numbers.")
      .def(
          "__repr__",
          [](nb::handle self) {
            return python_attribute("ndarray_core.printing", "array_repr")(self);
          },
          nb::sig("def __repr__(self) -> str"))
      .def(
          "__str__",
          [](nb::handle self) {
            return python_attribute("ndarray_core.printing", "array_str")(self);
          },
          nb::sig("def __str__(self) -> str"))
      .def(
          "__format__",
          [](nb::handle self, nb::handle spec) {
            return python_attribute("ndarray_core.printing", "array_format")(self, spec);
          },
          nb::arg("spec"), nb::sig("def __format__(self, spec: str, /) -> str"));

  bind_exchange(m, cls);

  // Element types, devices and copies.
  cls.def(
         "astype",
         [](const Array& x, nb::handle dtype, bool always_copy) {
           return astype(x, to_dtype(dtype), always_copy);
         },
         nb::arg("dtype"), nb::kw_only(), nb::arg("copy") = true,
         nb::sig("def astype(self, dtype: typing.Any, *, copy: bool = True) -> NDArray"),
         "Elements converted to another type. Without copy, the array itself when it has the type "
         "already.")
      .def(
          "to_device",
          [](const Array& x, nb::handle device, nb::handle stream) {
            if (!stream.is_none()) {
              throw std::invalid_argument(message("to_device: '", to_backend(device).name,
                                                  "' has no streams; drop stream="));
            }
            return to_device(x, to_backend(device));
          },
          nb::arg("device"), nb::kw_only(), nb::arg("stream") = nb::none(),
          nb::sig(
              "def to_device(self, device: Device | str, /, *, stream: None = None) -> NDArray"),
          "The array on another device; itself when it is there already. ValueError for a stream.")
      .def(
          "copy", [](const Array& x) { return copy(x); }, "A dense copy.")
      .def(
          "contiguous", [](const Array& x) { return contiguous(x); },
          "The array itself when it is dense and row-major, else a copy.")
      .def("is_contiguous", [](const Array& x) { return x.layout.is_contiguous(); })
      .def(
          "fill",
          [](nb::handle self, nb::handle value) {
            fill(*nb::inst_ptr<Array>(self), expect_scalar(value, "fill"));
            return nb::borrow(self);
          },
          nb::arg("value"),
          nb::sig("def fill(self, value: bool | int | float | complex) -> NDArray"),
          "Writes one number to every element.");

  // Views.
  cls.def(
         "view", [](const Array& x, nb::handle dtype) { return view_as(x, to_dtype(dtype)); },
         nb::arg("dtype"), nb::sig("def view(self, dtype: typing.Any) -> NDArray"),
         "The same memory, read as elements of another type. Where they have another size, the "
         "last axis, whose elements lie side by side then, changes its length; ShapeError where "
         "they do not fit.")
      .def(
          "transpose",
          [](const Array& x, int64_t axis0, int64_t axis1) {
            const int a = x.layout.normalize_axis(axis0, "transpose"),
                      b = x.layout.normalize_axis(axis1, "transpose");
            return x.view(x.layout.swap_axes(a, b));
          },
          nb::arg("axis0"), nb::arg("axis1"))
      .def(
          "flip",
          [](const Array& x, const std::optional<Dims>& axis) {
            if (axis) return x.view(x.layout.flip(x.layout.normalize_axes(*axis, "flip")));
            Dims all;
            for (int i = 0; i < x.ndim(); ++i) all.push_back(i);
            return x.view(x.layout.flip(all));
          },
          nb::arg("axis") = nb::none())
      .def(
          "squeeze",
          [](const Array& x, const std::optional<Dims>& axis) {
            if (axis) return x.view(x.layout.squeeze(x.layout.normalize_axes(*axis, "squeeze")));
            Dims ones;
            for (int i = 0; i < x.ndim(); ++i) {
              if (x.shape()[i] == 1) ones.push_back(i);
            }
            return x.view(x.layout.squeeze(ones));
          },
          nb::arg("axis") = nb::none())
      .def(
          "expand_dims",
          [](const Array& x, int64_t axis) {
            if (axis < -x.ndim() - 1 || axis > x.ndim()) {
              throw IndexError(
                  message("expand_dims: axis ", axis, " is out of range for shape ", x.shape()));
            }
            return x.view(
                x.layout.expand_dims(static_cast<int>(axis < 0 ? axis + x.ndim() + 1 : axis)));
          },
          nb::arg("axis"))
      .def(
          "windows",
          [](const Array& x, int64_t axis, int64_t size, int64_t step, int64_t dilation) {
            return x.view(
                x.layout.windows(x.layout.normalize_axis(axis, "windows"), size, step, dilation));
          },
          nb::arg("axis"), nb::arg("size"), nb::arg("step") = 1, nb::arg("dilation") = 1,
          "Sliding windows along an axis, as a view with one more axis at the end.")
      .def(
          "diagonal",
          [](const Array& x, int64_t offset, int64_t axis1, int64_t axis2) {
            return x.view(x.layout.diagonal(offset, x.layout.normalize_axis(axis1, "diagonal"),
                                            x.layout.normalize_axis(axis2, "diagonal")));
          },
          nb::arg("offset") = 0, nb::arg("axis1") = -2, nb::arg("axis2") = -1);

  // Reductions.
#define ND_BIND_REDUCTION(name)                                            \
  cls.def(                                                                 \
      #name,                                                               \
      [](const Array& x, const std::optional<Dims>& axis, bool keepdims) { \
        return reduce(ReduceOp::name, x, pointer(axis), keepdims);         \
      },                                                                   \
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false);
  ND_BIND_REDUCTION(sum)
  ND_BIND_REDUCTION(prod)
  ND_BIND_REDUCTION(max)
  ND_BIND_REDUCTION(min)
  ND_BIND_REDUCTION(any)
  ND_BIND_REDUCTION(all)
#undef ND_BIND_REDUCTION
  cls.def(
      "mean",
      [](const Array& x, const std::optional<Dims>& axis, bool keepdims) {
        return mean(x, pointer(axis), keepdims);
      },
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false);
#define ND_BIND_ARG_REDUCTION(name)                                                 \
  cls.def(                                                                          \
      #name,                                                                        \
      [](const Array& x, std::optional<int64_t> axis, bool keepdims) {              \
        return arg_reduce(ArgReduceOp::name, x, axis ? &*axis : nullptr, keepdims); \
      },                                                                            \
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false);
  ND_BIND_ARG_REDUCTION(argmax)
  ND_BIND_ARG_REDUCTION(argmin)
#undef ND_BIND_ARG_REDUCTION

  // Elements are compared, so arrays are no keys; and NumPy leaves mixed operators to us, which
  // refuse.
  cls.attr("__hash__") = nb::none();
  cls.attr("__array_ufunc__") = nb::none();
}

}  // namespace nd
