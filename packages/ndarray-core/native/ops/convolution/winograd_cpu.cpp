// Winograd's convolutions on the `cpu` device: threads share the tiles of a few images at a time.
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/convolution/windows.hpp"
#include "ops/convolution/winograd.hpp"
#include "ops/convolution/winograd_kernels.hpp"

namespace nd::cpu {
namespace {

constexpr int64_t components = 16;
// Matrices that are written or read side by side do not lie a power of two apart, where all would
// compete for the same lines of the cache.
constexpr int64_t skew = 16;

template <typename T>
const WinogradKernelsOf<T>& kernels() {
  static const WinogradKernels& selected = ND_SELECT_KERNELS(winograd_kernels);
  return selected.of<T>();
}

// Element (row, plane, channel, tap) of a weight lies at row * row_stride + plane * plane_stride +
// channel * channel_stride + taps[tap]. What is added up, the terms, are planes and channels.
struct WeightView {
  int64_t rows, planes, channels, row_stride, plane_stride, channel_stride;
  int64_t taps[9];
  int64_t terms() const { return planes * channels; }
};

// The transformed weight: for each component a matrix (rows, terms), packed.
template <typename T>
class TransformedWeight {
 public:
  const int64_t depth, component_size;

  TransformedWeight(const T* weight, const WeightView& view)
      : depth(convolution_kernels_of<T>().block_depth(view.terms())),
        component_size(padded_rows(view.rows) * view.terms()),
        memory_(static_cast<size_t>(components * component_size) * sizeof(T)) {
    // Channels are written in whole vectors: those of the last plane, too, end within the row.
    const int64_t last_plane = (view.planes - 1) * view.channels;
    const int64_t row_size = last_plane + divide_up(view.channels, skew) * skew;
    Table terms;
    for (int64_t i = 0; i < view.terms(); ++i) terms.push_back(i);
    // A few tiles of rows at a time, which stay in the second-level cache until they are packed;
    // the last ones with the rest, as how it is divided depends on how much there is.
    const int64_t at_once = 2 * convolution_kernels_of<T>().row_tile;
    const int64_t tasks = std::max<int64_t>(1, view.rows / at_once);
    parallel_for(tasks, [&](int64_t task) {
      const int64_t first = task * at_once;
      const int64_t rows = task + 1 < tasks ? at_once : view.rows - first;
      const int64_t plain_size = rows * row_size + skew;
      const Scratch plain(static_cast<size_t>(components * plain_size) * sizeof(T));
      T* const transformed = reinterpret_cast<T*>(plain.data());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t plane = 0; plane < view.planes; ++plane) {
          kernels<T>().transform_weight(
              transformed + i * row_size + plane * view.channels, plain_size,
              weight + (first + i) * view.row_stride + plane * view.plane_stride,
              view.channel_stride, view.taps, view.channels);
        }
      }
      for (int64_t component = 0; component < components; ++component) {
        T* const to = packed() + component * component_size;
        for (int64_t k = 0; k < view.terms(); k += depth) {
          const int64_t count = std::min(depth, view.terms() - k);
          convolution_kernels_of<T>().pack_x(to + k * padded_rows(view.rows) + first * count,
                                             transformed + component * plain_size, row_size,
                                             terms.data() + k, rows, count);
        }
      }
    });
  }

  T* packed() const { return reinterpret_cast<T*>(memory_.data()); }

 private:
  static int64_t padded_rows(int64_t rows) {
    const int64_t unit = convolution_kernels_of<T>().row_unit;
    return divide_up(rows, unit) * unit;
  }
  const Scratch memory_;
};

// Rows of a weight that are worked on together: what is transformed of them takes up to `bytes`.
template <typename T>
int64_t rows_at_once(int64_t rows, int64_t terms, int64_t bytes) {
  constexpr int64_t least = 64;  // with fewer, tiles would take as long to transform as to multiply
  const int64_t fitting = bytes / (components * terms * static_cast<int64_t>(sizeof(T)));
  return std::min(rows, std::max(fitting / 32 * 32, least));
}

// The tiles of images, plane by plane and row by row of tiles.
struct Tiles {
  int64_t depth, height, width;  // how many there are
  int64_t of_plane() const { return height * width; }
  int64_t of_image() const { return depth * of_plane(); }
  Triple places() const { return {depth, height, width}; }

  explicit Tiles(const Triple& size)
      : depth(size[0]), height(divide_up(size[1], 2)), width(divide_up(size[2], 2)) {}
};

// Tiles [begin, end), which become columns from 0 on; runs end where a panel of columns does.
template <typename T>
std::vector<TileRun> runs_of(const Tiles& tiles, const Source<T>& source, const Images<T>& out,
                             int64_t begin, int64_t end) {
  std::vector<TileRun> runs;
  const int64_t panel = kernels<T>().column_tile;
  const Triple place = source.place_stride();
  for (int64_t tile = begin; tile < end;) {
    const int64_t image = tile / tiles.of_image(), plane = tile / tiles.of_plane() % tiles.depth;
    const int64_t i = tile / tiles.width % tiles.height, j = tile % tiles.width;
    const int64_t column = tile - begin;
    const int64_t length = std::min({tiles.width - j, end - tile, panel - column % panel});
    runs.push_back({image * source.image + plane * place[0] + i * place[1] + j * place[2], column,
                    length, image * out.image + plane * out.stride[0] + 2 * (i * out.stride[1] + j),
                    std::min<int64_t>(2, out.size[1] - 2 * i),
                    std::min(2 * length, out.size[2] - 2 * j)});
    tile += length;
  }
  return runs;
}

// Tiles of a task: what belongs to them should stay in the second-level cache.
template <typename T>
int64_t tiles_at_once(int64_t terms, int64_t rows) {
  const int64_t panel = kernels<T>().column_tile;
  const int64_t bytes = components * (terms + rows) * panel * static_cast<int64_t>(sizeof(T));
  return std::clamp<int64_t>((3 << 18) / bytes, 2, 8) * panel;
}

// prepare(first, images): where so many images lie; `chunk` at a time.
template <typename T, typename Prepare>
void run_rows(const Images<T>& out, const Tiles& tiles, const Source<T>& source, int64_t chunk,
              const Prepare& prepare, const T* weight_data, const WeightView& view) {
  const TransformedWeight<T> weight(weight_data, view);
  int64_t taps[components];
  for (int64_t i = 0; i < components; ++i) taps[i] = source.tap(0, i / 4, i % 4);

  const int64_t panel = kernels<T>().column_tile;
  const int64_t most_tiles = tiles_at_once<T>(view.terms(), view.rows);
  const int64_t panel_size = kernels<T>().panel_size(view.terms());
  for (int64_t first = 0; first < out.count; first += chunk) {
    const int64_t images = std::min(chunk, out.count - first), count = images * tiles.of_image();
    const T* const y = prepare(first, images);
    parallel_for(divide_up(count, most_tiles), [&](int64_t task) {
      const int64_t begin = task * most_tiles, end = std::min(begin + most_tiles, count);
      const int64_t panels = divide_up(end - begin, panel), columns = panels * panel;
      const std::vector<TileRun> runs = runs_of(tiles, source, out, begin, end);
      const int64_t run_count = static_cast<int64_t>(runs.size());
      const int64_t products_size = view.rows * columns + skew;
      const Scratch memory(static_cast<size_t>(components * (panels * panel_size + products_size)) *
                           sizeof(T));
      T* const transformed = reinterpret_cast<T*>(memory.data());
      T* const products = transformed + components * panels * panel_size;
      for (int64_t plane = 0; plane < view.planes; ++plane) {
        kernels<T>().transform_tiles(transformed + plane * view.channels * panel, panels,
                                     panel_size, y + source.tap(plane, 0, 0), source.channel, taps,
                                     runs.data(), run_count, view.channels);
      }
      kernels<T>().multiply(products, products_size, weight.packed(), weight.component_size,
                            transformed, panels, panel_size, view.rows, view.terms(), weight.depth);
      kernels<T>().transform_back(out.data + first * out.image, out.channel, out.stride[1],
                                  products, products_size, columns, runs.data(), run_count,
                                  view.rows);
    });
  }
}

template <typename T>
void run(const Images<T>& out, const Array& x, const T* weight, const WeightView& view,
         const Triple& before) {
  const Tiles tiles(out.size);
  Table planes;
  for (int64_t i = 0; i < view.planes; ++i) planes.push_back(i);
  const Source<T> source(x, before, {1, 2, 2}, tiles.places(),
                         {planes, Table{0, 1, 2, 3}, Table{0, 1, 2, 3}});
  const int64_t at_once = rows_at_once<T>(view.rows, view.terms(), 9 << 19);
  // Fewer images where none is looked at twice: more of them would take memory only.
  const int64_t image_bytes = source.image * static_cast<int64_t>(sizeof(T));
  const int64_t chunk =
      images_at_once(out.count, at_once < view.rows ? image_bytes : 2 * image_bytes);
  // A vector may be read that begins at the last element.
  const Scratch copies(static_cast<size_t>(chunk * source.image + skew) * sizeof(T));
  const T* prepared = nullptr;
  int64_t first_prepared = -1;
  // If all images are one chunk, it is there already for the rows that follow.
  const auto prepare = [&](int64_t first, int64_t images) {
    if (first != first_prepared) {
      prepared = source.prepare(first, images, reinterpret_cast<T*>(copies.data()));
      first_prepared = first;
    }
    return prepared;
  };
  for (int64_t row = 0; row < view.rows; row += at_once) {
    WeightView rows = view;
    rows.rows = std::min(at_once, view.rows - row);
    Images<T> part = out;
    part.data += row * out.channel;
    run_rows(part, tiles, source, chunk, prepare, weight + row * view.row_stride, rows);
  }
}

// Transformed tiles of some channels: for each component panels of columns, which are the tiles.
template <typename T>
class TransformedTiles {
 public:
  using Transform = decltype(WinogradKernelsOf<T>::transform_tiles);

  TransformedTiles(int64_t most_channels, int64_t most_tiles)
      : panel_(kernels<T>().column_tile),
        panels_(divide_up(most_tiles, panel_)),
        size_(kernels<T>().panel_size(most_channels)),
        memory_(static_cast<size_t>(components * panels_ * size_) * sizeof(T)) {
    for (int64_t tile = 0; tile < most_tiles; ++tile) {
      offsets_.push_back(tile / panel_ * size_ + tile % panel_);
    }
  }

  void fill(Transform transform, const Tiles& tiles, const Source<T>& source, const T* y,
            const int64_t* taps, const Images<T>& places, int64_t count, int64_t channels) {
    const int64_t at_once = 2 * panel_;
    parallel_for(divide_up(count, at_once), [&](int64_t task) {
      const int64_t begin = task * at_once, end = std::min(begin + at_once, count);
      const std::vector<TileRun> runs = runs_of(tiles, source, places, begin, end);
      transform(component(0) + begin / panel_ * size_, panels_, size_, y, source.channel, taps,
                runs.data(), static_cast<int64_t>(runs.size()), channels);
    });
  }

  T* component(int64_t i) const {
    return reinterpret_cast<T*>(memory_.data()) + i * panels_ * size_;
  }
  // Of tiles, for the first channel; the next one lies a panel's width further on.
  const int64_t* offsets() const { return offsets_.data(); }

 private:
  const int64_t panel_, panels_, size_;
  const Scratch memory_;
  Table offsets_;
};

// For a few images at a time, whose tiles are transformed once, and a few rows of the result: the
// gradients' tiles times the windows' tiles, component by component, added up.
template <typename T>
void run_weight_gradient(const Array& out_array, const Array& gradient_array, const Array& x,
                         const Windows& windows) {
  const ConvolutionKernelsOf<T>& kernel = convolution_kernels_of<T>();
  const Images<T> out(out_array), gradient(gradient_array);
  const int64_t channels = out.channels, panel = kernels<T>().column_tile;
  const Tiles tiles(gradient.size);
  const Triple step{1, 2, 2}, places = tiles.places();
  const Source<T> source(x, {0, windows.before[0], windows.before[1]}, step, places,
                         {Table{0}, Table{0, 1, 2, 3}, Table{0, 1, 2, 3}});
  const Source<T> of_gradient(gradient_array, {0, 0, 0}, step, places,
                              {Table{0}, Table{0, 1}, Table{0, 1}});
  int64_t taps[components], gradient_taps[4];
  for (int64_t i = 0; i < components; ++i) taps[i] = source.tap(0, i / 4, i % 4);
  for (int64_t i = 0; i < 4; ++i) gradient_taps[i] = of_gradient.tap(0, i / 2, i % 2);

  const int64_t at_once = rows_at_once<T>(out.count, channels, 1 << 20);
  const int64_t tile_bytes = components * channels * static_cast<int64_t>(sizeof(T));
  const int64_t chunk = images_at_once(gradient.count, 2 * tiles.of_image() * tile_bytes);
  const int64_t most_tiles = chunk * tiles.of_image();
  const Scratch copies(static_cast<size_t>(chunk * source.image + skew) * sizeof(T));
  const Scratch gradient_copies(static_cast<size_t>(chunk * of_gradient.image + skew) * sizeof(T));
  TransformedTiles<T> x_tiles(channels, most_tiles), gradient_tiles(at_once, most_tiles);
  const int64_t depth = kernel.block_depth(most_tiles);
  const int64_t padded_rows = divide_up(at_once, kernel.row_unit) * kernel.row_unit;
  const Scratch packed_memory(static_cast<size_t>(components * padded_rows * most_tiles) *
                              sizeof(T));
  T* const packed = reinterpret_cast<T*>(packed_memory.data());
  const int64_t product_size = at_once * channels + skew;
  const Scratch product_memory(static_cast<size_t>(components * product_size) * sizeof(T));
  T* const products = reinterpret_cast<T*>(product_memory.data());
  Table columns;
  for (int64_t c = 0; c < channels; ++c) columns.push_back(c * panel);
  const int64_t identity = 0;

  for (int64_t first = 0; first < gradient.count; first += chunk) {
    const int64_t images = std::min(chunk, gradient.count - first);
    const int64_t count = images * tiles.of_image(), blocks = divide_up(count, depth);
    x_tiles.fill(kernels<T>().transform_tiles, tiles, source,
                 source.prepare(first, images, reinterpret_cast<T*>(copies.data())), taps, gradient,
                 count, channels);
    const T* const g =
        of_gradient.prepare(first, images, reinterpret_cast<T*>(gradient_copies.data()));
    for (int64_t row = 0; row < out.count; row += at_once) {
      const int64_t rows = std::min(at_once, out.count - row);
      const int64_t packed_rows = divide_up(rows, kernel.row_unit) * kernel.row_unit;
      gradient_tiles.fill(kernels<T>().transform_gradient, tiles, of_gradient,
                          g + row * of_gradient.channel, gradient_taps, gradient, count, rows);
      parallel_for(components * blocks, [&](int64_t task) {
        const int64_t component = task / blocks, k = task % blocks * depth;
        kernel.pack_x(packed + (component * most_tiles + k) * packed_rows,
                      gradient_tiles.component(component), panel, gradient_tiles.offsets() + k,
                      rows, std::min(depth, count - k));
      });
      const int64_t pieces = divide_up(channels, kernel.most_columns);
      parallel_for(components * pieces, [&](int64_t task) {
        const int64_t component = task / pieces, j = task % pieces * kernel.most_columns;
        const Scratch scratch(static_cast<size_t>(kernel.most_columns * depth) * sizeof(T));
        IndexedProduct<T> product;
        product.rows = rows;
        product.depth = depth;
        product.packed_x = packed + component * most_tiles * packed_rows;
        product.y = x_tiles.component(component);
        product.out = products + component * product_size;
        product.y_terms = {x_tiles.offsets(), most_tiles, 0};
        product.y_columns = {columns.data(), channels, 0};
        product.out_columns = {&identity, 1, 1};
        product.out_row = channels;
        kernel.multiply(product, j, std::min(kernel.most_columns, channels - j), 0, count, false,
                        reinterpret_cast<T*>(scratch.data()));
      });
      parallel_for(rows, [&](int64_t i) {
        kernels<T>().transform_weight_back(out.data + (row + i) * channels * 9,
                                           products + i * channels, product_size, channels,
                                           first > 0);
      });
    }
  }
}

}  // namespace

bool suits_winograd(const Array& out, const Array& weight, const Windows& windows,
                    int64_t fewest_channels) {
  constexpr int64_t fewest_tiles = 64;
  const int spatial = weight.ndim() - 2;
  if (spatial < 2 || windows.groups != 1) return false;
  for (int axis = 0; axis < spatial; ++axis) {
    const int64_t size = weight.shape()[2 + axis];
    if (axis >= spatial - 2 && size != 3) return false;
    if (windows.stride[axis] != 1 || windows.dilation[axis] != 1 || windows.before[axis] >= size) {
      return false;
    }
  }
  return std::min(weight.shape()[0], weight.shape()[1]) >= fewest_channels &&
         out.size() / out.shape()[1] >= 4 * fewest_tiles;
}

void convolve_winograd(const Array& out_array, const Array& x, const Array& weight,
                       const Windows& windows) {
  dispatch_real(x.dtype(), [&]<typename T>() {
    const Images<T> out(out_array), kernel(weight);
    WeightView view{kernel.count,
                    kernel.size[0],
                    kernel.channels,
                    kernel.image,
                    kernel.stride[0],
                    kernel.channel,
                    {}};
    for (int i = 0; i < 9; ++i) {
      view.taps[i] = i / 3 * kernel.stride[1] + i % 3 * kernel.stride[2];
    }
    run(out, x, kernel.data, view, Geometry(windows).before);
  });
}

void convolve_transposed_winograd(const Array& out_array, const Array& x, const Array& weight,
                                  const Windows& windows) {
  dispatch_real(x.dtype(), [&]<typename T>() {
    // A convolution of x with the window turned around.
    const Images<T> out(out_array), kernel(weight);
    WeightView view{kernel.channels,
                    kernel.size[0],
                    kernel.count,
                    kernel.channel,
                    -kernel.stride[0],
                    kernel.image,
                    {}};
    for (int i = 0; i < 9; ++i) {
      view.taps[i] = (2 - i / 3) * kernel.stride[1] + (2 - i % 3) * kernel.stride[2];
    }
    Triple before = Geometry(windows).before;
    for (int axis = 0; axis < 3; ++axis) before[axis] = kernel.size[axis] - 1 - before[axis];
    run(out, x, kernel.data + (kernel.size[0] - 1) * kernel.stride[0], view, before);
  });
}

void winograd_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                              const Windows& windows) {
  dispatch_real(out.dtype(),
                [&]<typename T>() { run_weight_gradient<T>(out, gradient, x, windows); });
}

}  // namespace nd::cpu
