// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011): word w of block b is a function of the seed, b and w alone, so any thread or device can
// make any part of the stream.
//
//   key     = (low, high 32 bits of the seed)
//   counter = (low, high 32 bits of the block's number, 0, 0), four words a block
//
// A call starts at block `offset`; its word w is word w % 4 of block offset + w / 4.
//   bits              element i = word i
//   uniform float32   element i = (word i >> 8) * 2^-24
//   uniform float64   element i = ((word 2i << 32 | word 2i+1) >> 11) * 2^-53
//   normal            elements 2j, 2j+1 = r cos(2 pi u2), r sin(2 pi u2) with r = sqrt(-2 ln(1 -
//   u1))
//                     (Box and Muller 1958), u1 and u2 the uniform elements 2j and 2j+1 of that
//                     type
#pragma once

#include <cstdint>

#include "core/half.hpp"

namespace nd::philox {

// Table 2 of the paper: multipliers found by search, and the Weyl increments of the key: the golden
// ratio's and sqrt(3) - 1's fractions.
constexpr uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
constexpr uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;
constexpr uint32_t rounds = 10;

struct Words {
  uint32_t word[4];
};

ND_INLINE Words block(uint64_t seed, uint64_t number) {
  uint32_t c0 = static_cast<uint32_t>(number), c1 = static_cast<uint32_t>(number >> 32);
  uint32_t c2 = 0, c3 = 0;
  const uint32_t key_0 = static_cast<uint32_t>(seed), key_1 = static_cast<uint32_t>(seed >> 32);
#if !defined(__CUDACC__)  // which does it anyway
#pragma GCC unroll 10
#endif
  for (uint32_t i = 0; i < rounds; ++i) {
    const uint64_t product_0 = uint64_t{multiplier_0} * c0, product_1 = uint64_t{multiplier_1} * c2;
    c0 = static_cast<uint32_t>(product_1 >> 32) ^ c1 ^ (key_0 + i * weyl_0);
    c2 = static_cast<uint32_t>(product_0 >> 32) ^ c3 ^ (key_1 + i * weyl_1);
    c1 = static_cast<uint32_t>(product_1);
    c3 = static_cast<uint32_t>(product_0);
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace nd::philox
