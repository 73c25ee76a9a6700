// What the convolutions of the `cpu` device share: which elements windows see, and where they lie.
#pragma once

#include <array>
#include <vector>

#include "core/fused.hpp"
#include "core/threads.hpp"
#include "ops/convolution/convolution_kernels.hpp"

namespace nd::cpu {

// For depth, height and width; the first ones are 1 (and lie 0 apart) where there are fewer.
using Triple = std::array<int64_t, 3>;
using Table = std::vector<int64_t>;

template <typename T>
const ConvolutionKernelsOf<T>& convolution_kernels_of() {
  static const ConvolutionKernels& selected = ND_SELECT_KERNELS(convolution_kernels);
  return selected.of<T>();
}

inline Triple triple(const Dims& values, int from, int64_t missing) {
  Triple result{missing, missing, missing};
  const int count = values.size() - from;
  for (int i = 0; i < count; ++i) result[3 - count + i] = values[from + i];
  return result;
}

inline int64_t product_of(const Triple& t) { return t[0] * t[1] * t[2]; }

// Of an array (images, channels, spatial axes...).
template <typename T>
struct Images {
  T* data;
  int64_t count, channels, image, channel;  // sizes, and strides in elements
  Triple size, stride;

  explicit Images(const Array& x)
      : data(elements<T>(x)),
        count(x.shape()[0]),
        channels(x.shape()[1]),
        image(x.strides()[0]),
        channel(x.strides()[1]),
        size(triple(x.shape(), 2, 1)),
        stride(triple(x.strides(), 2, 0)) {}
};

struct Geometry {
  Triple stride, dilation, before;
  explicit Geometry(const Windows& windows)
      : stride(triple(windows.stride, 0, 1)),
        dilation(triple(windows.dilation, 0, 1)),
        before(triple(windows.before, 0, 0)) {}
};

// Offsets of the places of a grid, the last axis varying fastest.
inline Table grid(const Triple& size, const Triple& stride) {
  Table offsets;
  offsets.reserve(static_cast<size_t>(product_of(size)));
  for (int64_t i = 0; i < size[0]; ++i) {
    for (int64_t j = 0; j < size[1]; ++j) {
      for (int64_t k = 0; k < size[2]; ++k) {
        offsets.push_back(i * stride[0] + j * stride[1] + k * stride[2]);
      }
    }
  }
  return offsets;
}

// What windows look at: the images themselves, or padded copies of a few of them at a time.
// Coordinates count from the start of the padding; a window's place o sees, through tap t of an
// axis, coordinate o * step + taps[t].
template <typename T>
class Source {
 public:
  int64_t image, channel;  // strides, in elements

  // always_copy: also where nothing is padded, for who reads a little beyond the end.
  Source(const Array& x, const Triple& before, const Triple& step, const Triple& places,
         const std::array<Table, 3>& taps, bool always_copy = false)
      : x_(x), step_(step), before_(before) {
    bool is_padded = false;
    for (int axis = 0; axis < 3; ++axis) {
      padded_[axis] = 0;
      for (int64_t tap : taps[axis]) {
        padded_[axis] = std::max(padded_[axis], (places[axis] - 1) * step[axis] + tap + 1);
      }
      is_padded |= before[axis] != 0 || padded_[axis] > x_.size[axis];
    }
    is_copy_ = always_copy || is_padded || step[2] != 1 || (x_.stride[2] != 1 && x_.size[2] != 1);
    if (!is_copy_) {
      image = x_.image;
      channel = x_.channel;
      stride_ = x_.stride;
      return;
    }
    for (int axis = 0; axis < 2; ++axis) {
      std::vector<char> seen(static_cast<size_t>(step[axis]), 0);
      for (int64_t tap : taps[axis]) seen[tap % step[axis]] = 1;
      for (int64_t i = 0; i < padded_[axis]; ++i) wanted_[axis].push_back(seen[i % step[axis]]);
    }
    slot_.assign(static_cast<size_t>(step[2]), -1);
    for (int64_t tap : taps[2]) {
      int64_t& slot = slot_[tap % step[2]];
      if (slot >= 0) continue;
      slot = static_cast<int64_t>(phases_.size());
      phases_.push_back({tap % step[2], 0, 0, 0});
    }
    run_ = divide_up(padded_[2], step[2]);
    for (RowPhase& phase : phases_) {
      // Coordinates from before[2] on, as many as a row has, exist.
      const auto steps_to = [&](int64_t coordinate) {
        const int64_t distance = std::max<int64_t>(coordinate - phase.phase, 0);
        return std::min(divide_up(distance, step[2]), run_);
      };
      phase.skipped = steps_to(before[2]);
      phase.count = steps_to(before[2] + x_.size[2]) - phase.skipped;
      phase.from = phase.phase + phase.skipped * step[2] - before[2];
    }
    stride_[1] = run_ * static_cast<int64_t>(phases_.size());
    stride_[0] = stride_[1] * padded_[1];
    channel = stride_[0] * padded_[0];
    image = channel * x_.channels;
  }

  bool is_copy() const { return is_copy_; }
  int64_t tap(int64_t d, int64_t h, int64_t w) const {
    const int64_t in_row = is_copy_ ? slot_[w % step_[2]] * run_ + w / step_[2] : w * stride_[2];
    return d * stride_[0] + h * stride_[1] + in_row;
  }
  Triple place_stride() const {
    return {step_[0] * stride_[0], step_[1] * stride_[1], is_copy_ ? 1 : stride_[2]};
  }

  // Where copies are made from: the channels of all images are planes, one after the other.
  const T* plane(int64_t i) const {
    return x_.data + i / x_.channels * x_.image + i % x_.channels * x_.channel;
  }
  int64_t plane_size() const { return product_of(x_.size); }

  // Makes the copies of some channels of an image.
  void copy(int64_t of_image, int64_t first_channel, int64_t channels, T* to) const {
    PaddedCopy<T> copy;
    copy.to = to;
    copy.from = x_.data + of_image * x_.image + first_channel * x_.channel;
    copy.channels = channels;
    copy.from_channel = x_.channel;
    for (int axis = 0; axis < 3; ++axis) {
      copy.size[axis] = x_.size[axis];
      copy.before[axis] = before_[axis];
      copy.padded[axis] = padded_[axis];
      copy.from_stride[axis] = x_.stride[axis];
    }
    for (int axis = 0; axis < 2; ++axis) copy.wanted[axis] = wanted_[axis].data();
    copy.step = step_[2];
    copy.run = run_;
    copy.phase_count = static_cast<int64_t>(phases_.size());
    copy.phases = phases_.data();
    convolution_kernels_of<T>().copy_padded(copy);
  }

  // Where the images from `first` on lie; `memory` holds `count` copies.
  const T* prepare(int64_t first, int64_t count, T* memory) const {
    if (!is_copy_) return x_.data + first * x_.image;
    const int64_t channels =
        std::clamp<int64_t>(divide_up(parallel_grain, channel), 1, x_.channels);
    const int64_t pieces = divide_up(x_.channels, channels);
    parallel_for(count * pieces, [&](int64_t task) {
      const int64_t i = task / pieces, c = task % pieces * channels;
      copy(first + i, c, std::min(channels, x_.channels - c), memory + i * image + c * channel);
    });
    return memory;
  }

 private:
  const Images<const T> x_;
  const Triple step_, before_;
  Triple padded_, stride_;
  bool is_copy_;
  std::vector<char> wanted_[2];
  Table slot_;                    // of the elements of a row with a remainder by the step
  std::vector<RowPhase> phases_;  // of the remainders that taps have
  int64_t run_ = 0;
};

// Images that are worked on together: what is copied of them stays in the third-level cache.
inline constexpr int64_t chunk_bytes = 4 << 20;
inline int64_t images_at_once(int64_t images, int64_t bytes_each) {
  return std::clamp<int64_t>(chunk_bytes / std::max<int64_t>(bytes_each, 1), 1, images);
}

// What one pass over the places of images takes together: offsets of the taps in the weight and in
// the source, of the places in the source and in the result.
struct Phase {
  Table weight_taps, source_taps, places, out_places;
};

template <typename T>
Source<T> windows_of(const Array& x, const Geometry& geometry, const Triple& kernel,
                     const Triple& places, bool always_copy = false) {
  std::array<Table, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    for (int64_t k = 0; k < kernel[axis]; ++k) taps[axis].push_back(k * geometry.dilation[axis]);
  }
  return Source<T>(x, geometry.before, geometry.stride, places, taps, always_copy);
}

// The source's offset of every tap of the kernel, the last axis varying fastest.
template <typename T>
Table tap_offsets(const Source<T>& source, const Geometry& geometry, const Triple& kernel) {
  Table offsets;
  for (int64_t d = 0; d < kernel[0]; ++d) {
    for (int64_t h = 0; h < kernel[1]; ++h) {
      for (int64_t w = 0; w < kernel[2]; ++w) {
        offsets.push_back(source.tap(d * geometry.dilation[0], h * geometry.dilation[1],
                                     w * geometry.dilation[2]));
      }
    }
  }
  return offsets;
}

// A convolution: every place sees all taps.
template <typename T>
Phase phase_of(const Source<T>& source, const Geometry& geometry, const Images<T>& kernel,
               const Images<T>& out) {
  return {grid(kernel.size, kernel.stride), tap_offsets(source, geometry, kernel.size),
          grid(out.size, source.place_stride()), grid(out.size, out.stride)};
}

// One axis of a transposed convolution. Elements of the result that are `stride` apart, a phase,
// see x through the same taps, which no other phase's elements use.
struct PhasedAxis {
  struct Tap {
    int64_t index, coordinate;
  };
  std::vector<std::vector<Tap>> taps;  // of each phase
  Table sizes;                         // how many elements a phase has
  int64_t before = 0, places = 0;

  PhasedAxis(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t padding) {
    // Element phase + stride * j of the result gets x[j + shift] by the tap.
    const auto shift = [&](int64_t phase, int64_t k) {
      return (phase + padding - dilation * k) / stride;
    };
    for (int64_t phase = 0; phase < std::min(stride, size); ++phase) {
      std::vector<Tap> fitting;
      for (int64_t k = 0; k < kernel; ++k) {
        if ((phase + padding - dilation * k) % stride != 0) continue;
        fitting.push_back({k, shift(phase, k)});
        before = std::max(before, -shift(phase, k));
      }
      taps.push_back(std::move(fitting));
      sizes.push_back(divide_up(size - phase, stride));
      places = std::max(places, sizes.back());
    }
    for (std::vector<Tap>& phase : taps) {
      for (Tap& tap : phase) tap.coordinate += before;
    }
  }

  Table coordinates() const {
    Table all;
    for (const std::vector<Tap>& phase : taps) {
      for (const Tap& tap : phase) all.push_back(tap.coordinate);
    }
    return all;
  }
};

// A transposed convolution: its axes, and with them the source and the phases that get anything.
struct PhasedAxes {
  PhasedAxis axes[3];

  PhasedAxes(const Triple& size, const Triple& kernel, const Geometry& g)
      : axes{PhasedAxis(size[0], kernel[0], g.stride[0], g.dilation[0], g.before[0]),
             PhasedAxis(size[1], kernel[1], g.stride[1], g.dilation[1], g.before[1]),
             PhasedAxis(size[2], kernel[2], g.stride[2], g.dilation[2], g.before[2])} {}

  template <typename T>
  Source<T> source(const Array& x, bool always_copy = false) const {
    return Source<T>(x, {axes[0].before, axes[1].before, axes[2].before}, {1, 1, 1},
                     {axes[0].places, axes[1].places, axes[2].places},
                     {axes[0].coordinates(), axes[1].coordinates(), axes[2].coordinates()},
                     always_copy);
  }

  template <typename T>
  std::vector<Phase> phases(const Source<T>& source, const Geometry& g, const Images<T>& kernel,
                            const Images<T>& out) const {
    std::vector<Phase> found;
    for (size_t d = 0; d < axes[0].taps.size(); ++d) {
      for (size_t h = 0; h < axes[1].taps.size(); ++h) {
        for (size_t w = 0; w < axes[2].taps.size(); ++w) {
          Phase phase;
          for (const PhasedAxis::Tap& i : axes[0].taps[d]) {
            for (const PhasedAxis::Tap& j : axes[1].taps[h]) {
              for (const PhasedAxis::Tap& k : axes[2].taps[w]) {
                phase.weight_taps.push_back(i.index * kernel.stride[0] +
                                            j.index * kernel.stride[1] +
                                            k.index * kernel.stride[2]);
                phase.source_taps.push_back(source.tap(i.coordinate, j.coordinate, k.coordinate));
              }
            }
          }
          if (phase.weight_taps.empty()) continue;
          const Triple size{axes[0].sizes[d], axes[1].sizes[h], axes[2].sizes[w]};
          phase.places = grid(size, source.place_stride());
          phase.out_places = grid(size, {g.stride[0] * out.stride[0], g.stride[1] * out.stride[1],
                                         g.stride[2] * out.stride[2]});
          const int64_t start = static_cast<int64_t>(d) * out.stride[0] +
                                static_cast<int64_t>(h) * out.stride[1] +
                                static_cast<int64_t>(w) * out.stride[2];
          for (int64_t& place : phase.out_places) place += start;
          found.push_back(std::move(phase));
        }
      }
    }
    return found;
  }

  // Whether all elements of the result are in a phase that gets something.
  bool covers_all() const {
    for (const PhasedAxis& axis : axes) {
      for (const std::vector<PhasedAxis::Tap>& taps : axis.taps) {
        if (taps.empty()) return false;
      }
    }
    return true;
  }
};

}  // namespace nd::cpu
