// The extension module ndarray_core._core.
#include <exception>

#include "bindings/convert.hpp"
#include "core/allow_threads.hpp"

namespace {

void* release_interpreter() {
  return PyGILState_GetThisThreadState() ? PyEval_SaveThread() : nullptr;
}
void acquire_interpreter(void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); }
void handle_signals(void* state) {
  acquire_interpreter(state);
  std::exception_ptr raised;
  if (PyErr_CheckSignals() != 0) raised = std::make_exception_ptr(nb::python_error());
  PyEval_SaveThread();
  if (raised) std::rethrow_exception(raised);
}

}  // namespace

NB_MODULE(_core, m) {
  using namespace nd;
  m.doc() = "Buffers, layouts, arrays and checked operations of ndarray_core, in C++.";
  // Backends live as long as the process, and the `numpy` one keeps its Python module: no leak.
  nb::set_leak_warnings(false);
  nb::register_exception_translator(translate_error);
  thread_hooks = {release_interpreter, acquire_interpreter, handle_signals};

  auto dtype = nb::enum_<DType>(m, "DType", "The element type of an array.");
#define ND_DTYPE(name, type, kind) dtype.value(name_of(DType::name).data(), DType::name);
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  dtype.def_prop_ro(
           "itemsize", [](DType self) { return itemsize(self); }, "Bytes of one element.")
      .def_prop_ro(
          "kind",
          [](DType self) {
            static constexpr const char* names[] = {"bool", "int", "uint", "float", "complex"};
            return names[static_cast<int>(kind_of(self))];
          },
          "One of bool, int, uint, float and complex.")
      .def("__repr__", [](DType self) { return message("ndarray_core.", name_of(self)); })
      .def("__str__", [](DType self) { return std::string(name_of(self)); });

  nb::class_<Device>(m, "Device", "Where arrays live and are computed: 'numpy', 'cpu', 'cuda:0'.")
      .def(
          "__init__",
          [](Device* self, const std::string& name) { new (self) Device{&get_backend(name)}; },
          nb::arg("name"))
      .def_prop_ro("name", [](const Device& d) { return d.backend->name; })
      .def_prop_ro(
          "is_host_memory", [](const Device& d) { return d.backend->is_host_memory(); },
          "Whether NumPy can read and write the device's memory in place.")
      .def_prop_ro(
          "is_emulated", [](const Device& d) { return d.backend->is_emulated(); },
          "Whether this is a stand-in for hardware that the machine has not: right, but slow.")
      .def(
          "synchronize", [](const Device& d) { d.backend->synchronize(); },
          "Returns when all work on the device is done.")
      .def(
          "__eq__",
          [](const Device& d, nb::handle other) {
            if (nb::isinstance<Device>(other))
              return d.backend == nb::cast<const Device&>(other).backend;
            if (!PyUnicode_Check(other.ptr())) return false;
            const std::string name = nb::cast<std::string>(other);
            return name == d.backend->name ||
                   (d.backend->name.rfind(name + ":", 0) == 0 && d.backend == &get_backend(name));
          },
          nb::arg("other").none(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const Device& d) { return nb::hash(nb::str(d.backend->name.c_str())); })
      .def("__str__", [](const Device& d) { return d.backend->name; })
      .def("__repr__", [](const Device& d) { return message("Device('", d.backend->name, "')"); })
      .def(
          "__reduce__",
          [](const Device& d) {
            return nb::make_tuple(python_attribute("ndarray_core._core", "Device"),
                                  nb::make_tuple(d.backend->name));
          },
          nb::sig("def __reduce__(self) -> tuple[typing.Any, ...]"));

  bind_layout(m);
  bind_array(m);
  bind_functions(m);
  bind_fused(m);
  bind_python_backend(m);
}
