// Winograd's convolution F(2 x 2, 3 x 3): a tile of 4 x 4 elements makes 2 x 2 places of the result
// with 16 products instead of 36 (Lavin and Gray, "Fast algorithms for convolutional neural
// networks", 2016). Transformed tiles have 16 components, each of which is a matrix.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

// Tiles side by side, in one row of tiles of one image, and in one panel of columns.
struct TileRun {
  int64_t source, column, length;  // offset in the padded images; first column; how many tiles
  int64_t out, rows, width;        // offset in the result; how much of it exists, of 2, of 2 length
};

template <typename T>
struct WinogradKernelsOf {
  int64_t column_tile;
  // Elements between the panels of a component, of `terms` rows of column_tile elements.
  int64_t (*panel_size)(int64_t terms);
  // to[component * component_size + channel], for each channel, and zeros up to a whole vector: the
  // transformed 3 x 3 windows, of which taps are the offsets in row-major order.
  void (*transform_weight)(T* to, int64_t component_size, const T* weight, int64_t channel_stride,
                           const int64_t* taps, int64_t channels);
  // Into panels: component, panel, channel, column. taps: the offsets of a tile's 16 elements.
  void (*transform_tiles)(T* to, int64_t panels, int64_t panel_size, const T* y,
                          int64_t channel_stride, const int64_t* taps, const TileRun* runs,
                          int64_t run_count, int64_t channels);
  // The same for tiles of 2 x 2 elements of a gradient: the transpose of transform_back.
  void (*transform_gradient)(T* to, int64_t panels, int64_t panel_size, const T* y,
                             int64_t channel_stride, const int64_t* taps, const TileRun* runs,
                             int64_t run_count, int64_t channels);
  // weight[channel * 9 + tap] = or +=, from from[component * component_size + channel]: the
  // transpose of transform_weight.
  void (*transform_weight_back)(T* weight, const T* from, int64_t component_size, int64_t channels,
                                bool add);
  // out (component, rows, columns) = packed weight (component, rows, terms) @ tiles; the weight
  // lies in blocks of `depth` terms, and component_size apart.
  void (*multiply)(T* out, int64_t out_size, const T* packed, int64_t component_size,
                   const T* tiles, int64_t panels, int64_t panel_size, int64_t rows, int64_t terms,
                   int64_t depth);
  void (*transform_back)(T* out, int64_t out_channel, int64_t out_row, const T* products,
                         int64_t products_size, int64_t columns, const TileRun* runs,
                         int64_t run_count, int64_t rows);
};
using WinogradKernels = RealKernels<WinogradKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(WinogradKernels, winograd_kernels)
