// The kernels of fused operations, as ndarray_core.fused calls them: parameters are given by name,
// and the result is None where the device has no kernel for the call. Signatures with defaults and
// documentation are those of the definitions in src/ndarray_core/fused/.
#include "core/fused.hpp"

#include <nanobind/stl/array.h>
#include <nanobind/stl/tuple.h>

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

  m.def("softmax", &softmax, nb::arg("x"), nb::kw_only(), nb::arg("axis"));
  m.def("softmax_gradient", &softmax_gradient, nb::arg("gradient"), nb::arg("out"), nb::kw_only(),
        nb::arg("axis"));
  m.def("log_softmax", &log_softmax, nb::arg("x"), nb::kw_only(), nb::arg("axis"));
  m.def("log_softmax_gradient", &log_softmax_gradient, nb::arg("gradient"), nb::arg("out"),
        nb::kw_only(), nb::arg("axis"));

  m.def("layer_norm", &layer_norm, nb::arg("x"), nb::arg("weight") = nb::none(),
        nb::arg("bias") = nb::none(), nb::kw_only(), nb::arg("axes"), nb::arg("eps"));
  m.def("layer_norm_gradient", &layer_norm_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("weight").none(), nb::kw_only(), nb::arg("axes"), nb::arg("eps"), nb::arg("needs"));
  m.def("rms_norm", &rms_norm, nb::arg("x"), nb::arg("weight") = nb::none(), nb::kw_only(),
        nb::arg("axes"), nb::arg("eps"));
  m.def("rms_norm_gradient", &rms_norm_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("weight").none(), nb::kw_only(), nb::arg("axes"), nb::arg("eps"), nb::arg("needs"));
  m.def("group_norm", &group_norm, nb::arg("x"), nb::arg("weight") = nb::none(),
        nb::arg("bias") = nb::none(), nb::kw_only(), nb::arg("groups"), nb::arg("eps"));
  m.def("group_norm_gradient", &group_norm_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("weight").none(), nb::kw_only(), nb::arg("groups"), nb::arg("eps"),
        nb::arg("needs"));
  m.def("batch_norm", &batch_norm, nb::arg("x"), nb::arg("weight") = nb::none(),
        nb::arg("bias") = nb::none(), nb::kw_only(), nb::arg("eps"));
  m.def("batch_norm_gradient", &batch_norm_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("weight").none(), nb::arg("mean"), nb::arg("variance"), nb::kw_only(),
        nb::arg("eps"), nb::arg("needs"));
  m.def("channel_affine", &channel_affine, nb::arg("x"), nb::arg("scale"), nb::arg("shift"));
  m.def("channel_affine_gradient", &channel_affine_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("scale"), nb::kw_only(), nb::arg("needs"));

  m.def("cross_entropy", &cross_entropy, nb::arg("logits"), nb::arg("target"), nb::kw_only(),
        nb::arg("ignore_index"));
  m.def("cross_entropy_gradient", &cross_entropy_gradient, nb::arg("gradient"), nb::arg("logits"),
        nb::arg("target"), nb::arg("logsumexp"), nb::kw_only(), nb::arg("ignore_index"));

  m.def("attention", &attention, nb::arg("query"), nb::arg("key"), nb::arg("value"),
        nb::arg("mask") = nb::none(), nb::kw_only(), nb::arg("scale"), nb::arg("causal"));
  m.def("attention_gradient", &attention_gradient, nb::arg("gradient"), nb::arg("query"),
        nb::arg("key"), nb::arg("value"), nb::arg("mask").none(), nb::arg("out"),
        nb::arg("logsumexp"), nb::kw_only(), nb::arg("scale"), nb::arg("causal"), nb::arg("needs"));

  m.def("convolution", &convolution, nb::arg("x"), nb::arg("weight"), nb::kw_only(),
        nb::arg("stride"), nb::arg("padding"), nb::arg("dilation"), nb::arg("groups"));
  m.def("transposed_convolution", &transposed_convolution, nb::arg("x"), nb::arg("weight"),
        nb::kw_only(), nb::arg("size"), nb::arg("stride"), nb::arg("padding"), nb::arg("dilation"),
        nb::arg("groups"));
  m.def("convolution_weight_gradient", &convolution_weight_gradient, nb::arg("gradient"),
        nb::arg("x"), nb::kw_only(), nb::arg("size"), nb::arg("stride"), nb::arg("padding"),
        nb::arg("dilation"), nb::arg("groups"));

  m.def("max_pool", &max_pool, nb::arg("x"), nb::kw_only(), nb::arg("size"), nb::arg("stride"),
        nb::arg("padding"), nb::arg("dilation"), nb::arg("places"));
  m.def("max_pool_gradient", &max_pool_gradient, nb::arg("gradient"), nb::arg("x"),
        nb::arg("positions"), nb::kw_only(), nb::arg("size"));
  m.def("avg_pool", &avg_pool, nb::arg("x"), nb::kw_only(), nb::arg("size"), nb::arg("stride"),
        nb::arg("padding"), nb::arg("places"), nb::arg("count_include_pad"),
        nb::arg("divisor").none());
  m.def("avg_pool_gradient", &avg_pool_gradient, nb::arg("gradient"), nb::arg("x"), nb::kw_only(),
        nb::arg("size"), nb::arg("stride"), nb::arg("padding"), nb::arg("places"),
        nb::arg("count_include_pad"), nb::arg("divisor").none());

  m.def("lstm", &lstm, nb::arg("projected"), nb::arg("h_0"), nb::arg("c_0"), nb::arg("weight_hh"),
        nb::kw_only(), nb::arg("reverse"));
  m.def("lstm_gradient", &lstm_gradient, nb::arg("gradient"), nb::arg("h_0"), nb::arg("c_0"),
        nb::arg("weight_hh"), nb::arg("gates"), nb::arg("out"), nb::kw_only(), nb::arg("reverse"),
        nb::arg("needs"));
  m.def("gru", &gru, nb::arg("projected"), nb::arg("h_0"), nb::arg("weight_hh"),
        nb::arg("bias_hh").none(), nb::kw_only(), nb::arg("reverse"));
  m.def("gru_gradient", &gru_gradient, nb::arg("gradient"), nb::arg("h_0"), nb::arg("weight_hh"),
        nb::arg("gates"), nb::arg("out"), nb::kw_only(), nb::arg("reverse"), nb::arg("needs"));
}

}  // namespace nd
