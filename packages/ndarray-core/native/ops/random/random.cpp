#include <stdexcept>

#include "core/fused.hpp"
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

Result dropout(const Array& x, double p, uint64_t seed, uint64_t offset) {
  check_operands("dropout", {&x});
  if (!(p >= 0 && p < 1)) {
    throw std::invalid_argument(message("dropout: p is a probability below 1, got ", p));
  }
  const FusedKernels* const kernels = x.size() > 0 ? kernels_for({&x}) : nullptr;
  if (!kernels || !kernels->dropout) return std::nullopt;
  const Array out = empty(x.shape(), x.dtype(), x.device());
  kernels->dropout(out, contiguous(x), 1 - p, seed, offset);
  return out;
}

}  // namespace nd
