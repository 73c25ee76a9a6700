// What a step does with one element of a parameter, and of the optimizer's state that belongs to
// it. In a namespace of each file's own: a kernel compiled for one instruction set must not lend
// its copy to the others.
#pragma once

#include "core/fused.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

// The gradient with the decay of the weights, which is not added where it is 0: infinite weights
// stay what they are.
template <typename T>
ND_INLINE T direction(T gradient, T parameter, T decay) {
  return decay == 0 ? gradient : gradient + decay * parameter;
}

template <typename T>
struct SgdConstants {
  T decay, rate, kept, taken;  // kept and taken: of the momentum and of the gradient
  bool first, nesterov;
};
template <typename T>
ND_INLINE SgdConstants<T> sgd_constants(const SgdOptions& options) {
  return {static_cast<T>(options.weight_decay),
          static_cast<T>(options.rate),
          static_cast<T>(options.momentum),
          static_cast<T>(1 - options.dampening),
          options.first,
          options.nesterov};
}
template <typename T>
ND_INLINE void advance(const SgdConstants<T>& c, T& parameter, T gradient) {
  parameter -= c.rate * direction(gradient, parameter, c.decay);
}
template <typename T>
ND_INLINE void advance(const SgdConstants<T>& c, T& parameter, T gradient, T& momentum) {
  const T own = direction(gradient, parameter, c.decay);
  const T sum = c.first ? own : c.kept * momentum + c.taken * own;
  momentum = sum;
  parameter -= c.rate * (c.nesterov ? own + c.kept * sum : sum);
}

template <typename T>
struct AdamConstants {
  T decay, kept;  // of the weights: added to the gradient, and left over
  T mean_share, beta2, square_share, step_size, correction, eps;
};
template <typename T>
ND_INLINE AdamConstants<T> adam_constants(const AdamOptions& options) {
  return {static_cast<T>(options.decoupled ? 0 : options.weight_decay),
          static_cast<T>(options.decoupled ? 1 - options.rate * options.weight_decay : 1),
          static_cast<T>(1 - options.beta1),
          static_cast<T>(options.beta2),
          static_cast<T>(1 - options.beta2),
          static_cast<T>(options.step_size),
          static_cast<T>(options.deviation_factor),
          static_cast<T>(options.eps)};
}
template <typename T>
ND_INLINE void update_moments(const AdamConstants<T>& c, T parameter, T gradient, T& mean,
                              T& variance) {
  const T own = direction(gradient, parameter, c.decay);
  mean += (own - mean) * c.mean_share;
  variance = variance * c.beta2 + own * own * c.square_share;
}
template <typename T>
ND_INLINE T moved(const AdamConstants<T>& c, T parameter, T mean, T square) {
  return parameter * c.kept - c.step_size * (mean / (m::sqrt(square) * c.correction + c.eps));
}
template <typename T>
ND_INLINE void advance(const AdamConstants<T>& c, T& parameter, T gradient, T& mean, T& variance) {
  update_moments(c, parameter, gradient, mean, variance);
  parameter = moved(c, parameter, mean, variance);
}
// With the largest variance so far (AMSGrad).
template <typename T>
ND_INLINE void advance(const AdamConstants<T>& c, T& parameter, T gradient, T& mean, T& variance,
                       T& largest) {
  update_moments(c, parameter, gradient, mean, variance);
  largest = m::maximum(largest, variance);
  parameter = moved(c, parameter, mean, largest);
}

}  // namespace
}  // namespace nd
