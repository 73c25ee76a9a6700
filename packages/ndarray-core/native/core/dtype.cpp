#include "core/dtype.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace nd {
namespace {

DType signed_of_size(size_t nbytes) {
  switch (nbytes) {
    case 1:
      return DType::int8;
    case 2:
      return DType::int16;
    case 4:
      return DType::int32;
    default:
      return DType::int64;
  }
}

}  // namespace

DType promote(DType a, DType b) {
  if (a == b) return a;
  const Kind kind_a = kind_of(a), kind_b = kind_of(b);
  if (kind_a == kind_b) {
    if (itemsize(a) == itemsize(b)) return DType::float32;  // float16 and bfloat16
    return itemsize(a) > itemsize(b) ? a : b;
  }
  if (kind_a == Kind::complex || kind_b == Kind::complex) {
    const DType complex = kind_a == Kind::complex ? a : b;
    const DType other = kind_a == Kind::complex ? b : a;
    return other == DType::float64 ? DType::complex128 : complex;
  }
  if (kind_a == Kind::floating) return a;
  if (kind_b == Kind::floating) return b;
  if (kind_a == Kind::boolean) return b;
  if (kind_b == Kind::boolean) return a;
  const DType uint = kind_a == Kind::unsigned_integer ? a : b;
  const DType sint = kind_a == Kind::unsigned_integer ? b : a;
  if (uint == DType::uint64) {
    throw DTypeError(message("no integer type holds both ", name_of(a), " and ", name_of(b),
                             "; convert one of them with astype first"));
  }
  return signed_of_size(std::max(itemsize(sint), 2 * itemsize(uint)));
}

}  // namespace nd
