// A short list of sizes, strides or axes, stored in place: no allocation on the way to a kernel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <ostream>

#include "core/error.hpp"

namespace nd {

// With 24 a whole array object stays below the 512 bytes up to which Python's allocator is fast.
inline constexpr int max_ndim = 24;
static_assert(max_ndim % 4 == 0);  // Dims are copied by fours

class Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<int64_t> values) {
    for (int64_t v : values) push_back(v);
  }
  Dims(int count, int64_t value) {
    for (int i = 0; i < count; ++i) push_back(value);
  }
  Dims(const Dims& other) { *this = other; }
  Dims& operator=(const Dims& other) {
    size_ = other.size_;
    // Four at a time, whatever they are: for these few numbers a call of memcpy would take longer.
    for (int i = 0; i < size_; i += 4) __builtin_memcpy(values_ + i, other.values_ + i, 32);
    return *this;
  }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t& operator[](int i) { return values_[i]; }
  int64_t operator[](int i) const { return values_[i]; }
  int64_t& back() { return values_[size_ - 1]; }
  int64_t back() const { return values_[size_ - 1]; }
  int64_t* begin() { return values_; }
  int64_t* end() { return values_ + size_; }
  const int64_t* begin() const { return values_; }
  const int64_t* end() const { return values_ + size_; }

  void push_back(int64_t value) {
    if (size_ == max_ndim) {
      throw ShapeError(message("an array has at most ", max_ndim, " dimensions"));
    }
    values_[size_++] = value;
  }
  void pop_back() { --size_; }
  void insert(int position, int64_t value) {
    push_back(value);
    std::rotate(values_ + position, values_ + size_ - 1, values_ + size_);
  }
  void erase(int position) {
    std::copy(values_ + position + 1, values_ + size_, values_ + position);
    --size_;
  }

  friend bool operator==(const Dims& a, const Dims& b) {
    return a.size_ == b.size_ && std::equal(a.begin(), a.end(), b.begin());
  }
  // Printed as Python prints a tuple: (), (3,), (2, 3).
  friend std::ostream& operator<<(std::ostream& out, const Dims& dims) {
    out << '(';
    for (int i = 0; i < dims.size_; ++i) out << (i ? ", " : "") << dims[i];
    return out << (dims.size_ == 1 ? ",)" : ")");
  }

 private:
  int size_ = 0;
  int64_t values_[max_ndim];
};

}  // namespace nd
