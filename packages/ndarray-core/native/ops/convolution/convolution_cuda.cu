// Convolutions of the `cuda` devices: each is a matrix product of grids of points
// (grid_source.hpp), for all groups at once.
#include <numeric>
#include <vector>

#include "core/real_types.hpp"
#include "cuda/block_reduce.hpp"
#include "ops/convolution/grid_source.hpp"

namespace nd::cuda {
namespace {

// Of less depth than those of matrices: points take registers, too.
using MediumGridTile = Tile<64, 64, 8, 8, 8>;
using SmallGridTile = Tile<32, 32, 8, 4, 4>;

template <typename Tile, typename T>
__global__ void __launch_bounds__(Tile::threads) multiply_grids(const GridProduct<T> product) {
  int64_t index = blockIdx.x;
  const int64_t column = index % product.column_tiles * Tile::columns;
  index /= product.column_tiles;
  const int64_t row = index % product.row_tiles * Tile::rows;
  index /= product.row_tiles;
  const int64_t group = index % product.groups, part = index / product.groups;
  const int64_t begin = part * product.part_depth;
  const int64_t end = std::min<int64_t>(product.x.terms, begin + product.part_depth);
  const GridSource<T> x = product.of_group(product.x, group);
  const GridSource<T> y = product.of_group(product.y, group);
  multiply_tile<Tile>(x, y, row, column, begin, end, [&](int64_t r, int64_t c, const auto& sums) {
#pragma unroll
    for (int i = 0; i < static_cast<int>(sizeof(sums) / sizeof(T)); ++i) {
      product.store(group, part, r, c + i, sums[i]);
    }
  });
}

// For groups of few channels, where a tile would be mostly empty: a thread sums up a result.
constexpr int direct_threads = 128, direct_terms = 128;

template <typename T>
__global__ void __launch_bounds__(direct_threads) multiply_directly(const GridProduct<T> product) {
  ND_SHARED(Point, x_terms, [direct_terms]);
  ND_SHARED(Point, y_terms, [direct_terms]);
  int64_t index = blockIdx.x;
  const int64_t column = index % product.column_tiles * direct_threads + threadIdx.x;
  index /= product.column_tiles;
  const int64_t row = index % product.row_tiles, group = index / product.row_tiles;
  const GridSource<T> x = product.of_group(product.x, group);
  const GridSource<T> y = product.of_group(product.y, group);
  const Point of_row = x.row_grid.point(static_cast<uint32_t>(row));
  const bool inside = column < y.rows;
  const Point of_column = y.row_grid.point(inside ? static_cast<uint32_t>(column) : 0);
  T sum = 0;
  for (uint32_t first = 0; first < x.terms; first += direct_terms) {
    const uint32_t count = std::min<uint32_t>(direct_terms, x.terms - first);
    for (uint32_t i = threadIdx.x; i < count; i += direct_threads) {
      x_terms[i] = x.term_grid.point(first + i);
      y_terms[i] = y.term_grid.point(first + i);
    }
    __syncthreads();
    for (uint32_t i = 0; i < count; ++i) {
      sum += x.load(of_row, x_terms[i]) * y.load(of_column, y_terms[i]);
    }
    __syncthreads();
  }
  product.store(group, 0, row, column, sum);
}

// For few results of many terms: a block sums up one.
constexpr int summing_threads = 128;

template <typename T>
__global__ void __launch_bounds__(summing_threads) sum_products(const GridProduct<T> product) {
  int64_t index = blockIdx.x;
  const int64_t column = index % product.column_tiles;
  index /= product.column_tiles;
  const int64_t row = index % product.row_tiles, group = index / product.row_tiles;
  const GridSource<T> x = product.of_group(product.x, group);
  const GridSource<T> y = product.of_group(product.y, group);
  const Point of_row = x.row_grid.point(static_cast<uint32_t>(row));
  const Point of_column = y.row_grid.point(static_cast<uint32_t>(column));
  T sum = 0;
  for (uint32_t term = threadIdx.x; term < x.terms; term += summing_threads) {
    sum += x.load(of_row, x.term_grid.point(term)) * y.load(of_column, y.term_grid.point(term));
  }
  sum = block_total<Sum>(sum);
  if (threadIdx.x == 0) product.store(group, 0, row, column, sum);
}

// For depth, height and width; the first ones are missing where there are fewer.
int64_t value_of(const Dims& values, int from, int axis, int64_t missing) {
  const int i = from + axis - (3 - (values.size() - from));
  return i < from ? missing : values[i];
}

// An array (images, channels, spatial axes...) in three spatial axes.
struct Images {
  int64_t count, channels, image, channel;  // sizes, and strides in elements
  int64_t size[3], stride[3];

  explicit Images(const Array& x)
      : count(x.shape()[0]),
        channels(x.shape()[1]),
        image(x.strides()[0]),
        channel(x.strides()[1]) {
    for (int axis = 0; axis < 3; ++axis) {
      size[axis] = value_of(x.shape(), 2, axis, 1);
      stride[axis] = value_of(x.strides(), 2, axis, 0);
    }
  }
  int64_t places() const { return size[0] * size[1] * size[2]; }
};

// What one index of a grid along a spatial axis means: coordinates start + step * i, for i < size.
struct Progression {
  int64_t start = 0, step = 1, size = 1;
};

// Outer numbers `outer_stride` apart, and places of images of those strides.
PointGrid grid_of(int64_t outer_stride, const Progression (&axes)[3], const int64_t (&strides)[3]) {
  PointGrid grid{};
  grid.outer_stride = outer_stride;
  for (int axis = 0; axis < 3; ++axis) {
    grid.sizes[axis] = Divider(static_cast<uint32_t>(axes[axis].size));
    grid.start[axis] = static_cast<int>(axes[axis].start);
    grid.step[axis] = static_cast<int>(axes[axis].step);
    grid.strides[axis] = axes[axis].step * strides[axis];
    grid.first += axes[axis].start * strides[axis];
  }
  return grid;
}
// Outer numbers alone.
PointGrid line_of(int64_t stride) { return grid_of(stride, {}, {}); }

// Numbers of columns and terms have 31 bits.
void check_count(const char* op, int64_t count) {
  if (count < largest_launch) return;
  throw ShapeError(message(op, ": ", count, " places in all images; on cuda there can be ",
                           largest_launch, ": take fewer images at a time"));
}

template <typename Tile, typename T>
void launch_tiles(GridProduct<T> product, const Array& out, bool may_split, cudaStream_t stream) {
  product.row_tiles = divide_up(product.x.rows, Tile::rows);
  product.column_tiles = divide_up(product.y.rows, Tile::columns);
  const int64_t tiles = product.row_tiles * product.column_tiles * product.groups;
  const Parts parts(may_split ? tiles : largest_launch, product.x.terms, Tile::depth);
  const PartialSums<T> partial_sums(out, parts);
  product.part_count = parts.count;
  product.part_depth = parts.depth;
  product.parts = partial_sums.data();
  launch(multiply_grids<Tile, T>, static_cast<unsigned>(tiles * parts.count), Tile::threads, 0,
         stream, product);
  partial_sums.add_up(stream);
}

// is_dense: the result is (groups, rows, columns), so that parts of the terms may be added up.
template <typename T>
void run(GridProduct<T> product, const Array& out, bool is_dense, cudaStream_t stream) {
  const int64_t rows = product.x.rows, columns = product.y.rows, terms = product.x.terms;
  constexpr int64_t few = 4, small_side = 32, many_terms = 1024;
  if (std::min(rows, columns) <= few &&
      !(is_dense && columns >= direct_threads && terms >= many_terms)) {
    const bool sums = columns < direct_threads;
    product.row_tiles = rows;
    product.column_tiles = sums ? columns : divide_up(columns, direct_threads);
    const auto blocks = static_cast<unsigned>(rows * product.column_tiles * product.groups);
    if (sums) return launch(sum_products<T>, blocks, summing_threads, 0, stream, product);
    return launch(multiply_directly<T>, blocks, direct_threads, 0, stream, product);
  }
  if (std::is_same_v<T, double> || std::min(rows, columns) <= small_side) {
    launch_tiles<SmallGridTile>(product, out, is_dense, stream);
  } else if constexpr (std::is_same_v<T, float>) {
    launch_tiles<MediumGridTile>(product, out, is_dense, stream);
  }
}

// One axis of a transposed convolution. Elements of the result that are `stride` apart, a phase,
// see x through the same taps, first, first + step, ..., at which x's coordinates descend.
struct PhasedAxis {
  Progression out, taps, seen_by_place, seen_by_tap;

  PhasedAxis(int64_t phase, int64_t size, int64_t kernel, int64_t stride, int64_t dilation,
             int64_t before) {
    const int64_t step = stride / std::gcd(stride, dilation);
    int64_t first = 0;
    while (first < kernel && (phase + before - dilation * first) % stride != 0) ++first;
    const int64_t count = first < kernel ? divide_up(kernel - first, step) : 0;
    const int64_t places = divide_up(size - phase, stride);
    out = {phase, stride, places};
    taps = {first, step, count};
    seen_by_place = {(phase + before - dilation * first) / stride, 1, places};
    seen_by_tap = {0, -dilation * step / stride, count};
  }
};

template <typename T>
GridSource<T> source_of(const Array& array, const Images& images, const PointGrid& rows,
                        int64_t row_count, const PointGrid& terms, int64_t term_count,
                        int64_t group_stride, bool along_terms, bool has_edges) {
  GridSource<T> source{elements<T>(array),
                       rows,
                       terms,
                       static_cast<uint32_t>(row_count),
                       static_cast<uint32_t>(term_count),
                       group_stride,
                       along_terms,
                       has_edges,
                       {}};
  for (int axis = 0; axis < 3; ++axis) source.size[axis] = static_cast<uint32_t>(images.size[axis]);
  return source;
}

int64_t size_of(const Progression (&axes)[3]) { return axes[0].size * axes[1].size * axes[2].size; }

struct Geometry {
  int64_t stride[3], dilation[3], before[3];
  explicit Geometry(const Windows& windows) {
    for (int axis = 0; axis < 3; ++axis) {
      stride[axis] = value_of(windows.stride, 0, axis, 1);
      dilation[axis] = value_of(windows.dilation, 0, axis, 1);
      before[axis] = value_of(windows.before, 0, axis, 0);
    }
  }
};

// Rows are channels of the result, columns its places, terms x's channels and taps.
template <typename T>
void convolve(const Array& out_array, const Array& x_array, const Array& weight_array,
              const Windows& windows, cudaStream_t stream) {
  const Geometry geometry(windows);
  const Images out(out_array), x(x_array), weight(weight_array);
  const int64_t columns = out.count * out.places(), terms = weight.channels * weight.places();
  const int64_t rows = out.channels / windows.groups;
  check_count("convolution", std::max(columns, terms));
  Progression places[3], taps[3], seen_by_place[3], seen_by_tap[3];
  for (int axis = 0; axis < 3; ++axis) {
    places[axis] = {0, 1, out.size[axis]};
    taps[axis] = {0, 1, weight.size[axis]};
    seen_by_place[axis] = {-geometry.before[axis], geometry.stride[axis], out.size[axis]};
    seen_by_tap[axis] = {0, geometry.dilation[axis], weight.size[axis]};
  }
  GridProduct<T> product{};
  product.groups = windows.groups;
  product.x = source_of<T>(weight_array, weight, line_of(weight.image), rows,
                           grid_of(weight.channel, taps, weight.stride), terms, rows * weight.image,
                           true, false);
  product.y = source_of<T>(x_array, x, grid_of(x.image, seen_by_place, x.stride), columns,
                           grid_of(x.channel, seen_by_tap, x.stride), terms,
                           weight.channels * x.channel, false, true);
  product.out = {elements<T>(out_array), grid_of(out.image, places, out.stride), out.channel,
                 rows * out.channel};
  run(product, out_array, false, stream);
}

// As a convolution, phase by phase of the result; rows are channels of the result and terms x's.
template <typename T>
void convolve_transposed(const Array& out_array, const Array& x_array, const Array& weight_array,
                         const Windows& windows, cudaStream_t stream) {
  const Geometry geometry(windows);
  const Images out(out_array), x(x_array), weight(weight_array);
  const int64_t rows = weight.channels, channels = x.channels / windows.groups;
  std::vector<PhasedAxis> axes[3];
  bool covers_all = true;
  for (int axis = 0; axis < 3; ++axis) {
    for (int64_t phase = 0; phase < std::min(geometry.stride[axis], out.size[axis]); ++phase) {
      axes[axis].push_back(PhasedAxis(phase, out.size[axis], weight.size[axis],
                                      geometry.stride[axis], geometry.dilation[axis],
                                      geometry.before[axis]));
      covers_all &= axes[axis].back().taps.size > 0;
    }
  }
  if (!covers_all) fill(out_array, Scalar{});
  for (const PhasedAxis& depth : axes[0]) {
    for (const PhasedAxis& height : axes[1]) {
      for (const PhasedAxis& width : axes[2]) {
        const Progression places[3] = {depth.out, height.out, width.out};
        const Progression taps[3] = {depth.taps, height.taps, width.taps};
        if (size_of(taps) == 0) continue;
        const int64_t columns = out.count * size_of(places), terms = channels * size_of(taps);
        check_count("transposed_convolution", std::max(columns, terms));
        GridProduct<T> product{};
        product.groups = windows.groups;
        product.x = source_of<T>(weight_array, weight, line_of(weight.channel), rows,
                                 grid_of(weight.image, taps, weight.stride), terms,
                                 channels * weight.image, true, false);
        product.y = source_of<T>(
            x_array, x,
            grid_of(x.image, {depth.seen_by_place, height.seen_by_place, width.seen_by_place},
                    x.stride),
            columns,
            grid_of(x.channel, {depth.seen_by_tap, height.seen_by_tap, width.seen_by_tap},
                    x.stride),
            terms, channels * x.channel, false, true);
        product.out = {elements<T>(out_array), grid_of(out.image, places, out.stride), out.channel,
                       rows * out.channel};
        run(product, out_array, false, stream);
      }
    }
  }
}

// Rows are channels of the gradient, columns x's channels and taps, terms the places of all images.
template <typename T>
void weight_gradient(const Array& out_array, const Array& gradient_array, const Array& x_array,
                     const Windows& windows, cudaStream_t stream) {
  const Geometry geometry(windows);
  const Images out(out_array), x(x_array), gradient(gradient_array);
  const int64_t columns = out.channels * out.places();
  const int64_t terms = gradient.count * gradient.places();
  const int64_t rows = gradient.channels / windows.groups;
  check_count("convolution_weight_gradient", std::max(columns, terms));
  Progression places[3], seen_by_place[3], seen_by_tap[3];
  for (int axis = 0; axis < 3; ++axis) {
    places[axis] = {0, 1, gradient.size[axis]};
    seen_by_place[axis] = {0, geometry.stride[axis], gradient.size[axis]};
    seen_by_tap[axis] = {-geometry.before[axis], geometry.dilation[axis], out.size[axis]};
  }
  GridProduct<T> product{};
  product.groups = windows.groups;
  product.x = source_of<T>(gradient_array, gradient, line_of(gradient.channel), rows,
                           grid_of(gradient.image, places, gradient.stride), terms,
                           rows * gradient.channel, true, false);
  product.y = source_of<T>(x_array, x, grid_of(x.channel, seen_by_tap, x.stride), columns,
                           grid_of(x.image, seen_by_place, x.stride), terms,
                           out.channels * x.channel, true, true);
  product.out = {elements<T>(out_array), line_of(1), columns, rows * columns};
  run(product, out_array, true, stream);
}

}  // namespace

void convolution(const Array& out, const Array& x, const Array& weight, const Windows& windows) {
  const cudaStream_t stream = enter({&out, &x, &weight});
  dispatch_real(out.dtype(), [&]<typename T>() { convolve<T>(out, x, weight, windows, stream); });
}

void transposed_convolution(const Array& out, const Array& x, const Array& weight,
                            const Windows& windows) {
  const cudaStream_t stream = enter({&out, &x, &weight});
  dispatch_real(out.dtype(),
                [&]<typename T>() { convolve_transposed<T>(out, x, weight, windows, stream); });
}

void convolution_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                                 const Windows& windows) {
  const cudaStream_t stream = enter({&out, &gradient, &x});
  dispatch_real(out.dtype(),
                [&]<typename T>() { weight_gradient<T>(out, gradient, x, windows, stream); });
}

}  // namespace nd::cuda
