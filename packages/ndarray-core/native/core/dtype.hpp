// The element types of an array, and the table that everything else about them is generated from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/half.hpp"

namespace nd {

// ND_DTYPE(name, C type, kind), in promotion order within a kind.
#define ND_FOR_EACH_DTYPE(ND_DTYPE)            \
  ND_DTYPE(bool_, bool, boolean)               \
  ND_DTYPE(int8, int8_t, signed_integer)       \
  ND_DTYPE(int16, int16_t, signed_integer)     \
  ND_DTYPE(int32, int32_t, signed_integer)     \
  ND_DTYPE(int64, int64_t, signed_integer)     \
  ND_DTYPE(uint8, uint8_t, unsigned_integer)   \
  ND_DTYPE(uint16, uint16_t, unsigned_integer) \
  ND_DTYPE(uint32, uint32_t, unsigned_integer) \
  ND_DTYPE(uint64, uint64_t, unsigned_integer) \
  ND_DTYPE(float16, float16, floating)         \
  ND_DTYPE(bfloat16, bfloat16, floating)       \
  ND_DTYPE(float32, float, floating)           \
  ND_DTYPE(float64, double, floating)          \
  ND_DTYPE(complex64, complex64, complex)      \
  ND_DTYPE(complex128, complex128, complex)

enum class DType : uint8_t {
#define ND_DTYPE(name, type, kind) name,
  ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
};

#define ND_DTYPE(name, type, kind) +1
inline constexpr int dtype_count = 0 ND_FOR_EACH_DTYPE(ND_DTYPE);
#undef ND_DTYPE

enum class Kind : uint8_t { boolean, signed_integer, unsigned_integer, floating, complex };

inline constexpr DType default_float = DType::float32;
inline constexpr DType default_int = DType::int64;
inline constexpr DType default_complex = DType::complex64;

constexpr Kind kind_of(DType dtype) {
  switch (dtype) {  // the compiler makes a table of it; an array here would be built on every call
#define ND_DTYPE(name, type, kind) \
  case DType::name:                \
    return Kind::kind;
    ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  }
  __builtin_unreachable();
}

constexpr size_t itemsize(DType dtype) {
  switch (dtype) {
#define ND_DTYPE(name, type, kind) \
  case DType::name:                \
    return sizeof(type);
    ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  }
  __builtin_unreachable();
}

// "float32"; the boolean type is spelled "bool", as NumPy and the Array API standard print it.
constexpr std::string_view name_of(DType dtype) {
  constexpr std::string_view names[] = {
#define ND_DTYPE(name, type, kind) #name,
      ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  };
  return dtype == DType::bool_ ? std::string_view("bool") : names[static_cast<int>(dtype)];
}

constexpr bool is_floating(DType dtype) { return kind_of(dtype) == Kind::floating; }
constexpr bool is_complex(DType dtype) { return kind_of(dtype) == Kind::complex; }
constexpr bool is_inexact(DType dtype) { return is_floating(dtype) || is_complex(dtype); }
// Types for storage, whose arithmetic is done in float32.
constexpr bool is_half_type(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16;
}
// The type of a complex number's parts; any other type itself.
constexpr DType real_type(DType dtype) {
  return dtype == DType::complex64    ? DType::float32
         : dtype == DType::complex128 ? DType::float64
                                      : dtype;
}
// The complex type that holds a floating one.
constexpr DType complex_type(DType dtype) {
  return is_complex(dtype) ? dtype : dtype == DType::float64 ? DType::complex128 : default_complex;
}
constexpr bool is_integer(DType dtype) {
  return kind_of(dtype) == Kind::signed_integer || kind_of(dtype) == Kind::unsigned_integer;
}

template <typename T>
struct dtype_of_type;
#define ND_DTYPE(name, type, kind)              \
  template <>                                   \
  struct dtype_of_type<type> {                  \
    static constexpr DType value = DType::name; \
  };
ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE

// The type both operands are converted to. Same kind: the wider one. Signed with unsigned: the
// narrowest signed type that holds both, as the Array API standard has it; no integer type holds
// int64 and uint64, so that pair throws DTypeError; float16 and bfloat16 meet in float32. Integers
// with a floating or complex type take that type, whatever their width (the standard leaves it
// open; PyTorch and JAX do this, and a float32 network stays float32).
DType promote(DType a, DType b);

// Calls f.template operator()<T>() with the C type of dtype.
template <typename F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
#define ND_DTYPE(name, type, kind) \
  case DType::name:                \
    return f.template operator()<type>();
    ND_FOR_EACH_DTYPE(ND_DTYPE)
#undef ND_DTYPE
  }
  __builtin_unreachable();
}

}  // namespace nd
