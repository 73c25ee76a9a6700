#include "cuda/emulator/checker/shadow.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace nd::cuda::emulator {
namespace {

template <typename T>
T* reserve() {
  void* table = mmap(nullptr, arena_bytes * sizeof(T), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED) throw std::bad_alloc();
  return static_cast<T*>(table);
}

}  // namespace

Shadow::Shadow()
    : state(reserve<ByteState>()),
      writer(reserve<Access>()),
      reader(reserve<Access>()),
      other_reader(reserve<Access>()) {}

void Shadow::set_state(const char* start, size_t nbytes, ByteState new_state) {
  std::memset(state + index(start), static_cast<int>(new_state), nbytes);
}

void Shadow::forget_accesses(const char* start, size_t nbytes) {
  for (Access* table : {writer, reader, other_reader}) {
    std::fill_n(table + index(start), nbytes, Access());
  }
}

void Shadow::forget_all_accesses() {
  for (Access* table : {writer, reader, other_reader}) {
    madvise(table, arena_bytes * sizeof(Access), MADV_DONTNEED);  // zeros from now on
  }
}

}  // namespace nd::cuda::emulator
