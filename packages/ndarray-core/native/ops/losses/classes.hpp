// What a target may be.
#pragma once

#include "core/error.hpp"
#include "core/half.hpp"

namespace nd {

ND_INLINE bool is_class(int64_t target, int64_t classes, int64_t ignore_index) {
  return (target >= 0 && target < classes) || target == ignore_index;
}
inline IndexError wrong_class(const char* op, int64_t target, int64_t classes,
                              int64_t ignore_index) {
  return IndexError(message(op, ": a target is ", target, ", outside of the ", classes,
                            " classes (ignore_index is ", ignore_index, ")"));
}

}  // namespace nd
