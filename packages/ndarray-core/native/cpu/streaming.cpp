#include "cpu/streaming.hpp"

#include <unistd.h>

#include <fstream>

namespace nd::cpu {
namespace {

// The bytes of the last cache that a processor can use, or 0. On some machines the C library gives
// the sum of a socket's, so the system is asked first.
[[maybe_unused]] int64_t last_cache() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size");  // "32768K"
  if (int64_t kib; file >> kib) return kib << 10;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  return sysconf(_SC_LEVEL3_CACHE_SIZE);
#else
  return 0;
#endif
}

}  // namespace

bool is_streamed([[maybe_unused]] int64_t nbytes) {
#if defined(__SSE2__)
  // Half of it, as what is read takes its place in it, too.
  static const int64_t least = std::max<int64_t>(last_cache(), 16 << 20) / 2;
  return nbytes >= least;
#else
  return false;
#endif
}

}  // namespace nd::cpu
