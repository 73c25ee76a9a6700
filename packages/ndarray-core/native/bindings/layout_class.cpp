// Layout and Buffer as Python classes: to inspect, to test, to play with.
#include "bindings/convert.hpp"

namespace nd {

void bind_layout(nb::module_& m) {
  nb::class_<Layout>(
      m, "Layout",
      "Where the elements of an array lie: shape, strides and offset, in elements.\n\n"
      "Immutable. Every method returns a new layout of the same memory.")
      .def(
          "__init__",
          [](Layout* self, nb::handle sizes, const std::optional<Dims>& strides, int64_t offset) {
            const Dims shape = to_dims(sizes);
            size_of(shape);
            if (strides && strides->size() != shape.size()) {
              throw ShapeError(message("Layout: shape ", shape, " and strides ", *strides,
                                       " must have equally many entries"));
            }
            Layout layout(shape);
            new (self) Layout(shape, strides ? *strides : layout.strides, offset);
          },
          nb::arg("shape"), nb::arg("strides") = nb::none(), nb::arg("offset") = 0,
          nb::sig("def __init__(self, shape: collections.abc.Sequence[int] | int, strides: "
                  "collections.abc.Sequence[int] | int | None = None, offset: int = 0) -> None"))
      .def_prop_ro(
          "shape", [](const Layout& x) { return to_tuple(x.shape); },
          nb::sig("def shape(self, /) -> tuple[int, ...]"))
      .def_prop_ro(
          "strides", [](const Layout& x) { return to_tuple(x.strides); },
          nb::sig("def strides(self, /) -> tuple[int, ...]"))
      .def_prop_ro("offset", [](const Layout& x) { return x.offset; })
      .def_prop_ro("ndim", [](const Layout& x) { return x.ndim(); })
      .def_prop_ro("size", &Layout::size)
      .def("is_contiguous", &Layout::is_contiguous, "Whether the elements lie dense and row-major.")
      .def("has_repeats", &Layout::has_repeats, "Whether two indices may reach one element.")
      .def(
          "extent",
          [](const Layout& x) -> nb::object {
            if (x.size() == 0) return nb::none();
            const auto extent = x.extent();
            return nb::make_tuple(extent.first, extent.last);
          },
          nb::sig("def extent(self) -> tuple[int, int] | None"),
          "First and last element position used.")
      .def(
          "index",
          [](const Layout& x, int64_t axis, int64_t i) {
            return x.index(x.normalize_axis(axis, "index"), i);
          },
          nb::arg("axis"), nb::arg("i"))
      .def(
          "slice",
          [](const Layout& x, int64_t axis, int64_t start, int64_t length, int64_t step) {
            return x.slice(x.normalize_axis(axis, "slice"), start, length, step);
          },
          nb::arg("axis"), nb::arg("start"), nb::arg("length"), nb::arg("step") = 1)
      .def(
          "expand_dims",
          [](const Layout& x, int64_t axis) {
            return x.expand_dims(Layout(Dims(x.ndim() + 1, 1)).normalize_axis(axis, "expand_dims"));
          },
          nb::arg("axis"))
      .def(
          "squeeze",
          [](const Layout& x, const Dims& axes) {
            return x.squeeze(x.normalize_axes(axes, "squeeze"));
          },
          nb::arg("axes"))
      .def("permute", &Layout::permute, nb::arg("axes"))
      .def(
          "flip",
          [](const Layout& x, const Dims& axes) { return x.flip(x.normalize_axes(axes, "flip")); },
          nb::arg("axes"))
      .def("broadcast_to", &Layout::broadcast_to, nb::arg("shape"))
      .def("reshape", &Layout::reshape, nb::arg("shape"),
           "The reshaped view, or None when that needs a copy.")
      .def(
          "windows",
          [](const Layout& x, int64_t axis, int64_t size, int64_t step, int64_t dilation) {
            return x.windows(x.normalize_axis(axis, "windows"), size, step, dilation);
          },
          nb::arg("axis"), nb::arg("size"), nb::arg("step") = 1, nb::arg("dilation") = 1)
      .def(
          "diagonal",
          [](const Layout& x, int64_t offset, int64_t axis1, int64_t axis2) {
            return x.diagonal(offset, x.normalize_axis(axis1, "diagonal"),
                              x.normalize_axis(axis2, "diagonal"));
          },
          nb::arg("offset") = 0, nb::arg("axis1") = -2, nb::arg("axis2") = -1)
      .def(
          "__getitem__",
          [](const Layout& x, nb::handle key) {
            Layout result = x;
            if (basic_index(result, key)) return result;
            throw nb::type_error("a layout is indexed by ints, slices, ... and None");
          },
          nb::arg("key").none())
      .def(
          "__eq__",
          [](const Layout& x, nb::handle other) {
            return nb::isinstance<Layout>(other) && x == nb::cast<const Layout&>(other);
          },
          nb::arg("other").none(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__",
           [](const Layout& x) {
             return nb::hash(nb::make_tuple(to_tuple(x.shape), to_tuple(x.strides), x.offset));
           })
      .def("__repr__", [](const Layout& x) {
        return message("Layout(shape=", x.shape, ", strides=", x.strides, ", offset=", x.offset,
                       ")");
      });

  nb::class_<BufferHandle>(
      m, "Buffer", "Flat memory of one element type on one device, shared by all views of it.")
      .def_prop_ro(
          "size", [](const BufferHandle& b) { return b.buffer->size; }, "Number of elements.")
      .def_prop_ro("nbytes", [](const BufferHandle& b) { return b.buffer->nbytes(); })
      .def_prop_ro("dtype", [](const BufferHandle& b) { return b.buffer->dtype; })
      .def_prop_ro("device", [](const BufferHandle& b) { return Device{&b.buffer->device}; })
      .def_prop_ro(
          "address",
          [](const BufferHandle& b) { return reinterpret_cast<uintptr_t>(b.buffer->data); })
      .def_prop_ro(
          "readonly", [](const BufferHandle& b) { return b.buffer->readonly; },
          "Whether this is memory of another library that may only be read.")
      .def_prop_ro(
          "version", [](const BufferHandle& b) { return b.buffer->version.load(); },
          "Number of writes so far through arrays on this buffer.")
      .def(
          "__eq__",
          [](const BufferHandle& a, nb::handle other) {
            return nb::isinstance<BufferHandle>(other) &&
                   a.buffer.get() == nb::cast<const BufferHandle&>(other).buffer.get();
          },
          nb::arg("other").none(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__",
           [](const BufferHandle& b) { return reinterpret_cast<uintptr_t>(b.buffer.get()) >> 4; })
      .def("__repr__", [](const BufferHandle& b) {
        return message("Buffer(size=", b.buffer->size, ", dtype=", name_of(b.buffer->dtype),
                       ", device='", b.buffer->device.name, "'",
                       b.buffer->readonly ? ", readonly=True)" : ")");
      });
}

}  // namespace nd
