// Memory: flat, of one element type, on one device. It alone owns memory; arrays are views of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/dtype.hpp"

namespace nd {

class Backend;

class Buffer {
 public:
  using Release = std::function<void(void* data)>;

  Buffer(Backend& device, DType dtype, int64_t size, void* data, Release release,
         bool readonly = false)
      : device(device),
        dtype(dtype),
        size(size),
        data(data),
        readonly(readonly),
        version(writes_),
        release_(std::move(release)) {}
  // Another buffer's memory, which it keeps, as elements of another type. They count writes
  // together.
  Buffer(Buffer& other, DType dtype, Release keep)
      : device(other.device),
        dtype(dtype),
        size(static_cast<int64_t>(other.nbytes() / itemsize(dtype))),
        data(other.data),
        readonly(other.readonly),
        version(other.version),
        release_(std::move(keep)) {}
  ~Buffer() {
    if (release_) release_(data);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  size_t nbytes() const { return static_cast<size_t>(size) * itemsize(dtype); }
  int64_t references() const { return references_.load(std::memory_order_relaxed); }

  Backend& device;
  const DType dtype;
  const int64_t size;  // in elements
  void* const data;
  const bool readonly;  // foreign memory that its owner does not let anybody write to
  // Counts writes, so that whoever keeps an array for later can tell that it has changed since.
  std::atomic<uint64_t>& version;

 private:
  friend class BufferRef;
  std::atomic<uint64_t> writes_{0};
  std::atomic<int64_t> references_{0};
  Release release_;
};

// Shares ownership of a Buffer: an intrusive count, so an array is one pointer and a layout.
class BufferRef {
 public:
  BufferRef() = default;
  explicit BufferRef(Buffer* buffer) : buffer_(buffer) { retain(); }
  BufferRef(const BufferRef& other) : buffer_(other.buffer_) { retain(); }
  BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  BufferRef& operator=(BufferRef other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~BufferRef() {
    if (buffer_ && buffer_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete buffer_;
  }

  Buffer* operator->() const { return buffer_; }
  Buffer& operator*() const { return *buffer_; }
  Buffer* get() const { return buffer_; }

 private:
  void retain() {
    if (buffer_) buffer_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer* buffer_ = nullptr;
};

}  // namespace nd
