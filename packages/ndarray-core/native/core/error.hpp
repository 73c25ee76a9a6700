// Exceptions of the array layer. Each becomes the Python class of the same name (errors.py).
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace nd {

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct ShapeError : Error {  // also a ValueError in Python
  using Error::Error;
};
struct DTypeError : Error {  // also a TypeError
  using Error::Error;
};
struct DeviceError : Error {  // also a ValueError
  using Error::Error;
};
struct ReadOnlyError : Error {  // also a ValueError
  using Error::Error;
};
struct IndexError : Error {  // Python's own IndexError
  using Error::Error;
};
struct OutOfMemory : Error {  // also a MemoryError
  using Error::Error;
};

// message("take: axis ", axis, " ...") builds a string from anything that can be printed.
template <typename... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace nd
