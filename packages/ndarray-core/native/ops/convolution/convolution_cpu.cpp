// Convolutions of the `cpu` device: each is turned into matrix products whose operands lie at
// offsets. How they are cut into tasks depends on the sizes alone, never on the number of threads.
#include <array>
#include <deque>
#include <vector>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/convolution/convolution_kernels.hpp"

namespace nd::cpu {
namespace {

// For depth, height and width; the first ones are 1 (and lie 0 apart) where there are fewer.
using Triple = std::array<int64_t, 3>;
using Table = std::vector<int64_t>;

template <typename T>
const ConvolutionKernelsOf<T>& kernels() {
  static const ConvolutionKernels& selected = ND_SELECT_KERNELS(convolution_kernels);
  return selected.of<T>();
}

Triple triple(const Dims& values, int from, int64_t missing) {
  Triple result{missing, missing, missing};
  const int count = values.size() - from;
  for (int i = 0; i < count; ++i) result[3 - count + i] = values[from + i];
  return result;
}

int64_t product_of(const Triple& t) { return t[0] * t[1] * t[2]; }

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
Table grid(const Triple& size, const Triple& stride) {
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

  Source(const Array& x, const Triple& before, const Triple& step, const Triple& places,
         const std::array<Table, 3>& taps)
      : x_(x), step_(step), before_(before) {
    bool is_padded = false;
    for (int axis = 0; axis < 3; ++axis) {
      padded_[axis] = 0;
      for (int64_t tap : taps[axis]) {
        padded_[axis] = std::max(padded_[axis], (places[axis] - 1) * step[axis] + tap + 1);
      }
      is_padded |= before[axis] != 0 || padded_[axis] > x_.size[axis];
    }
    is_copy_ = is_padded || step[2] != 1 || (x_.stride[2] != 1 && x_.size[2] != 1);
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
      phases_.push_back(tap % step[2]);
    }
    run_ = divide_up(padded_[2], step[2]);
    stride_[1] = run_ * static_cast<int64_t>(phases_.size());
    stride_[0] = stride_[1] * padded_[1];
    channel = stride_[0] * padded_[0];
    image = channel * x_.channels;
  }

  bool is_copy() const { return is_copy_; }
  int64_t images() const { return x_.count; }
  int64_t tap(int64_t d, int64_t h, int64_t w) const {
    const int64_t in_row = is_copy_ ? slot_[w % step_[2]] * run_ + w / step_[2] : w * stride_[2];
    return d * stride_[0] + h * stride_[1] + in_row;
  }
  Triple place_stride() const {
    return {step_[0] * stride_[0], step_[1] * stride_[1], is_copy_ ? 1 : stride_[2]};
  }

  // Where the images from `first` on lie; `memory` holds `count` copies.
  const T* prepare(int64_t first, int64_t count, T* memory) const {
    if (!is_copy_) return x_.data + first * x_.image;
    const int64_t channels =
        std::clamp<int64_t>(divide_up(parallel_grain, channel), 1, x_.channels);
    const int64_t pieces = divide_up(x_.channels, channels);
    parallel_for(count * pieces, [&](int64_t task) {
      const int64_t i = task / pieces, c = task % pieces * channels;
      PaddedCopy<T> copy;
      copy.to = memory + i * image + c * channel;
      copy.from = x_.data + (first + i) * x_.image + c * x_.channel;
      copy.channels = std::min(channels, x_.channels - c);
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
      kernels<T>().copy_padded(copy);
    });
    return memory;
  }

 private:
  const Images<const T> x_;
  const Triple step_, before_;
  Triple padded_, stride_;
  bool is_copy_;
  std::vector<char> wanted_[2];
  Table slot_;    // of the elements of a row with a remainder by the step
  Table phases_;  // the remainders that taps have
  int64_t run_ = 0;
};

// Images that are worked on together: what is copied of them stays in the third-level cache.
constexpr int64_t chunk_bytes = 4 << 20;
// A task is worth waking a thread for above some twenty microseconds of work.
constexpr double operations_per_task = 1 << 21;
constexpr int64_t most_tasks = 64;

int64_t tasks_worth_it(double rows, double columns, double terms) {
  return static_cast<int64_t>(
      std::clamp<double>(2 * rows * columns * terms / operations_per_task, 1, most_tasks));
}

int64_t images_at_once(int64_t images, int64_t bytes_each) {
  return std::clamp<int64_t>(chunk_bytes / std::max<int64_t>(bytes_each, 1), 1, images);
}

// A matrix that is packed once for all tasks, one after another for each group.
template <typename T>
struct PackedMatrix {
  int64_t rows, terms, depth, group_size;
  Scratch memory;

  PackedMatrix(int64_t groups, int64_t rows, int64_t terms)
      : rows(rows),
        terms(terms),
        depth(kernels<T>().block_depth(terms)),
        group_size(divide_up(rows, kernels<T>().row_unit) * kernels<T>().row_unit * terms),
        memory(static_cast<size_t>(groups * group_size) * sizeof(T)) {}

  T* group(int64_t g) const { return reinterpret_cast<T*>(memory.data()) + g * group_size; }

  // Packs element (i, k) of group g from x[g * x_group + i * x_row + offsets[k]].
  void pack(const T* x, int64_t groups, int64_t x_group, int64_t x_row, const Table& offsets) {
    const int64_t count = static_cast<int64_t>(offsets.size()), blocks = divide_up(count, depth);
    const int64_t padded_rows = group_size / terms;
    parallel_for(groups * blocks, [&](int64_t task) {
      const int64_t g = task / blocks, k = task % blocks * depth;
      kernels<T>().pack_x(group(g) + k * padded_rows, x + g * x_group, x_row, offsets.data() + k,
                          rows, std::min(depth, count - k));
    });
  }
};

// Which elements of the weight and of the source a pass takes together.
struct Taps {
  Table weight, source;
};

// The weight seen as groups of matrices (rows, channels, taps): strides in elements.
template <typename T>
struct WeightView {
  const T* data;
  int64_t groups, rows, channels, group, row, channel;
};

// Windows times a weight: out[n, r, place] is the sum over channels and taps of the weight's
// [r, channel, tap] times the source at the place's offset plus the channel's and the tap's.
template <typename T>
struct Pass {
  const Table places, out_places;
  Table terms;
  PackedMatrix<T> x;

  Pass(const WeightView<T>& weight, const Taps& taps, const Source<T>& source, Table places,
       Table out_places)
      : places(std::move(places)),
        out_places(std::move(out_places)),
        x(weight.groups, weight.rows, weight.channels * static_cast<int64_t>(taps.weight.size())) {
    Table x_terms;
    for (int64_t c = 0; c < weight.channels; ++c) {
      for (size_t t = 0; t < taps.weight.size(); ++t) {
        x_terms.push_back(c * weight.channel + taps.weight[t]);
        terms.push_back(c * source.channel + taps.source[t]);
      }
    }
    x.pack(weight.data, weight.groups, weight.group, weight.row, x_terms);
  }
};

template <typename T>
void run_passes(const Images<T>& out, const Source<T>& source, const std::deque<Pass<T>>& passes,
                int64_t groups, int64_t channels) {
  const ConvolutionKernelsOf<T>& kernel = kernels<T>();
  const int64_t image_bytes = source.image * static_cast<int64_t>(sizeof(T));
  const int64_t chunk = source.is_copy() ? images_at_once(out.count, image_bytes) : out.count;
  const Scratch copies(source.is_copy() ? static_cast<size_t>(chunk * image_bytes) : 0);
  struct Work {
    const Pass<T>* pass;
    int64_t columns, tasks, first_task;  // columns of a task; tasks of a group
  };
  for (int64_t first = 0; first < out.count; first += chunk) {
    const int64_t images = std::min(chunk, out.count - first);
    const T* const y = source.prepare(first, images, reinterpret_cast<T*>(copies.data()));
    std::vector<Work> works;
    int64_t tasks = 0, depth = 0;
    for (const Pass<T>& pass : passes) {
      const int64_t columns = images * static_cast<int64_t>(pass.places.size());
      const int64_t wanted =
          tasks_worth_it(static_cast<double>(pass.x.rows), static_cast<double>(columns),
                         static_cast<double>(pass.x.terms));
      int64_t piece =
          divide_up(divide_up(columns, wanted), kernel.column_tile) * kernel.column_tile;
      if (piece > kernel.most_columns) {
        piece = divide_up(piece, kernel.most_columns) * kernel.most_columns;
      }
      works.push_back({&pass, piece, divide_up(columns, piece), tasks});
      tasks += works.back().tasks * groups;
      depth = std::max(depth, pass.x.depth);
    }
    parallel_for(tasks, [&](int64_t task) {
      size_t w = works.size() - 1;
      while (task < works[w].first_task) --w;
      const Work& work = works[w];
      const Pass<T>& pass = *work.pass;
      task -= work.first_task;
      const int64_t g = task / work.tasks;
      const int64_t places = static_cast<int64_t>(pass.places.size());
      const int64_t begin = task % work.tasks * work.columns;
      const int64_t end = std::min(begin + work.columns, images * places);
      const Scratch scratch(
          static_cast<size_t>(std::min(work.columns, kernel.most_columns) * depth) * sizeof(T));
      IndexedProduct<T> product;
      product.rows = pass.x.rows;
      product.depth = pass.x.depth;
      product.packed_x = pass.x.group(g);
      product.y = y + g * channels * source.channel;
      product.out = out.data + first * out.image + g * pass.x.rows * out.channel;
      product.y_terms = {pass.terms.data(), pass.x.terms, 0};
      product.y_columns = {pass.places.data(), places, source.image};
      product.out_columns = {pass.out_places.data(), places, out.image};
      product.out_row = out.channel;
      for (int64_t j = begin; j < end; j += kernel.most_columns) {
        kernel.multiply(product, j, std::min(kernel.most_columns, end - j), 0, pass.x.terms, false,
                        reinterpret_cast<T*>(scratch.data()));
      }
    });
  }
}

template <typename T>
Source<T> windows_of(const Array& x, const Geometry& geometry, const Triple& kernel,
                     const Triple& places) {
  std::array<Table, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    for (int64_t k = 0; k < kernel[axis]; ++k) taps[axis].push_back(k * geometry.dilation[axis]);
  }
  return Source<T>(x, geometry.before, geometry.stride, places, taps);
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

template <typename T>
void convolve(const Array& out_array, const Array& x, const Array& weight, const Windows& windows) {
  const Geometry geometry(windows);
  const Images<T> out(out_array), kernel(weight);
  const Source<T> source = windows_of<T>(x, geometry, kernel.size, out.size);
  const int64_t rows = kernel.count / windows.groups;
  const WeightView<T> view{kernel.data,         windows.groups, rows,          kernel.channels,
                           rows * kernel.image, kernel.image,   kernel.channel};
  const Taps taps{grid(kernel.size, kernel.stride), tap_offsets(source, geometry, kernel.size)};
  std::deque<Pass<T>> passes;
  passes.emplace_back(view, taps, source, grid(out.size, source.place_stride()),
                      grid(out.size, out.stride));
  run_passes(out, source, passes, windows.groups, kernel.channels);
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

template <typename T>
void convolve_transposed(const Array& out_array, const Array& x, const Array& weight,
                         const Windows& windows) {
  const Geometry geometry(windows);
  const Images<T> out(out_array), kernel(weight);
  std::vector<PhasedAxis> axes;
  for (int i = 0; i < 3; ++i) {
    axes.emplace_back(out.size[i], kernel.size[i], geometry.stride[i], geometry.dilation[i],
                      geometry.before[i]);
  }
  const Source<T> source(x, {axes[0].before, axes[1].before, axes[2].before}, {1, 1, 1},
                         {axes[0].places, axes[1].places, axes[2].places},
                         {axes[0].coordinates(), axes[1].coordinates(), axes[2].coordinates()});
  const int64_t channels = kernel.count / windows.groups;  // of x, in a group
  const WeightView<T> view{kernel.data, windows.groups,          kernel.channels,
                           channels,    channels * kernel.image, kernel.channel,
                           kernel.image};
  std::deque<Pass<T>> passes;
  bool covers_all = true;
  for (size_t d = 0; d < axes[0].taps.size(); ++d) {
    for (size_t h = 0; h < axes[1].taps.size(); ++h) {
      for (size_t w = 0; w < axes[2].taps.size(); ++w) {
        Taps taps;
        for (const PhasedAxis::Tap& i : axes[0].taps[d]) {
          for (const PhasedAxis::Tap& j : axes[1].taps[h]) {
            for (const PhasedAxis::Tap& k : axes[2].taps[w]) {
              taps.weight.push_back(i.index * kernel.stride[0] + j.index * kernel.stride[1] +
                                    k.index * kernel.stride[2]);
              taps.source.push_back(source.tap(i.coordinate, j.coordinate, k.coordinate));
            }
          }
        }
        if (taps.weight.empty()) {
          covers_all = false;
          continue;
        }
        const Triple size{axes[0].sizes[d], axes[1].sizes[h], axes[2].sizes[w]};
        Table out_places =
            grid(size, {geometry.stride[0] * out.stride[0], geometry.stride[1] * out.stride[1],
                        geometry.stride[2] * out.stride[2]});
        const int64_t start = static_cast<int64_t>(d) * out.stride[0] +
                              static_cast<int64_t>(h) * out.stride[1] +
                              static_cast<int64_t>(w) * out.stride[2];
        for (int64_t& place : out_places) place += start;
        passes.emplace_back(view, taps, source, grid(size, source.place_stride()),
                            std::move(out_places));
      }
    }
  }
  if (!covers_all) fill(out_array, Scalar{});
  if (passes.empty()) return;
  run_passes(out, source, passes, windows.groups, channels);
}

// The gradients' rows, packed, times the windows: for each group, (channels of the result, places)
// @ (places, channels and taps). The places of a few images at a time are added up; where the
// weight is small, several threads share them, and their parts are added up in order at the end.
template <typename T>
void weight_gradient(const Array& out_array, const Array& gradient_array, const Array& x,
                     const Windows& windows) {
  const ConvolutionKernelsOf<T>& kernel = kernels<T>();
  const Geometry geometry(windows);
  const Images<T> out(out_array);
  const Images<const T> gradient(gradient_array);
  const Source<T> source = windows_of<T>(x, geometry, out.size, gradient.size);
  const int64_t groups = windows.groups, rows = out.count / groups;
  const int64_t places = product_of(gradient.size);
  const Table taps = tap_offsets(source, geometry, out.size);
  Table columns;
  for (int64_t c = 0; c < out.channels; ++c) {
    for (int64_t tap : taps) columns.push_back(c * source.channel + tap);
  }
  const int64_t n = static_cast<int64_t>(columns.size());
  const Table y_places = grid(gradient.size, source.place_stride());
  const Table x_places = grid(gradient.size, gradient.stride);

  const int64_t image_elements =
      std::max(source.is_copy() ? source.image : 0, gradient.channels * places);
  const int64_t chunk =
      images_at_once(gradient.count, image_elements * static_cast<int64_t>(sizeof(T)));
  const Scratch copies(source.is_copy() ? static_cast<size_t>(chunk * source.image) * sizeof(T)
                                        : 0);
  PackedMatrix<T> packed(groups, rows, chunk * places);

  constexpr int64_t enough_tasks = 16;
  const int64_t wanted = std::min(
      enough_tasks, tasks_worth_it(static_cast<double>(gradient.channels), static_cast<double>(n),
                                   static_cast<double>(packed.terms)));
  const int64_t piece = std::min(
      divide_up(divide_up(n, divide_up(wanted, groups)), kernel.column_tile) * kernel.column_tile,
      kernel.most_columns);
  const int64_t group_tasks = divide_up(n, piece), column_tasks = group_tasks * groups;
  const int64_t parts =
      std::clamp<int64_t>(wanted / column_tasks, 1, divide_up(packed.terms, packed.depth));
  const int64_t size = out.count * n;
  const Scratch part_memory(parts > 1 ? static_cast<size_t>(parts * size) * sizeof(T) : 0);
  T* const sums = parts > 1 ? reinterpret_cast<T*>(part_memory.data()) : out.data;
  const int64_t identity = 0;

  for (int64_t first = 0; first < gradient.count; first += chunk) {
    const int64_t images = std::min(chunk, gradient.count - first), terms = images * places;
    const T* const y = source.prepare(first, images, reinterpret_cast<T*>(copies.data()));
    Table x_terms;
    x_terms.reserve(static_cast<size_t>(terms));
    for (int64_t i = 0; i < images; ++i) {
      for (int64_t place : x_places) x_terms.push_back(i * gradient.image + place);
    }
    packed.pack(gradient.data + first * gradient.image, groups, rows * gradient.channel,
                gradient.channel, x_terms);
    const int64_t blocks = divide_up(terms, packed.depth);
    parallel_for(parts * column_tasks, [&](int64_t task) {
      const int64_t part = task / column_tasks, g = task % column_tasks / group_tasks;
      const int64_t j = task % group_tasks * piece;
      const int64_t begin = part * blocks / parts * packed.depth;
      const int64_t end = std::min((part + 1) * blocks / parts * packed.depth, terms);
      if (begin >= end) return;
      const Scratch scratch(static_cast<size_t>(piece * packed.depth) * sizeof(T));
      IndexedProduct<T> product;
      product.rows = rows;
      product.depth = packed.depth;
      product.packed_x = packed.group(g);
      product.y = y + g * out.channels * source.channel;
      product.out = sums + part * size + g * rows * n;
      product.y_terms = {y_places.data(), places, source.image};
      product.y_columns = {columns.data(), n, 0};
      product.out_columns = {&identity, 1, 1};
      product.out_row = n;
      kernel.multiply(product, j, std::min(piece, n - j), begin, end - begin, first > 0,
                      reinterpret_cast<T*>(scratch.data()));
    });
  }
  if (parts > 1) kernel.sum_parts(out.data, sums, parts, size);
}

}  // namespace

void convolution(const Array& out, const Array& x, const Array& weight, const Windows& windows) {
  AllowThreads allow(out.size() * weight.size());
  dispatch_real(out.dtype(), [&]<typename T>() { convolve<T>(out, x, weight, windows); });
}

void transposed_convolution(const Array& out, const Array& x, const Array& weight,
                            const Windows& windows) {
  AllowThreads allow(x.size() * weight.size());
  dispatch_real(out.dtype(),
                [&]<typename T>() { convolve_transposed<T>(out, x, weight, windows); });
}

void convolution_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                                 const Windows& windows) {
  AllowThreads allow(gradient.size() * out.size());
  dispatch_real(out.dtype(), [&]<typename T>() { weight_gradient<T>(out, gradient, x, windows); });
}

}  // namespace nd::cpu
