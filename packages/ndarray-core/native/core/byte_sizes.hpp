// Sizes of memory blocks: the classes that caching allocators keep them in, and how people read
// them.
#pragma once

#include <cstddef>
#include <string>

namespace nd {

// Class 0 to 7: multiples of 64 bytes up to 512. Then eight equal steps from each power of two to
// the next: at most an eighth of a block (or 63 bytes) is wasted.
struct SizeClass {
  int index;
  size_t nbytes;  // of each block of the class
};
inline constexpr size_t size_class_step = 64;
inline constexpr size_t largest_block = size_t{1} << 47;  // the address space of a process
inline constexpr int size_classes = (48 - 9) * 8 + 8;

SizeClass size_class(size_t nbytes);       // the smallest that holds so many bytes
size_t size_class_nbytes(int index);       // of a block of that class
std::string readable_size(size_t nbytes);  // "1.5 GiB"

}  // namespace nd
