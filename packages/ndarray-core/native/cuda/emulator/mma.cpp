#include "cuda/emulator/mma.hpp"

#include "core/half.hpp"
#include "cuda/emulator/warp.hpp"

namespace nd::cuda::emulator {
namespace {

constexpr int rows = 16, columns = 8, max_depth = 16;

struct Registers {
  MmaElement element;
  int depth;
  float* d;
  const uint32_t *a, *b;
};

// The i-th number of a lane's registers.
float number(MmaElement element, const uint32_t* registers, int i) {
  if (element == MmaElement::tf32) {
    return __uint_as_float(registers[i] & ~0x1FFFu);  // the other bits are not looked at
  }
  const auto bits = static_cast<uint16_t>(registers[i / 2] >> (i % 2 * 16));
  return element == MmaElement::float16 ? widen(float16{bits}) : widen(bfloat16{bits});
}

void multiply(void* const* operands, uint32_t lanes) {
  if (lanes != 0xFFFFFFFFu) {
    fail_kernel(cudaErrorLaunchFailure, "mma.sync without all 32 lanes of the warp");
  }
  const auto of_lane = [&](int lane) -> const Registers& {
    return *static_cast<const Registers*>(operands[lane]);
  };
  const MmaElement element = of_lane(0).element;
  const int depth = of_lane(0).depth;
  // Registers hold pairs of 16-bit numbers next to each other, or single ones of tf32.
  const int pair = element == MmaElement::tf32 ? 1 : 2;
  const int step = 4 * pair;  // from one group of a lane's columns of a, or rows of b, to the next
  double a[rows][max_depth], b[max_depth][columns];
  for (int lane = 0; lane < warpSize; ++lane) {
    const int group = lane / 4, within = lane % 4;
    const Registers& mine = of_lane(lane);
    for (int k = 0; k < depth / step; ++k) {
      for (int j = 0; j < pair; ++j) {
        const int at = k * step + within * pair + j;
        a[group][at] = number(element, mine.a, (2 * k) * pair + j);
        a[group + 8][at] = number(element, mine.a, (2 * k + 1) * pair + j);
        b[at][group] = number(element, mine.b, k * pair + j);
      }
    }
  }
  for (int row = 0; row < rows; ++row) {
    double sums[columns] = {};
    for (int k = 0; k < depth; ++k) {
      for (int column = 0; column < columns; ++column) sums[column] += a[row][k] * b[k][column];
    }
    for (int column = 0; column < columns; ++column) {
      float& d = of_lane(row % 8 * 4 + column / 2).d[row / 8 * 2 + column % 2];
      d = static_cast<float>(d + sums[column]);
    }
  }
}

}  // namespace

void mma(MmaElement element, int depth, float* d, const uint32_t* a, const uint32_t* b) {
  Registers mine{element, depth, d, a, b};
  warp_collective(0xFFFFFFFFu, "mma.sync", multiply, &mine);
}

}  // namespace nd::cuda::emulator
