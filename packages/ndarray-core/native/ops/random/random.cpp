#include "core/ops.hpp"

namespace nd {

Array random(Distribution d, const Dims& shape, DType dtype, Backend& device, uint64_t seed,
             uint64_t offset) {
  if (d == Distribution::bits ? dtype != DType::uint32
                              : dtype != DType::float32 && dtype != DType::float64) {
    throw DTypeError(message("random: ", name_of(d), " numbers are ",
                             d == Distribution::bits ? "uint32" : "float32 or float64", ", not ",
                             name_of(dtype)));
  }
  Array out = empty(shape, dtype, device);
  if (out.size() > 0) device.random(d, out, seed, offset);
  return out;
}

}  // namespace nd
