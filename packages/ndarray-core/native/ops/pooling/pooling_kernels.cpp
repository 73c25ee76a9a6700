// Compiled once per instruction set.
#include "ops/pooling/pooling_kernels.hpp"

#include <limits>

#include "cpu/lanes.hpp"
#include "cpu/stream_stores.hpp"
#include "ops/pooling/taps.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// Of a position, while windows are compared: as wide as the elements, so that a vector has as many
// of both.
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

// The largest elements are found in two steps: of each column of what a row of windows sees, and
// then, of these, of as many as a window is wide. Windows share their columns, and those in the
// padding are there, too, with the lowest number. Some places at a time, so that their columns stay
// in the first cache.
template <typename T>
struct Columns {
  static constexpr int64_t lanes = Blocking<T>::lanes, fitting = 1024;
  bool one_by_one;        // wide windows, and far ones; others a vector of places at a time
  int64_t places, count;  // at a time

  explicit Columns(const PlaneWindows& g) {
    const int64_t stride = g.stride[2], together = fitting / stride;
    one_by_one = together < lanes || (stride > 2 && g.window[2] >= 4 * lane_count);
    places = one_by_one ? (together > 1 ? together : 1)
                        : smaller(together / lanes * lanes, round_up(g.places[2], lanes));
    count = (places - 1) * stride + (g.window[2] - 1) * g.dilation[2] + 1;
  }
};

template <typename T>
size_t max_pool_scratch(const PlaneWindows& g) {
  return static_cast<size_t>(Columns<T>(g).count) * 2 * sizeof(T);
}

template <typename T>
struct Largest {
  using Index = typename index_of<T>::type;
  typedef int32_t Found __attribute__((vector_size(Blocking<T>::lanes * sizeof(int32_t))));
  T* values;
  Index* positions;
};

// The columns [first, last), which lie inside, of the two rows that start at `start` and `next`.
template <typename T>
ND_INLINE void begin_columns(const Largest<T>& of, const T* x, int64_t start, int64_t next,
                             int64_t first, int64_t last) {
  using Index = typename Largest<T>::Index;
#pragma GCC ivdep
  for (int64_t c = first; c < last; ++c) {
    const T held = x[start + c], value = x[next + c];
    const bool wins = exceeds(value, held);
    of.values[c] = wins ? value : held;
    of.positions[c] = static_cast<Index>(c) + static_cast<Index>(wins ? next : start);
  }
}
// And a row after them.
template <typename T>
ND_INLINE void add_to_columns(const Largest<T>& of, const T* x, int64_t start, int64_t first,
                              int64_t last) {
#pragma GCC ivdep
  for (int64_t c = first; c < last; ++c) {
    const T value = x[start + c], held = of.values[c];
    const bool wins = exceeds(value, held);
    of.values[c] = wins ? value : held;
    of.positions[c] = wins ? static_cast<typename Largest<T>::Index>(start + c) : of.positions[c];
  }
}

template <typename T>
void max_of_columns(const Largest<T>& of, const T* x, const WindowRow& row, int64_t start,
                    int64_t first, int64_t last) {
  int64_t rows = 0, first_row = 0;
  row.for_each_row([&](int64_t tap) {
    if (rows == 0) {
      first_row = start + tap;
    } else if (rows == 1) {
      begin_columns(of, x, first_row, start + tap, first, last);
    } else {
      add_to_columns(of, x, start + tap, first, last);
    }
    ++rows;
  });
  if (rows == 1) begin_columns(of, x, first_row, first_row, first, last);
}

// Of equal ones the first in the plane.
template <typename T, typename Stride>
ND_INLINE void max_of_windows(T* out, int32_t* positions, const Largest<T>& columns, int64_t places,
                              const PlaneWindows& g, Stride stride) {
  using Index = typename Largest<T>::Index;
  constexpr int lanes = Blocking<T>::lanes;
  for (int64_t o = 0; o < places; o += lanes) {
    if (places >= lanes) o = smaller(o, places - lanes);
    Vector<T> best = load_every<T>(stride, columns.values + o * stride);
    Vector<Index> chosen = load_every<Index>(stride, columns.positions + o * stride);
    for (int64_t k = 1, c = o * stride + g.dilation[2]; k < g.window[2]; ++k, c += g.dilation[2]) {
      const Vector<T> values = load_every<T>(stride, columns.values + c);
      const Vector<Index> from = load_every<Index>(stride, columns.positions + c);
      const auto exceeds = ~(values <= best) & (best == best);
      const auto is_less = ~(best <= values) & (values == values);
      const auto wins = exceeds | ((from < chosen) & ~is_less);
      best = wins ? values : best;
      chosen = wins ? from : chosen;
    }
    const typename Largest<T>::Found found =
        __builtin_convertvector(chosen, typename Largest<T>::Found);
    if (places >= lanes) {
      store(out + o, best);
      __builtin_memcpy(positions + o, &found, sizeof(found));
    } else {
      for (int64_t l = 0; l < places; ++l) {
        out[l] = best[l];
        positions[l] = found[l];
      }
    }
  }
}

// Between the elements of a window there may be so much room that none lies inside.
template <typename T>
void name_unseen(T* out, int32_t* positions, const WindowRow& row) {
  for (int64_t o = 0; o < row.g.places[2]; ++o) {
    const Range taps = taps_inside(row.g, 2, o);
    if (row.sees_any() && taps.first < taps.last) continue;
    out[o] = lowest<T>;
    positions[o] = static_cast<int32_t>(row.first_row() + first_seen(row.g, 2, o));
  }
}

template <typename T, typename Step>
ND_INLINE void max_of_window(T* out, int32_t* position, const Largest<T>& columns, int64_t first,
                             int64_t window, Step step) {
  using Index = typename Largest<T>::Index;
  const T* const values = columns.values + first;
  const Index* const positions = columns.positions + first;
  const T best =
      total_over<Maximum, T>(window, lowest<T>, [=](int64_t k) { return values[k * step]; });
  // If that is NaN, it equals nothing; if not, no number is NaN.
  const Index least =
      total_over<Minimum, Index>(window, std::numeric_limits<Index>::max(), [=](int64_t k) {
        const T value = values[k * step];
        const bool found = (value == best) | (value != value);
        return found ? positions[k * step] : std::numeric_limits<Index>::max();
      });
  *out = best;
  *position = static_cast<int32_t>(least);
}

template <typename T>
void max_pool(T* out, int32_t* positions, const T* x, int64_t planes, const PlaneWindows& g,
              void* scratch) {
  using Index = typename Largest<T>::Index;
  const Columns<T> columns(g);
  // Only then may all elements of a window pass the row.
  const bool may_miss = g.dilation[2] > g.size[2];
  T* const values = static_cast<T*>(scratch);
  const Largest<T> largest{values, reinterpret_cast<Index*>(values + columns.count)};
  for (int64_t place = 0; place < g.places[2]; place += columns.places) {
    const int64_t places = smaller(columns.places, g.places[2] - place);
    // The column of the row's first element, and that behind its last one.
    const int64_t zero = g.before[2] - place * g.stride[2];
    const int64_t end = smaller(columns.count, zero + g.size[2]), first = zero > 0 ? zero : 0;
    for (int64_t c = 0; c < columns.count; ++c) {
      values[c] = lowest<T>;
      largest.positions[c] = std::numeric_limits<Index>::max();
    }
    int64_t row = place;
    for (int64_t plane = 0; plane < planes; ++plane) {
      for (int64_t od = 0; od < g.places[0]; ++od) {
        for (int64_t oh = 0; oh < g.places[1]; ++oh, row += g.places[2]) {
          const WindowRow windows(g, od, oh);
          max_of_columns(largest, x + plane * plane_size_of(g), windows,
                         windows.start + place * g.stride[2], first, end);
          if (columns.one_by_one) {
            with_stride(g.dilation[2], [&](auto step) {
              for (int64_t o = 0; o < places; ++o) {
                max_of_window(out + row + o, positions + row + o, largest, o * g.stride[2],
                              g.window[2], step);
              }
            });
          } else {
            with_stride(g.stride[2], [&](auto stride) {
              max_of_windows(out + row, positions + row, largest, places, g, stride);
            });
          }
          if (may_miss || !windows.sees_any()) {
            name_unseen(out + row - place, positions + row - place, windows);
          }
        }
      }
    }
  }
}

template <typename T>
bool add_at(T* result, const T* gradient, const int32_t* positions, int64_t planes,
            int64_t plane_size, int64_t places, T* scratch) {
  uint32_t largest = 0;  // a negative one counts as large
  for (int64_t i = 0; i < planes * places; ++i) {
    const uint32_t position = static_cast<uint32_t>(positions[i]);
    largest = position > largest ? position : largest;
  }
  if (largest >= plane_size) return false;
  for (int64_t plane = 0; plane < planes; ++plane, result += plane_size) {
    T* const sums = scratch ? scratch : result;
    __builtin_memset(sums, 0, static_cast<size_t>(plane_size) * sizeof(T));
    for (int64_t o = 0; o < places; ++o) sums[positions[o]] += gradient[o];
    gradient += places, positions += places;
    if (!scratch) continue;
    write_row(result, plane_size, true, [=](T* to, int64_t first, int64_t count) {
      __builtin_memcpy(to, sums + first, static_cast<size_t>(count) * sizeof(T));
    });
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
constexpr PoolingKernelsOf<T> kernels_of = {
    max_pool<T>, max_pool_scratch<T>,  add_at<T>,
    avg_pool<T>, avg_pool_gradient<T>, avg_pool_gradient_scratch<T>};
constexpr PoolingKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const PoolingKernels& pooling_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
