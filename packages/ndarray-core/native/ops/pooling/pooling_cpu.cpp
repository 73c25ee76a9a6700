// Pools on the `cpu` device: threads share the planes.
#include <array>
#include <atomic>
#include <vector>

#include "core/allow_threads.hpp"
#include "core/fused.hpp"
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/pooling/geometry.hpp"
#include "ops/pooling/pooling_kernels.hpp"
#include "ops/pooling/tap_offsets.hpp"

namespace nd::cpu {
namespace {

// A larger plane is not put together in the cache.
constexpr size_t most_streamed = 128 << 10;

template <typename T>
const PoolingKernelsOf<T>& kernels() {
  static const PoolingKernels& selected = ND_SELECT_KERNELS(pooling_kernels);
  return selected.of<T>();
}

// How many elements each place's mean is taken of, as a product over the axes.
template <typename T>
struct Counts {
  std::vector<T> of[3];
  const T* tables[3];

  Counts(const PlaneWindows& g, bool count_include_pad, int64_t divisor) {
    for (int axis = 0; axis < 3; ++axis) {
      const int64_t margin = count_include_pad ? g.before[axis] : 0;
      for (int64_t o = 0; o < g.places[axis]; ++o) {
        of[axis].push_back(divisor ? T(1) : static_cast<T>(averaged(g, axis, o, margin)));
      }
      tables[axis] = of[axis].data();
    }
    for (T& count : of[0]) count *= divisor ? static_cast<T>(divisor) : T(1);
  }
};

// body(first, count) for the planes that a task does.
template <typename Body>
void for_each_planes(const Array& out, const Array& x, Body&& body) {
  const int64_t planes = x.shape()[0];
  for_each_rows(planes, (x.size() + out.size()) / planes, body);
}

}  // namespace

void max_pool(const Array& out, const Array& positions, const Array& x, const Pools& pools) {
  AllowThreads allow(x.size());
  PlaneWindows g = geometry_of(x, out, pools);
  const TapOffsets offsets(g);
  const int64_t plane = x.size() / x.shape()[0], places = out.size() / x.shape()[0];
  dispatch_real(x.dtype(), [&]<typename T>() {
    for_each_planes(out, x, [&](int64_t first, int64_t count) {
      const Scratch scratch(kernels<T>().max_pool_scratch(g));
      kernels<T>().max_pool(elements<T>(out) + first * places,
                            elements<int32_t>(positions) + first * places,
                            elements<T>(x) + first * plane, count, g, scratch.data());
    });
  });
}

void max_pool_gradient(const Array& result, const Array& gradient, const Array& positions) {
  AllowThreads allow(result.size());
  const int64_t plane = result.size() / result.shape()[0];
  const int64_t places = gradient.size() / result.shape()[0];
  std::atomic<bool> is_fine = true;
  dispatch_real(result.dtype(), [&]<typename T>() {
    const size_t plane_bytes = static_cast<size_t>(plane) * sizeof(T);
    const bool streams = plane_bytes <= most_streamed && is_streamed(result, plane);
    for_each_planes(gradient, result, [&](int64_t first, int64_t count) {
      const Scratch scratch(streams ? plane_bytes : 0);
      if (!kernels<T>().add_at(elements<T>(result) + first * plane,
                               elements<T>(gradient) + first * places,
                               elements<int32_t>(positions) + first * places, count, plane, places,
                               streams ? reinterpret_cast<T*>(scratch.data()) : nullptr)) {
        is_fine = false;
      }
    });
  });
  if (is_fine) return;
  throw IndexError(message("max_pool_gradient: a position is not in [0, ", plane, ")"));
}

void avg_pool(const Array& out, const Array& x, const Pools& pools, bool count_include_pad,
              int64_t divisor) {
  AllowThreads allow(x.size());
  PlaneWindows g = geometry_of(x, out, pools);
  const TapOffsets offsets(g);
  const int64_t plane = x.size() / x.shape()[0], places = out.size() / x.shape()[0];
  dispatch_real(x.dtype(), [&]<typename T>() {
    const Counts<T> counts(g, count_include_pad, divisor);
    for_each_planes(out, x, [&](int64_t first, int64_t count) {
      kernels<T>().avg_pool(elements<T>(out) + first * places, elements<T>(x) + first * plane,
                            count, g, counts.tables);
    });
  });
}

void avg_pool_gradient(const Array& result, const Array& gradient, const Pools& pools,
                       bool count_include_pad, int64_t divisor) {
  AllowThreads allow(result.size());
  const PlaneWindows g = geometry_of(result, gradient, pools);
  const int64_t planes = result.shape()[0];
  const int64_t plane = result.size() / planes, places = gradient.size() / planes;
  dispatch_real(result.dtype(), [&]<typename T>() {
    const Counts<T> counts(g, count_include_pad, divisor);
    for_each_planes(gradient, result, [&](int64_t first, int64_t count) {
      const Scratch scratch(kernels<T>().avg_pool_gradient_scratch(g));
      kernels<T>().avg_pool_gradient(elements<T>(result) + first * plane,
                                     elements<T>(gradient) + first * places, count, g,
                                     counts.tables, scratch.data());
    });
  });
}

}  // namespace nd::cpu
