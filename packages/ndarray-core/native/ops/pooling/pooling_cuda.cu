// Pools of the `cuda` devices: a thread for each result.
#include "core/real_types.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/first_wrong.hpp"
#include "cuda/launch.hpp"
#include "cuda/walk.hpp"
#include "ops/pooling/geometry.hpp"

namespace nd::cuda {
namespace {

// Planes of results, for threads that handle one result each.
struct Results {
  Divider height, width;
  uint32_t plane_size;
  int64_t planes;

  Results(const int64_t (&sizes)[3], int64_t planes)
      : height(static_cast<uint32_t>(sizes[1])),
        width(static_cast<uint32_t>(sizes[2])),
        plane_size(static_cast<uint32_t>(sizes[0] * sizes[1] * sizes[2])),
        planes(planes) {}

  __device__ __forceinline__ void locate(uint32_t index, int64_t (&at)[3]) const {
    const uint32_t row = width.quotient(index), slice = height.quotient(row);
    at[2] = index - row * width.divisor;
    at[1] = row - slice * height.divisor;
    at[0] = slice;
  }
};

// Calls body(plane, place in the plane's result, its coordinates) for the results of a thread.
template <typename Body>
__device__ __forceinline__ void for_each_result(const Results& results, Body&& body) {
  for (int64_t plane = blockIdx.y; plane < results.planes; plane += gridDim.y) {
    for (uint32_t i = first_index(); i < results.plane_size; i += index_step()) {
      int64_t at[3];
      results.locate(i, at);
      body(plane, i, at);
    }
  }
}
dim3 blocks_for(const Results& results) {
  return dim3(static_cast<unsigned>(divide_up(results.plane_size, threads_per_block)),
              static_cast<unsigned>(std::min<int64_t>(results.planes, 65535)));
}

__host__ __device__ __forceinline__ int64_t volume(const int64_t (&sizes)[3]) {
  return sizes[0] * sizes[1] * sizes[2];
}

// Calls body(position in the plane) for the elements inside that a place sees, in order.
template <typename Body>
__device__ __forceinline__ void for_each_seen(const PlaneWindows& g, const int64_t (&place)[3],
                                              Body&& body) {
  int64_t start[3];
  for (int axis = 0; axis < 3; ++axis) start[axis] = place[axis] * g.stride[axis] - g.before[axis];
  for (int64_t i = 0, d = start[0]; i < g.window[0]; ++i, d += g.dilation[0]) {
    if (d < 0 || d >= g.size[0]) continue;
    for (int64_t j = 0, h = start[1]; j < g.window[1]; ++j, h += g.dilation[1]) {
      if (h < 0 || h >= g.size[1]) continue;
      for (int64_t k = 0, w = start[2]; k < g.window[2]; ++k, w += g.dilation[2]) {
        if (w >= 0 && w < g.size[2]) body((d * g.size[1] + h) * g.size[2] + w);
      }
    }
  }
}

template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    max_pool_kernel(T* out, int32_t* positions, const T* x, const PlaneWindows g,
                    const Results places) {
  for_each_result(places, [&](int64_t plane, uint32_t i, const int64_t (&place)[3]) {
    const T* const from = x + plane * volume(g.size);
    T best = -static_cast<T>(__builtin_inf());
    int64_t position =
        (first_seen(g, 0, place[0]) * g.size[1] + first_seen(g, 1, place[1])) * g.size[2] +
        first_seen(g, 2, place[2]);
    for_each_seen(g, place, [&](int64_t at) {
      const T value = from[at];
      if (!exceeds(value, best)) return;
      best = value;
      position = at;
    });
    out[plane * places.plane_size + i] = best;
    positions[plane * places.plane_size + i] = static_cast<int32_t>(position);
  });
}

// A warp for each plane: 32 places at a time, in order. Of those that chose the same element, the
// first adds up the gradients of all and writes to the result, so that nobody else does.
constexpr int warps_per_block = 4;

template <typename T>
__global__ void __launch_bounds__(warps_per_block * 32)
    max_pool_gradient_kernel(T* result, const T* gradient, const int32_t* positions,
                             int64_t plane_size, int64_t places, int64_t planes,
                             FirstWrong::Number* wrong) {
  ND_SHARED(int64_t, all_chosen, [warps_per_block][32]);
  ND_SHARED(T, all_gradients, [warps_per_block][32]);
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int64_t plane = static_cast<int64_t>(blockIdx.x) * warps_per_block + warp;
  if (plane >= planes) return;
  int64_t* const chosen = all_chosen[warp];
  T* const gradients = all_gradients[warp];
  T* const to = result + plane * plane_size;
  for (int64_t i = lane; i < plane_size; i += 32) to[i] = 0;
  for (int64_t first = 0; first < places; first += 32) {
    const int64_t place = first + lane;
    int64_t position = -1;
    T sum = 0;
    if (place < places) {
      position = positions[plane * places + place];
      sum = gradient[plane * places + place];
      if (position < 0 || position >= plane_size) {
        atomicMin(wrong, static_cast<FirstWrong::Number>(plane * places + place));
        position = -1;
      }
    }
    chosen[lane] = position;
    gradients[lane] = sum;
    __syncwarp();
    bool is_first = position >= 0;
    for (int other = 0; other < 32; ++other) {
      if (chosen[other] != position || other == lane) continue;
      if (other < lane) is_first = false;
      sum += gradients[other];
    }
    if (is_first) to[position] += sum;
    __syncwarp();  // also for the result: other lanes add to it in the next round
  }
}

template <typename T>
__device__ __forceinline__ T divisor_of(const PlaneWindows& g, const int64_t (&place)[3],
                                        bool count_include_pad, int64_t divisor) {
  if (divisor != 0) return static_cast<T>(divisor);
  int64_t count = 1;
  for (int axis = 0; axis < 3; ++axis) {
    count *= averaged(g, axis, place[axis], count_include_pad ? g.before[axis] : 0);
  }
  return static_cast<T>(count);
}

template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    avg_pool_kernel(T* out, const T* x, const PlaneWindows g, const Results places,
                    bool count_include_pad, int64_t divisor) {
  for_each_result(places, [&](int64_t plane, uint32_t i, const int64_t (&place)[3]) {
    const T* const from = x + plane * volume(g.size);
    T sum = 0;
    for_each_seen(g, place, [&](int64_t at) { sum += from[at]; });
    out[plane * places.plane_size + i] = sum / divisor_of<T>(g, place, count_include_pad, divisor);
  });
}

// Each element gathers from the places that have seen it.
template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    avg_pool_gradient_kernel(T* result, const T* gradient, const PlaneWindows g,
                             const Results elements, bool count_include_pad, int64_t divisor) {
  for_each_result(elements, [&](int64_t plane, uint32_t i, const int64_t (&element)[3]) {
    const T* const from = gradient + plane * volume(g.places);
    int64_t first[3], last[3];
    for (int axis = 0; axis < 3; ++axis) {
      const int64_t end = element[axis] + g.before[axis], start = end - g.window[axis] + 1;
      first[axis] = start > 0 ? (start + g.stride[axis] - 1) / g.stride[axis] : 0;
      last[axis] = std::min(end / g.stride[axis], g.places[axis] - 1);
    }
    T sum = 0;
    int64_t place[3];
    for (place[0] = first[0]; place[0] <= last[0]; ++place[0]) {
      for (place[1] = first[1]; place[1] <= last[1]; ++place[1]) {
        for (place[2] = first[2]; place[2] <= last[2]; ++place[2]) {
          const int64_t at = (place[0] * g.places[1] + place[1]) * g.places[2] + place[2];
          sum += from[at] / divisor_of<T>(g, place, count_include_pad, divisor);
        }
      }
    }
    result[plane * elements.plane_size + i] = sum;
  });
}

}  // namespace

void max_pool(const Array& out, const Array& positions, const Array& x, const Pools& pools) {
  const cudaStream_t stream = enter({&out, &positions, &x});
  const PlaneWindows g = geometry_of(x, out, pools);
  const Results places(g.places, x.shape()[0]);
  dispatch_real(x.dtype(), [&]<typename T>() {
    launch(max_pool_kernel<T>, blocks_for(places), threads_per_block, 0, stream, elements<T>(out),
           elements<int32_t>(positions), elements<T>(x), g, places);
  });
}

void max_pool_gradient(const Array& result, const Array& gradient, const Array& positions) {
  const cudaStream_t stream = enter({&result, &gradient, &positions});
  const int64_t planes = result.shape()[0], plane = result.size() / planes;
  const FirstWrong wrong(result, stream);
  dispatch_real(result.dtype(), [&]<typename T>() {
    launch(max_pool_gradient_kernel<T>, static_cast<unsigned>(divide_up(planes, warps_per_block)),
           warps_per_block * 32, 0, stream, elements<T>(result), elements<T>(gradient),
           elements<int32_t>(positions), plane, gradient.size() / planes, planes, wrong.address());
  });
  if (!wrong.find()) return;
  throw IndexError(message("max_pool_gradient: a position is not in [0, ", plane, ")"));
}

void avg_pool(const Array& out, const Array& x, const Pools& pools, bool count_include_pad,
              int64_t divisor) {
  const cudaStream_t stream = enter({&out, &x});
  const PlaneWindows g = geometry_of(x, out, pools);
  const Results places(g.places, x.shape()[0]);
  dispatch_real(x.dtype(), [&]<typename T>() {
    launch(avg_pool_kernel<T>, blocks_for(places), threads_per_block, 0, stream, elements<T>(out),
           elements<T>(x), g, places, count_include_pad, divisor);
  });
}

void avg_pool_gradient(const Array& result, const Array& gradient, const Pools& pools,
                       bool count_include_pad, int64_t divisor) {
  const cudaStream_t stream = enter({&result, &gradient});
  const PlaneWindows g = geometry_of(result, gradient, pools);
  const Results of_result(g.size, result.shape()[0]);
  dispatch_real(result.dtype(), [&]<typename T>() {
    launch(avg_pool_gradient_kernel<T>, blocks_for(of_result), threads_per_block, 0, stream,
           elements<T>(result), elements<T>(gradient), g, of_result, count_include_pad, divisor);
  });
}

}  // namespace nd::cuda
