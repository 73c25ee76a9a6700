// Memory shared with other libraries: NumPy's arrays, and DLPack's capsules in both directions
// (https://dmlc.github.io/dlpack/latest/python_spec.html).
#include <memory>

#include "bindings/convert.hpp"

namespace nd {
namespace {

// nanobind has DLPack's tensor, but keeps what wraps it to itself.
struct DlpackVersion {
  uint32_t major, minor;
};
struct ManagedTensor {  // before 1.0
  nb::dlpack::dltensor tensor;
  void* context;
  void (*deleter)(ManagedTensor*);

  static constexpr const char *name = "dltensor", *used_name = "used_dltensor";
};
struct ManagedTensorVersioned {  // from 1.0 on
  DlpackVersion version;
  void* context;
  void (*deleter)(ManagedTensorVersioned*);
  uint64_t flags;
  nb::dlpack::dltensor tensor;

  static constexpr const char *name = "dltensor_versioned", *used_name = "used_dltensor_versioned";
};
constexpr DlpackVersion our_version{1, 1};
constexpr uint64_t flag_read_only = 1, flag_is_copied = 2;

// What a capsule of ours points to: it keeps the buffer, and lends out the layout's own numbers.
template <typename Managed>
struct Export {
  Managed managed;
  Array array;
};

template <typename Managed>
nb::object export_capsule(const Array& x, bool is_copied) {
  auto exported = std::make_unique<Export<Managed>>(Export<Managed>{{}, x});
  Managed& managed = exported->managed;
  Layout& layout = exported->array.layout;
  managed.tensor.data = x.data();
  managed.tensor.device = {nb::device::cpu::value, 0};
  managed.tensor.ndim = x.ndim();
  managed.tensor.dtype = dlpack_type(x.dtype());
  managed.tensor.shape = layout.shape.begin();
  managed.tensor.strides = layout.strides.begin();
  managed.context = exported.get();
  managed.deleter = [](Managed* self) { delete static_cast<Export<Managed>*>(self->context); };
  if constexpr (std::is_same_v<Managed, ManagedTensorVersioned>) {
    managed.version = our_version;
    managed.flags = (is_writable(x) ? 0 : flag_read_only) | (is_copied ? flag_is_copied : 0);
  }
  PyObject* capsule = PyCapsule_New(&managed, Managed::name, [](PyObject* unused) {
    if (!PyCapsule_IsValid(unused, Managed::name)) return;  // a consumer has renamed it
    auto* owned = static_cast<Managed*>(PyCapsule_GetPointer(unused, Managed::name));
    owned->deleter(owned);
  });
  if (capsule == nullptr) throw nb::python_error();
  exported.release();
  return nb::steal(capsule);
}

// A pair of ints such as (1, 0), which may be members of an enum.
std::pair<int64_t, int64_t> to_pair(nb::handle object, const char* name) {
  const auto fail = [&]() {
    return nb::type_error(message("__dlpack__: ", name, " is a tuple of two ints or None, not ",
                                  nb::repr(object).c_str())
                              .c_str());
  };
  if (!PyTuple_Check(object.ptr()) || PyTuple_Size(object.ptr()) != 2) throw fail();
  int64_t values[2];
  for (int i = 0; i < 2; ++i) {
    nb::object number = nb::steal(PyNumber_Long(PyTuple_GetItem(object.ptr(), i)));
    if (!number.is_valid()) {
      PyErr_Clear();
      throw fail();
    }
    values[i] = PyLong_AsLongLong(number.ptr());
    if (values[i] == -1 && PyErr_Occurred()) {
      PyErr_Clear();
      throw fail();
    }
  }
  return {values[0], values[1]};
}

nb::object dlpack(const Array& x, nb::handle stream, nb::handle max_version, nb::handle dl_device,
                  nb::handle copy_argument) {
  if (!stream.is_none()) {
    throw nb::value_error("__dlpack__: the host's memory has no streams; stream must be None");
  }
  if (!dl_device.is_none()) {
    const auto [type, number] = to_pair(dl_device, "dl_device");
    if (type != nb::device::cpu::value || number != 0) {
      throw nb::buffer_error(message("__dlpack__: the array is on '", x.device().name,
                                     "', the host's memory (1, 0), and cannot be exported to (",
                                     type, ", ", number, ")")
                                 .c_str());
    }
  }
  if (!copy_argument.is_none() && !PyBool_Check(copy_argument.ptr()))
    throw nb::type_error("__dlpack__: copy is True, False or None");
  const bool to_copy = copy_argument.ptr() == Py_True;
  const bool versioned =
      !max_version.is_none() && to_pair(max_version, "max_version").first >= our_version.major;
  const Array source = to_copy ? copy(x) : x;
  if (versioned) return export_capsule<ManagedTensorVersioned>(source, to_copy);
  if (source.buffer->readonly) {
    throw nb::buffer_error(
        "__dlpack__: the array's memory is read-only, which DLPack can say from version 1.0 on: "
        "ask with max_version=(1, 0), or with copy=True");
  }
  return export_capsule<ManagedTensor>(source, to_copy);
}

template <typename Managed>
Array import_capsule(nb::handle capsule, Backend& backend) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), Managed::name));
  bool readonly = true;  // before 1.0 nobody could say, and JAX's arrays never change
  if constexpr (std::is_same_v<Managed, ManagedTensorVersioned>) {
    if (managed->version.major != our_version.major) {
      throw nb::buffer_error(message("from_dlpack: the other library exports version ",
                                     managed->version.major, ".", managed->version.minor,
                                     " of DLPack; this one reads 1.x")
                                 .c_str());
    }
    readonly = managed->flags & flag_read_only;
  }
  const nb::dlpack::dltensor& tensor = managed->tensor;
  if (tensor.device.device_type != nb::device::cpu::value) {
    throw nb::buffer_error(message("from_dlpack: the memory is on DLPack's device (",
                                   tensor.device.device_type, ", ", tensor.device.device_id,
                                   "), and not on the host's, (1, 0); move it there first")
                               .c_str());
  }
  const auto dtype = dtype_of(tensor.dtype);
  if (!dtype) {
    throw DTypeError(message("from_dlpack: no element type here is DLPack's code ",
                             int(tensor.dtype.code), " of ", int(tensor.dtype.bits), " bits and ",
                             tensor.dtype.lanes, " lanes; convert it there first"));
  }
  Layout layout;
  for (int i = 0; i < tensor.ndim; ++i) layout.shape.push_back(tensor.shape[i]);
  size_of(layout.shape);  // refuses negative sizes
  layout = Layout(layout.shape);
  if (tensor.strides != nullptr) std::copy_n(tensor.strides, tensor.ndim, layout.strides.begin());
  char* data = static_cast<char*>(tensor.data) + tensor.byte_offset;
  const size_t alignment = dispatch(*dtype, []<typename T>() { return alignof(T); });
  if (layout.size() > 0 && reinterpret_cast<uintptr_t>(data) % alignment != 0) {
    throw nb::buffer_error(message("from_dlpack: elements of ", name_of(*dtype), " at address ",
                                   static_cast<void*>(data), " are not aligned; copy them there")
                               .c_str());
  }
  Array array = wrap_memory(backend, *dtype, data, layout, readonly, [managed](void*) {
    if (managed->deleter == nullptr || !Py_IsInitialized()) return;
    nb::gil_scoped_acquire lock;
    managed->deleter(managed);
  });
  // From here on the memory is the array's to let go of; the capsule's destructor sees the name.
  PyCapsule_SetName(capsule.ptr(), Managed::used_name);
  return array;
}

Array from_capsule(nb::handle capsule, nb::handle device) {
  Backend& backend = to_backend(device);
  if (PyCapsule_IsValid(capsule.ptr(), ManagedTensorVersioned::name))
    return import_capsule<ManagedTensorVersioned>(capsule, backend);
  if (PyCapsule_IsValid(capsule.ptr(), ManagedTensor::name))
    return import_capsule<ManagedTensor>(capsule, backend);
  throw nb::type_error("from_dlpack: __dlpack__ gave no capsule of DLPack, or a used one");
}

using HostArray = nb::ndarray<nb::ro, nb::device::cpu>;

// An array on a NumPy array's own memory, which is kept alive. Its elements are of type `dtype`, or
// of another one that NumPy knows and that is as wide.
Array view_of_numpy(nb::handle object, DType dtype, nb::handle device) {
  const auto source = nb::cast<HostArray>(object);
  if (source.itemsize() != itemsize(dtype)) {
    throw DTypeError(message("elements of ", source.itemsize(), " bytes are no ", name_of(dtype)));
  }
  Layout layout;
  for (size_t i = 0; i < source.ndim(); ++i) {
    layout.shape.push_back(static_cast<int64_t>(source.shape(i)));
    layout.strides.push_back(source.stride(i));
  }
  const bool readonly = !nb::cast<bool>(object.attr("flags").attr("writeable"));
  return wrap_memory(to_backend(device), dtype, const_cast<void*>(source.data()), layout, readonly,
                     release_of(object));
}

Array upload(nb::handle object, DType dtype, nb::handle device) {
  const Array source = view_of_numpy(object, dtype, nb::str("cpu"));
  Backend& backend = to_backend(device);
  return &backend == &cpu_backend() ? copy(source) : to_device(source, backend);
}

nb::object array_protocol(nb::handle self, nb::handle dtype, nb::handle copy) {
  nb::object view = to_numpy(self, *nb::inst_ptr<Array>(self));
  if (!dtype.is_none() && !view.attr("dtype").equal(dtype)) {
    if (copy.ptr() == Py_False)
      throw std::invalid_argument("__array__: another dtype needs a copy");
    return view.attr("astype")(dtype);
  }
  return copy.ptr() == Py_True ? nb::object(view.attr("copy")()) : view;
}

}  // namespace

void bind_exchange(nb::module_& m, nb::class_<Array>& cls) {
  cls.def(
         "numpy",
         [](nb::handle self, bool copy) {
           nb::object view = to_numpy(self, *nb::inst_ptr<Array>(self));
           return copy ? view.attr("copy")() : view;
         },
         nb::arg("copy") = false,
         nb::sig("def numpy(self, copy: bool = False) -> numpy.typing.NDArray[typing.Any]"),
         "A NumPy array: on the same memory for devices of the host, read-only where elements "
         "repeat or the array itself is read-only.")
      .def("__array__", &array_protocol, nb::arg("dtype") = nb::none(),
           nb::arg("copy") = nb::none(),
           nb::sig("def __array__(self, dtype: typing.Any = None, copy: bool | None = None) -> "
                   "numpy.typing.NDArray[typing.Any]"))
      .def(
          "__array_namespace__",
          [](const Array&, nb::handle version) {
            return python_attribute("ndarray_core.inspection", "array_namespace")(version);
          },
          nb::kw_only(), nb::arg("api_version") = nb::none(),
          nb::sig("def __array_namespace__(self, *, api_version: str | None = None) -> typing.Any"))
      .def("__dlpack__", &dlpack, nb::kw_only(), nb::arg("stream") = nb::none(),
           nb::arg("max_version") = nb::none(), nb::arg("dl_device") = nb::none(),
           nb::arg("copy") = nb::none(),
           nb::sig("def __dlpack__(self, *, stream: None = None, max_version: tuple[int, int] | "
                   "None = None, dl_device: tuple[int, int] | None = None, copy: bool | None = "
                   "None) -> typing.Any"),
           "A DLPack capsule of the memory itself, or of a copy if copy=True. Standard: "
           "array.__dlpack__.\n\n"
           "Of version 1.1 if max_version allows it, else as before 1.0. BufferError for a "
           "dl_device other than (1, 0), and for read-only memory before 1.0.")
      .def(
          "__dlpack_device__",
          [](const Array&) { return nb::make_tuple(int{nb::device::cpu::value}, 0); },
          nb::sig("def __dlpack_device__(self) -> tuple[int, int]"),
          "(1, 0): kDLCPU, since all devices compute in the host's memory.")
      .def(
          "__bytes__",
          [](nb::handle self) {
            return to_numpy(self, *nb::inst_ptr<Array>(self)).attr("tobytes")();
          },
          nb::sig("def __bytes__(self) -> bytes"), "The elements' bytes, in row-major order.")
      .def(
          "__reduce__",
          [](nb::handle self) {
            const Array& x = *nb::inst_ptr<Array>(self);
            nb::object elements = to_numpy(self, x);
            // NumPy sends its own types' memory as it is, but not that of types made elsewhere.
            if (x.dtype() == DType::bfloat16) elements = elements.attr("view")("uint16");
            return nb::make_tuple(python_attribute("ndarray_core.interchange", "rebuild"),
                                  nb::make_tuple(elements, x.dtype(), x.device().name));
          },
          nb::sig("def __reduce__(self) -> tuple[typing.Any, ...]"))
      .def("__copy__", [](const Array& x) { return copy(x); })
      .def("__deepcopy__", [](const Array& x, nb::handle) { return copy(x); }, nb::arg("memo"));

  m.def("from_capsule", &from_capsule, nb::arg("capsule"), nb::arg("device"),
        nb::sig("def from_capsule(capsule: typing.Any, device: Device | str) -> NDArray"));
  m.def("view_of_numpy", &view_of_numpy, nb::arg("array"), nb::arg("dtype"), nb::arg("device"),
        nb::sig("def view_of_numpy(array: numpy.typing.NDArray[typing.Any], dtype: DType, device: "
                "Device | str) -> NDArray"));
  m.def("upload", &upload, nb::arg("array"), nb::arg("dtype"), nb::arg("device"),
        nb::sig("def upload(array: numpy.typing.NDArray[typing.Any], dtype: DType, device: Device "
                "| str) -> NDArray"));
}

}  // namespace nd
