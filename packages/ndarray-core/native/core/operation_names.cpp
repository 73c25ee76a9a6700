// What the operations of the families are called in messages, and by backends in Python.
#include "core/backend.hpp"

namespace nd {

const char* name_of(UnaryOp op) {
  static constexpr const char* names[] = {
#define ND_UNARY(name, domain, ...) #name,
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
  };
  return names[static_cast<int>(op)];
}

const char* name_of(BinaryOp op) {
  static constexpr const char* names[] = {
#define ND_BINARY(name, domain, ...) #name,
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
  };
  return names[static_cast<int>(op)];
}

const char* name_of(ReduceOp op) {
  static constexpr const char* names[] = {"sum", "prod", "max", "min", "any", "all"};
  return names[static_cast<int>(op)];
}

const char* name_of(ArgReduceOp op) { return op == ArgReduceOp::argmax ? "argmax" : "argmin"; }

const char* name_of(ScanOp op) {
  static constexpr const char* names[] = {"cumulative_sum", "cumulative_prod", "cumulative_max",
                                          "cumulative_min"};
  return names[static_cast<int>(op)];
}

const char* name_of(ScatterOp op) {
  static constexpr const char* names[] = {"assign",   "add",     "subtract",
                                          "multiply", "maximum", "minimum"};
  return names[static_cast<int>(op)];
}

const char* name_of(Distribution distribution) {
  static constexpr const char* names[] = {"bits", "uniform", "normal"};
  return names[static_cast<int>(distribution)];
}

}  // namespace nd
