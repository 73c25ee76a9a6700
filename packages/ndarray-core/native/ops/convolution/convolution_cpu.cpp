// Convolutions of the `cpu` device: each is turned into matrix products whose operands lie at
// offsets. How they are cut into tasks depends on the sizes alone, never on the number of threads.
#include <deque>

#include "core/allow_threads.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/convolution/depthwise.hpp"
#include "ops/convolution/windows.hpp"
#include "ops/convolution/winograd.hpp"

namespace nd::cpu {
namespace {

// A task is worth waking a thread for above some twenty microseconds of work.
constexpr double operations_per_task = 1 << 21;
constexpr int64_t most_tasks = 64;

int64_t tasks_worth_it(double rows, double columns, double terms) {
  return static_cast<int64_t>(
      std::clamp<double>(2 * rows * columns * terms / operations_per_task, 1, most_tasks));
}

// A matrix that is packed once for all tasks, one after another for each group.
template <typename T>
struct PackedMatrix {
  int64_t rows, terms, depth, group_size;
  Scratch memory;

  PackedMatrix(int64_t groups, int64_t rows, int64_t terms)
      : rows(rows),
        terms(terms),
        depth(convolution_kernels_of<T>().block_depth(terms)),
        group_size(divide_up(rows, convolution_kernels_of<T>().row_unit) *
                   convolution_kernels_of<T>().row_unit * terms),
        memory(static_cast<size_t>(groups * group_size) * sizeof(T)) {}

  T* group(int64_t g) const { return reinterpret_cast<T*>(memory.data()) + g * group_size; }

  // Packs element (i, k) of group g from x[g * x_group + i * x_row + offsets[k]].
  void pack(const T* x, int64_t groups, int64_t x_group, int64_t x_row, const Table& offsets) {
    const int64_t count = static_cast<int64_t>(offsets.size()), blocks = divide_up(count, depth);
    const int64_t padded_rows = group_size / terms;
    parallel_for(groups * blocks, [&](int64_t task) {
      const int64_t g = task / blocks, k = task % blocks * depth;
      convolution_kernels_of<T>().pack_x(group(g) + k * padded_rows, x + g * x_group, x_row,
                                         offsets.data() + k, rows, std::min(depth, count - k));
    });
  }
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
  const Phase phase;
  Table terms;
  PackedMatrix<T> x;

  Pass(const WeightView<T>& weight, const Source<T>& source, Phase of_phase)
      : phase(std::move(of_phase)),
        x(weight.groups, weight.rows,
          weight.channels * static_cast<int64_t>(phase.weight_taps.size())) {
    Table x_terms;
    for (int64_t c = 0; c < weight.channels; ++c) {
      for (size_t t = 0; t < phase.weight_taps.size(); ++t) {
        x_terms.push_back(c * weight.channel + phase.weight_taps[t]);
        terms.push_back(c * source.channel + phase.source_taps[t]);
      }
    }
    x.pack(weight.data, weight.groups, weight.group, weight.row, x_terms);
  }
};

template <typename T>
void run_passes(const Images<T>& out, const Source<T>& source, const std::deque<Pass<T>>& passes,
                int64_t groups, int64_t channels) {
  const ConvolutionKernelsOf<T>& kernel = convolution_kernels_of<T>();
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
      const int64_t columns = images * static_cast<int64_t>(pass.phase.places.size());
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
      const int64_t places = static_cast<int64_t>(pass.phase.places.size());
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
      product.y_columns = {pass.phase.places.data(), places, source.image};
      product.out_columns = {pass.phase.out_places.data(), places, out.image};
      product.out_row = out.channel;
      for (int64_t j = begin; j < end; j += kernel.most_columns) {
        kernel.multiply(product, j, std::min(kernel.most_columns, end - j), 0, pass.x.terms, false,
                        reinterpret_cast<T*>(scratch.data()));
      }
    });
  }
}

template <typename T>
void convolve(const Array& out_array, const Array& x, const Array& weight, const Windows& windows) {
  const Geometry geometry(windows);
  const Images<T> out(out_array), kernel(weight);
  const Source<T> source = windows_of<T>(x, geometry, kernel.size, out.size);
  const int64_t rows = kernel.count / windows.groups;
  const WeightView<T> view{kernel.data,         windows.groups, rows,          kernel.channels,
                           rows * kernel.image, kernel.image,   kernel.channel};
  std::deque<Pass<T>> passes;
  passes.emplace_back(view, source, phase_of(source, geometry, kernel, out));
  run_passes(out, source, passes, windows.groups, kernel.channels);
}

template <typename T>
void convolve_transposed(const Array& out_array, const Array& x, const Array& weight,
                         const Windows& windows) {
  const Geometry geometry(windows);
  const Images<T> out(out_array), kernel(weight);
  const PhasedAxes axes(out.size, kernel.size, geometry);
  const Source<T> source = axes.source<T>(x);
  const int64_t channels = kernel.count / windows.groups;  // of x, in a group
  const WeightView<T> view{kernel.data, windows.groups,          kernel.channels,
                           channels,    channels * kernel.image, kernel.channel,
                           kernel.image};
  std::deque<Pass<T>> passes;
  for (Phase& phase : axes.phases(source, geometry, kernel, out)) {
    passes.emplace_back(view, source, std::move(phase));
  }
  if (!axes.covers_all()) fill(out_array, Scalar{});
  if (!passes.empty()) run_passes(out, source, passes, windows.groups, channels);
}

// The gradients' rows, packed, times the windows: for each group, (channels of the result, places)
// @ (places, channels and taps). The places of a few images at a time are added up; where the
// weight is small, several threads share them, and their parts are added up in order at the end.
template <typename T>
void weight_gradient(const Array& out_array, const Array& gradient_array, const Array& x,
                     const Windows& windows) {
  const ConvolutionKernelsOf<T>& kernel = convolution_kernels_of<T>();
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
  if (is_depthwise(weight, windows)) return convolve_depthwise(out, x, weight, windows);
  if (suits_winograd(out, weight, windows)) return convolve_winograd(out, x, weight, windows);
  dispatch_real(out.dtype(), [&]<typename T>() { convolve<T>(out, x, weight, windows); });
}

void transposed_convolution(const Array& out, const Array& x, const Array& weight,
                            const Windows& windows) {
  AllowThreads allow(x.size() * weight.size());
  if (is_depthwise(weight, windows)) {
    return convolve_transposed_depthwise(out, x, weight, windows);
  }
  if (suits_winograd(out, weight, windows)) {
    return convolve_transposed_winograd(out, x, weight, windows);
  }
  dispatch_real(out.dtype(),
                [&]<typename T>() { convolve_transposed<T>(out, x, weight, windows); });
}

void convolution_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                                 const Windows& windows) {
  AllowThreads allow(gradient.size() * out.size());
  if (is_depthwise(out, windows)) return depthwise_weight_gradient(out, gradient, x, windows);
  if (out.ndim() == 4 &&
      suits_winograd(gradient, out, windows, fewest_winograd_gradient_channels)) {
    return winograd_weight_gradient(out, gradient, x, windows);
  }
  dispatch_real(out.dtype(), [&]<typename T>() { weight_gradient<T>(out, gradient, x, windows); });
}

}  // namespace nd::cpu
