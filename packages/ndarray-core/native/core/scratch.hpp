#pragma once

#include "core/allocator.hpp"

namespace nd {

// Memory for the length of a task; a little of it lies in the object itself.
class Scratch {
 public:
  explicit Scratch(size_t nbytes)
      : nbytes_(nbytes), data_(nbytes <= sizeof small_ ? small_ : allocator::allocate(nbytes)) {}
  ~Scratch() {
    if (data_ != small_) allocator::deallocate(data_, nbytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  char* data() const { return static_cast<char*>(data_); }

 private:
  alignas(64) char small_[4096];
  size_t nbytes_;
  void* data_;
};

}  // namespace nd
