// The operations of unary.inc and binary.inc as types: UnaryFormula<UnaryOp::exp>::apply(x). In a
// namespace of each file's own: a kernel compiled for one instruction set must not lend its copy to
// the others.
#pragma once

#include "ops/elementwise/domains.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

template <UnaryOp op>
struct UnaryFormula;
#define ND_UNARY(name, domain_, ...)                  \
  template <>                                         \
  struct UnaryFormula<UnaryOp::name> {                \
    static constexpr Domain domain = Domain::domain_; \
    template <typename T>                             \
    ND_INLINE auto apply([[maybe_unused]] T x) {      \
      return __VA_ARGS__;                             \
    }                                                 \
  };
#include "ops/elementwise/unary.inc"
#undef ND_UNARY

template <BinaryOp op>
struct BinaryFormula;
#define ND_BINARY(name, domain_, ...)                 \
  template <>                                         \
  struct BinaryFormula<BinaryOp::name> {              \
    static constexpr Domain domain = Domain::domain_; \
    template <typename T>                             \
    ND_INLINE auto apply(T x, T y) {                  \
      return __VA_ARGS__;                             \
    }                                                 \
  };
#include "ops/elementwise/binary.inc"
#undef ND_BINARY

}  // namespace
}  // namespace nd
