#include "cpu/streaming.hpp"

#include <unistd.h>

namespace nd::cpu {

bool is_streamed(int64_t nbytes) {
#if defined(__SSE2__)
  // Half of the last cache, as what is read takes its place in it, too.
  static const int64_t least = [] {
    int64_t cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    return std::max<int64_t>(cache, 16 << 20) / 2;
  }();
  return nbytes >= least;
#else
  static_cast<void>(nbytes);
  return false;
#endif
}

}  // namespace nd::cpu
