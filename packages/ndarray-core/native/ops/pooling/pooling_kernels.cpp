// Compiled once per instruction set.
#include "ops/pooling/pooling_kernels.hpp"

#include "ops/pooling/taps.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// As wide as the elements, so that both fill vectors alike.
template <typename T>
struct index_of {
  using type = int32_t;
};
template <>
struct index_of<double> {
  using type = int64_t;
};

template <typename T>
void max_pool(T* out, int64_t* positions, const T* x, int64_t planes, const PlaneWindows& g,
              T* rows) {
  using Index = typename index_of<T>::type;
  const int64_t width = g.places[2];
  Index* const chosen = reinterpret_cast<Index*>(rows);
  Index* const along = reinterpret_cast<Index*>(rows + width);
  for (int64_t o = 0; o < width; ++o) along[o] = static_cast<Index>(first_seen(g, 2, o));
  for (int64_t plane = 0; plane < planes; ++plane, x += plane_size_of(g)) {
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, out += width, positions += width) {
        const int64_t first = (first_seen(g, 0, od) * g.size[1] + first_seen(g, 1, oh)) * g.size[2];
        for (int64_t o = 0; o < width; ++o) {
          out[o] = -static_cast<T>(__builtin_inf());
          chosen[o] = static_cast<Index>(first) + along[o];
        }
        for_each_tap(g, od, oh, [&](const PlaceRange& range, int64_t start) {
          with_stride(g.stride[2], [&](auto stride) {
            const int64_t source = start + range.first * stride + range.offset;
            const T* const from = x + source;
            T* const best = out + range.first;
            Index* const place = chosen + range.first;
            const Index base = static_cast<Index>(source);
            const int64_t count = range.last - range.first;
#pragma GCC ivdep
            for (int64_t i = 0; i < count; ++i) {
              const T value = from[i * stride], held = best[i];
              const bool wins = exceeds(value, held);
              best[i] = wins ? value : held;
              place[i] =
                  wins ? static_cast<Index>(base + static_cast<Index>(i * stride)) : place[i];
            }
          });
        });
        for (int64_t o = 0; o < width; ++o) positions[o] = chosen[o];
      }
    }
  }
}

template <typename T>
bool add_at(T* result, const T* gradient, const int64_t* positions, int64_t planes,
            int64_t plane_size, int64_t places) {
  uint64_t largest = 0;
  for (int64_t i = 0; i < planes * places; ++i) {
    const uint64_t position = static_cast<uint64_t>(positions[i]);
    largest = position > largest ? position : largest;
  }
  if (largest >= static_cast<uint64_t>(plane_size)) return false;
  for (int64_t plane = 0; plane < planes; ++plane, result += plane_size) {
    __builtin_memset(result, 0, static_cast<size_t>(plane_size) * sizeof(T));
    for (int64_t o = 0; o < places; ++o) result[positions[o]] += gradient[o];
    gradient += places, positions += places;
  }
  return true;
}

template <typename T>
void avg_pool(T* out, const T* x, int64_t planes, const PlaneWindows& g, const T* const* counts) {
  const int64_t width = g.places[2];
  for (int64_t plane = 0; plane < planes; ++plane, x += plane_size_of(g)) {
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, out += width) {
        for (int64_t o = 0; o < width; ++o) out[o] = 0;
        for_each_tap(g, od, oh, [&](const PlaceRange& range, int64_t start) {
          with_stride(g.stride[2], [&](auto stride) {
            const T* const from = x + start + range.first * stride + range.offset;
            T* const sums = out + range.first;
            const int64_t count = range.last - range.first;
#pragma GCC ivdep
            for (int64_t i = 0; i < count; ++i) sums[i] += from[i * stride];
          });
        });
        const T of_row = counts[0][od] * counts[1][oh];
        const T* const along = counts[2];
#pragma GCC ivdep
        for (int64_t o = 0; o < width; ++o) out[o] /= of_row * along[o];
      }
    }
  }
}

template <typename T>
void avg_pool_gradient(T* result, const T* gradient, int64_t planes, const PlaneWindows& g,
                       const T* const* counts, T* row) {
  const int64_t width = g.places[2], plane_size = plane_size_of(g);
  for (int64_t plane = 0; plane < planes; ++plane, result += plane_size) {
    __builtin_memset(result, 0, static_cast<size_t>(plane_size) * sizeof(T));
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, gradient += width) {
        const T of_row = counts[0][od] * counts[1][oh];
        const T* const along = counts[2];
#pragma GCC ivdep
        for (int64_t o = 0; o < width; ++o) row[o] = gradient[o] / (of_row * along[o]);
        for_each_tap(g, od, oh, [&](const PlaceRange& range, int64_t start) {
          with_stride(g.stride[2], [&](auto stride) {
            T* const to = result + start + range.first * stride + range.offset;
            const T* const shares = row + range.first;
            const int64_t count = range.last - range.first;
#pragma GCC ivdep
            for (int64_t i = 0; i < count; ++i) to[i * stride] += shares[i];
          });
        });
      }
    }
  }
}

template <typename T>
constexpr PoolingKernelsOf<T> kernels_of = {max_pool<T>, add_at<T>, avg_pool<T>,
                                            avg_pool_gradient<T>};
constexpr PoolingKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const PoolingKernels& pooling_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
