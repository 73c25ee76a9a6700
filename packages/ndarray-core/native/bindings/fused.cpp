// The kernels of fused operations, as ndarray_core.fused calls them: parameters are given by name,
// and the result is None where the device has no kernel for the call. Signatures with defaults and
// documentation are those of the definitions in src/ndarray_core/fused/.
#include "core/fused.hpp"

#include "bindings/convert.hpp"

namespace nd {

void bind_fused(nb::module_& m) {
  m.def(
      "has_kernel",
      [](const std::string& name, nb::handle device) {
        return has_kernel(name, to_backend(device));
      },
      nb::arg("name"), nb::arg("device"),
      nb::sig("def has_kernel(name: str, device: Device | str) -> bool"));

  m.def("softmax", &softmax, nb::arg("x"), nb::arg("axis"));
  m.def("softmax_gradient", &softmax_gradient, nb::arg("gradient"), nb::arg("out"),
        nb::arg("axis"));
  m.def("log_softmax", &log_softmax, nb::arg("x"), nb::arg("axis"));
  m.def("log_softmax_gradient", &log_softmax_gradient, nb::arg("gradient"), nb::arg("out"),
        nb::arg("axis"));
}

}  // namespace nd
