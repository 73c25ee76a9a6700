#include "cpu/streaming.hpp"

#include <unistd.h>

namespace nd::cpu {

bool is_streamed([[maybe_unused]] int64_t nbytes, [[maybe_unused]] int64_t row_bytes) {
#if defined(__SSE2__)
  // Half of the last cache, as what is read takes its place in it, too.
  static const int64_t least = [] {
    int64_t cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    return std::max<int64_t>(cache, 16 << 20) / 2;
  }();
  return nbytes >= least && row_bytes >= 2048;
#else
  return false;
#endif
}

}  // namespace nd::cpu
