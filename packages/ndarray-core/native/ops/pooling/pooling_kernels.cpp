// Compiled once per instruction set.
#include "ops/pooling/pooling_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/pooling/taps.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// As wide as the elements, so that a vector has as many of both.
template <typename T>
struct index_of {
  using type = int32_t;
};
template <>
struct index_of<double> {
  using type = int64_t;
};

template <typename T>
constexpr T lowest = -static_cast<T>(__builtin_inf());

// Windows that lie inside, Vectors vectors of them from place o on.
template <typename T, typename Stride, int64_t Vectors>
ND_INLINE void max_of_windows(T* out, int64_t* positions, const T* x, const WindowRow& row,
                              Stride stride, int64_t o, Known<Vectors>) {
  using Index = typename index_of<T>::type;
  constexpr int lanes = Blocking<T>::lanes;
  const int64_t start = row.start + o * stride;
  Vector<Index> along, chosen[Vectors];
  for (int l = 0; l < lanes; ++l) along[l] = static_cast<Index>(l * stride);
  const int64_t first = start + row.g.taps[row.first_tap(row.depths.first)];
  Vector<T> best[Vectors];
  for (int v = 0; v < Vectors; ++v) {
    best[v] = lowest<T> - Vector<T>{};
    chosen[v] = along + static_cast<Index>(first + v * lanes * stride);
  }
  row.for_each_tap([&](int64_t tap) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const int64_t place = start + tap + v * lanes * stride;
      const Vector<T> values = load_every<T>(stride, x + place);
      // As exceeds() has it.
      const auto wins = ~(values <= best[v]) & (best[v] == best[v]);
      best[v] = wins ? values : best[v];
      chosen[v] = wins ? along + static_cast<Index>(place) : chosen[v];
    }
  });
  for (int v = 0; v < Vectors; ++v, o += lanes) {
    store(out + o, best[v]);
    for (int l = 0; l < lanes; ++l) positions[o + l] = chosen[v][l];
  }
}

template <typename T>
void max_of_window(T* out, int64_t* positions, const T* x, const WindowRow& row, int64_t o) {
  const PlaneWindows& g = row.g;
  const Range taps = taps_inside(g, 2, o);
  const int64_t start = row.start + o * g.stride[2];
  T best = lowest<T>;
  int64_t chosen = row.first_row() + first_seen(g, 2, o);
  row.for_each_row([&](int64_t tap) {
    for (int64_t kw = taps.first; kw < taps.last; ++kw) {
      const int64_t place = start + tap + kw * g.dilation[2];
      const bool wins = exceeds(x[place], best);
      best = wins ? x[place] : best;
      chosen = wins ? place : chosen;
    }
  });
  out[o] = best;
  positions[o] = chosen;
}

template <typename T>
void max_pool(T* out, int64_t* positions, const T* x, int64_t planes, const PlaneWindows& g) {
  const Range whole = whole_places(g);
  for (int64_t plane = 0; plane < planes; ++plane, x += plane_size_of(g)) {
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, out += g.places[2], positions += g.places[2]) {
        const WindowRow row(g, od, oh);
        const auto single = [&](int64_t o) { max_of_window(out, positions, x, row, o); };
        with_stride(g.stride[2], [&](auto stride) {
          const auto vectors = [&](int64_t o, auto count) {
            max_of_windows(out, positions, x, row, stride, o, count);
          };
          for_each_place<T>(g, row.sees_any() ? whole : Range{}, vectors, single);
        });
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

template <typename T, typename Stride, int64_t Vectors>
ND_INLINE void mean_of_windows(T* out, const T* x, const WindowRow& row, Stride stride, int64_t o,
                               Known<Vectors>, T of_row, const T* along) {
  constexpr int lanes = Blocking<T>::lanes;
  const T* const from = x + row.start + o * stride;
  Vector<T> sums[Vectors] = {};
  row.for_each_tap([&](int64_t tap) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      sums[v] += load_every<T>(stride, from + tap + v * lanes * stride);
    }
  });
  for (int v = 0; v < Vectors; ++v, o += lanes) {
    store(out + o, sums[v] / (of_row * load(along + o)));
  }
}

template <typename T>
T sum_of_window(const T* x, const WindowRow& row, int64_t o) {
  const Range taps = taps_inside(row.g, 2, o);
  const int64_t count = taps.last - taps.first;
  const T* const from = x + row.start + o * row.g.stride[2] + taps.first;
  T sum = 0;
  row.for_each_row([&](int64_t tap) {
    const T* const line = from + tap;
    if (count >= lane_count) {
      sum += sum_over<T>(count, [=](int64_t i) { return line[i]; });
    } else {
      for (int64_t i = 0; i < count; ++i) sum += line[i];
    }
  });
  return sum;
}

template <typename T>
void avg_pool(T* out, const T* x, int64_t planes, const PlaneWindows& g, const T* const* counts) {
  const Range whole = whole_places(g);
  const T* const along = counts[2];
  for (int64_t plane = 0; plane < planes; ++plane, x += plane_size_of(g)) {
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, out += g.places[2]) {
        const WindowRow row(g, od, oh);
        const T of_row = counts[0][od] * counts[1][oh];
        const auto single = [&](int64_t o) {
          out[o] = sum_of_window(x, row, o) / (of_row * along[o]);
        };
        with_stride(g.stride[2], [&](auto stride) {
          const auto vectors = [&](int64_t o, auto count) {
            mean_of_windows(out, x, row, stride, o, count, of_row, along);
          };
          for_each_place<T>(g, whole, vectors, single);
        });
      }
    }
  }
}

// A row of the gradient's shares lies between zeros, so that every element of a row of the image
// can take them in whole vectors, as if windows went on at both ends.
template <typename T>
struct ShareRows {
  int64_t before, steps, width;  // zeros before; strides in a row of the image; of a row of shares

  explicit ShareRows(const PlaneWindows& g)
      : before((g.window[2] - 1) / g.stride[2]),
        steps(ceil_div(g.size[2] + g.before[2], g.stride[2])),
        width(before + round_up(steps > g.places[2] ? steps : g.places[2], Blocking<T>::lanes)) {}
  // One row of the image is put together behind those of all places.
  int64_t elements(const PlaneWindows& g) const {
    return g.places[0] * g.places[1] * width + round_up(steps, Blocking<T>::lanes) * g.stride[2];
  }
};

template <typename T>
size_t avg_pool_gradient_scratch(const PlaneWindows& g) {
  return static_cast<size_t>(ShareRows<T>(g).elements(g)) * sizeof(T);
}

// to[l * stride + phase] = values(phase)[l] for all phases below the stride.
template <typename T, typename Values>
ND_INLINE void store_every(Known<1>, T* to, const Values& values) {
  store(to, values(0));
}
template <typename T, typename Values>
ND_INLINE void store_every(Known<2>, T* to, const Values& values) {
  constexpr int lanes = Blocking<T>::lanes;
  const Vector<T> even = values(0), odd = values(1);
#pragma GCC unroll 16
  for (int l = 0; l < lanes; ++l) {
    to[2 * l] = even[l];
    to[2 * l + 1] = odd[l];
  }
}
template <typename T, typename Values>
ND_INLINE void store_every(int64_t stride, T* to, const Values& values) {
  for (int64_t phase = 0; phase < stride; ++phase) {
    const Vector<T> of_phase = values(phase);
    for (int l = 0; l < Blocking<T>::lanes; ++l) to[l * stride + phase] = of_phase[l];
  }
}

template <typename T>
void avg_pool_gradient(T* result, const T* gradient, int64_t planes, const PlaneWindows& g,
                       const T* const* counts, void* scratch) {
  const ShareRows<T> rows(g);
  const int64_t row_count = g.places[0] * g.places[1];
  T* const shares = static_cast<T*>(scratch);
  T* const whole_row = shares + row_count * rows.width;
  __builtin_memset(shares, 0, static_cast<size_t>(row_count * rows.width) * sizeof(T));
  for (int64_t plane = 0; plane < planes; ++plane) {
    for (int64_t od = 0; od < g.places[0]; ++od) {
      for (int64_t oh = 0; oh < g.places[1]; ++oh, gradient += g.places[2]) {
        T* const to = shares + (od * g.places[1] + oh) * rows.width + rows.before;
        const T of_row = counts[0][od] * counts[1][oh];
#pragma GCC ivdep
        for (int64_t o = 0; o < g.places[2]; ++o) to[o] = gradient[o] / (of_row * counts[2][o]);
      }
    }
    for (int64_t d = 0; d < g.size[0]; ++d) {
      const Range depths = places_around(g, 0, d);
      for (int64_t h = 0; h < g.size[1]; ++h, result += g.size[2]) {
        const Range heights = places_around(g, 1, h);
        const auto sums = [&](int64_t i, auto stride, int64_t phase) {
          Vector<T> sum{};
          for (int64_t od = depths.first; od < depths.last; ++od) {
            for (int64_t oh = heights.first; oh < heights.last; ++oh) {
              const T* from = shares + (od * g.places[1] + oh) * rows.width + rows.before + i;
              for (int64_t kw = phase; kw < g.window[2]; kw += stride) sum += load(from--);
            }
          }
          return sum;
        };
        with_stride(g.stride[2], [&](auto stride) {
          for (int64_t i = 0; i < rows.steps; i += Blocking<T>::lanes) {
            store_every(stride, whole_row + i * stride,
                        [&](int64_t phase) { return sums(i, stride, phase); });
          }
        });
        __builtin_memcpy(result, whole_row + g.before[2],
                         static_cast<size_t>(g.size[2]) * sizeof(T));
      }
    }
  }
}

template <typename T>
constexpr PoolingKernelsOf<T> kernels_of = {max_pool<T>, add_at<T>, avg_pool<T>,
                                            avg_pool_gradient<T>, avg_pool_gradient_scratch<T>};
constexpr PoolingKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const PoolingKernels& pooling_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
