// The kernels of fused operations, as ndarray_core.fused calls them: parameters are given by name,
// and the result is None where the device has no kernel for the call. Signatures with defaults and
// documentation are those of the definitions in src/ndarray_core/fused/.
#include "core/fused.hpp"

#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>

#include <cmath>

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

  m.def("gelu", &gelu, nb::arg("x"), nb::kw_only(), nb::arg("approximate"));
  m.def("gelu_gradient", &gelu_gradient, nb::arg("gradient"), nb::arg("x"), nb::kw_only(),
        nb::arg("approximate"));
  m.def("silu", &silu, nb::arg("x"));
  m.def("silu_gradient", &silu_gradient, nb::arg("gradient"), nb::arg("x"));

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

  m.def("rnn", &rnn, nb::arg("projected"), nb::arg("h_0"), nb::arg("weight_hh"), nb::kw_only(),
        nb::arg("nonlinearity"), nb::arg("reverse"));
  m.def("rnn_gradient", &rnn_gradient, nb::arg("gradient"), nb::arg("h_0"), nb::arg("weight_hh"),
        nb::arg("out"), nb::kw_only(), nb::arg("nonlinearity"), nb::arg("reverse"),
        nb::arg("needs"));
  m.def("lstm", &lstm, nb::arg("projected"), nb::arg("h_0"), nb::arg("c_0"), nb::arg("weight_hh"),
        nb::kw_only(), nb::arg("reverse"));
  m.def("lstm_gradient", &lstm_gradient, nb::arg("gradient"), nb::arg("h_0"), nb::arg("c_0"),
        nb::arg("weight_hh"), nb::arg("gates"), nb::arg("out"), nb::kw_only(), nb::arg("reverse"),
        nb::arg("needs"));
  m.def("gru", &gru, nb::arg("projected"), nb::arg("h_0"), nb::arg("weight_hh"),
        nb::arg("bias_hh").none(), nb::kw_only(), nb::arg("reverse"));
  m.def("gru_gradient", &gru_gradient, nb::arg("gradient"), nb::arg("h_0"), nb::arg("weight_hh"),
        nb::arg("gates"), nb::arg("out"), nb::kw_only(), nb::arg("reverse"), nb::arg("needs"));

  m.def("quantized_matmul", &quantized_matmul, nb::arg("x"), nb::arg("weight"), nb::arg("scales"));

  m.def("dropout", &dropout, nb::arg("x"), nb::kw_only(), nb::arg("p"), nb::arg("seed"),
        nb::arg("offset"));
  m.def("rotary_embedding", &rotary_embedding, nb::arg("x"), nb::arg("cos"), nb::arg("sin"));

  // In place: what is returned is the list of parameters that was given.
  const auto result = [](nb::object parameters, bool done) {
    return done ? parameters : nb::object(nb::none());
  };
  m.def(
      "sgd_step",
      [result](nb::object parameters, const Arrays& gradients, const std::optional<Arrays>& momenta,
               double lr, double momentum, double dampening, double weight_decay, bool nesterov,
               bool first) {
        const SgdOptions options{lr, momentum, dampening, weight_decay, nesterov, first};
        return result(parameters, sgd_step(nb::cast<Arrays>(parameters), gradients,
                                           momenta ? &*momenta : nullptr, options));
      },
      nb::arg("parameters"), nb::arg("gradients"), nb::arg("momenta") = nb::none(), nb::kw_only(),
      nb::arg("lr"), nb::arg("momentum"), nb::arg("dampening"), nb::arg("weight_decay"),
      nb::arg("nesterov"), nb::arg("first"));
  m.def(
      "adam_step",
      [result](nb::object parameters, const Arrays& gradients, const Arrays& means,
               const Arrays& variances, const std::optional<Arrays>& largest, int64_t step,
               double lr, std::pair<double, double> betas, double eps, double weight_decay,
               bool decoupled) {
        const auto [beta1, beta2] = betas;
        const double steps = static_cast<double>(step);
        const AdamOptions options{lr,
                                  beta1,
                                  beta2,
                                  eps,
                                  weight_decay,
                                  decoupled,
                                  lr / (1 - std::pow(beta1, steps)),
                                  1 / std::sqrt(1 - std::pow(beta2, steps))};
        return result(parameters, adam_step(nb::cast<Arrays>(parameters), gradients, means,
                                            variances, largest ? &*largest : nullptr, options));
      },
      nb::arg("parameters"), nb::arg("gradients"), nb::arg("means"), nb::arg("variances"),
      nb::arg("largest") = nb::none(), nb::kw_only(), nb::arg("step"), nb::arg("lr"),
      nb::arg("betas"), nb::arg("eps"), nb::arg("weight_decay"), nb::arg("decoupled"));
}

}  // namespace nd
