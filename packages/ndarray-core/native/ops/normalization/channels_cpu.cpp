// Normalisation of channels on the `cpu` device: x (N, C, S) is N * C rows of S elements. What is
// summed over the samples is summed row by row, and then in order.
#include <array>
#include <cmath>
#include <tuple>
#include <vector>

#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/normalization/normalization_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const NormalizationKernelsOf<T>& kernels() {
  static const NormalizationKernels& selected = ND_SELECT_KERNELS(normalization_kernels);
  return selected.of<T>();
}

struct Sizes {
  int64_t samples, channels, length;
  bool streams;  // whether results that are as large go past the caches
  explicit Sizes(const Array& x)
      : samples(x.shape()[0]),
        channels(x.shape()[1]),
        length(x.shape()[2]),
        streams(is_streamed(x, length)) {}
  int64_t rows() const { return samples * channels; }
};

template <typename T>
T at(const Array* vector, int64_t i, T otherwise) {
  return vector ? elements<T>(*vector)[i] : otherwise;
}

// body(row) for each row of x.
template <typename Body>
void for_each_row(const Sizes& sizes, Body&& body) {
  for_each_rows(sizes.rows(), sizes.length, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; ++row) body(row);
  });
}

// sum(row) for each row of x, finish(c) when that is done for all of channel c, and apply(row).
//
// Where there are channels enough for all threads, each takes a few of them through all three, and
// finds in its caches what it reads again; else the threads share the rows.
template <typename Sum, typename Finish, typename Apply>
void for_each_channel(const Sizes& sizes, const Sum& sum, const Finish& finish,
                      const Apply& apply) {
  constexpr int64_t enough_in_sequence = 1024;  // elements: far less is read slowly from memory
  const int64_t together =
      std::max<int64_t>(1, enough_in_sequence / std::max<int64_t>(1, sizes.length));
  const int64_t pieces = sizes.channels / together;
  if (pieces < 4 * num_threads()) {
    for_each_row(sizes, sum);
    for (int64_t c = 0; c < sizes.channels; ++c) finish(c);
    for_each_row(sizes, apply);
    return;
  }
  parallel_for(pieces, [&](int64_t piece) {
    const int64_t first = piece * sizes.channels / pieces,
                  last = (piece + 1) * sizes.channels / pieces;
    for (int64_t n = 0; n < sizes.samples; ++n) {
      for (int64_t c = first; c < last; ++c) sum(n * sizes.channels + c);
    }
    for (int64_t c = first; c < last; ++c) finish(c);
    for (int64_t n = sizes.samples - 1; n >= 0; --n) {  // what was read last is the nearest
      for (int64_t c = first; c < last; ++c) apply(n * sizes.channels + c);
    }
  });
}

// For each row, the sums of the gradient, and of gradient * (x - center).
template <typename T>
struct GradientSums {
  std::vector<T> plain, product;

  explicit GradientSums(int64_t rows) : plain(rows), product(rows) {}
  void of_row(int64_t row, const Array& gradient, const Array& x, int64_t length, T center) {
    kernels<T>().gradient_sums(&plain[row], &product[row], elements<T>(gradient) + row * length,
                               elements<T>(x) + row * length, length, center);
  }
  // Over the samples: the values of channel c lie `channels` apart.
  static T over_samples(const std::vector<T>& values, const Sizes& sizes, int64_t channel) {
    T total = 0;
    for (int64_t n = 0; n < sizes.samples; ++n) total += values[n * sizes.channels + channel];
    return total;
  }
};

// The mean and the variance of one channel, from the moments of its rows.
// T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing
// sample variances", 1979: samples of equal size.
template <typename T>
std::pair<T, T> combined_moments(const std::vector<T>& means, const std::vector<T>& squares,
                                 const Sizes& sizes, int64_t channel) {
  T mean = 0, total_squares = 0;
  for (int64_t n = 0; n < sizes.samples; ++n) {
    const int64_t row = n * sizes.channels + channel;
    const T difference = means[row] - mean;
    const T share = T(1) / static_cast<T>(n + 1);
    mean += difference * share;
    total_squares += squares[row] + difference * difference * static_cast<T>(sizes.length) *
                                        static_cast<T>(n) * share;
  }
  return {mean, total_squares / static_cast<T>(sizes.samples * sizes.length)};
}

template <typename T>
T reciprocal_deviation(T variance, double eps) {
  return 1 / std::sqrt(variance + static_cast<T>(eps));
}

template <typename T>
void batch_norm_of(const Array& out, const Array& mean, const Array& variance, const Array& x,
                   const Array* weight, const Array* bias, double eps) {
  const Sizes sizes(x);
  std::vector<T> means(sizes.rows()), squares(sizes.rows()), scales(sizes.channels);
  for_each_channel(
      sizes,
      [&](int64_t row) {
        kernels<T>().moments(&means[row], &squares[row], elements<T>(x) + row * sizes.length,
                             sizes.length);
      },
      [&](int64_t c) {
        T& own = elements<T>(variance)[c];
        std::tie(elements<T>(mean)[c], own) = combined_moments(means, squares, sizes, c);
        scales[c] = reciprocal_deviation(own, eps) * at<T>(weight, c, 1);
      },
      [&](int64_t row) {
        const int64_t c = row % sizes.channels, first = row * sizes.length;
        kernels<T>().affine(elements<T>(out) + first, elements<T>(x) + first, sizes.length,
                            elements<T>(mean)[c], scales[c], at<T>(bias, c, 0), sizes.streams);
      });
}

template <typename T>
void batch_norm_gradient_of(const std::array<const Array*, 3>& of, const Array& gradient,
                            const Array& x, const Array* weight, const Array& mean,
                            const Array& variance, double eps) {
  const Sizes sizes(x);
  const T count = static_cast<T>(sizes.samples * sizes.length);
  struct Channel {
    T scale, slope, shift;
  };
  std::vector<Channel> channels(sizes.channels);
  GradientSums<T> sums(sizes.rows());
  for_each_channel(
      sizes,
      [&](int64_t row) {
        sums.of_row(row, gradient, x, sizes.length, elements<T>(mean)[row % sizes.channels]);
      },
      [&](int64_t c) {
        const T plain = sums.over_samples(sums.plain, sizes, c);
        const T product = sums.over_samples(sums.product, sizes, c);
        const T rstd = reciprocal_deviation(elements<T>(variance)[c], eps);
        const T scale = rstd * at<T>(weight, c, 1);
        channels[c] = {scale, -scale * rstd * rstd * product / count, -scale * plain / count};
        if (of[1]) elements<T>(*of[1])[c] = product * rstd;
        if (of[2]) elements<T>(*of[2])[c] = plain;
      },
      [&](int64_t row) {
        if (!of[0]) return;
        const int64_t c = row % sizes.channels, first = row * sizes.length;
        kernels<T>().affine_gradient(elements<T>(*of[0]) + first, elements<T>(gradient) + first,
                                     elements<T>(x) + first, sizes.length, channels[c].scale,
                                     elements<T>(mean)[c], channels[c].slope, channels[c].shift,
                                     sizes.streams);
      });
}

// A group is `per_group` channels of one sample, which lie one after another. Calls
// body(group's first row, its mean, 1 / its deviation).
template <typename T, typename Body>
void for_each_group(const Array& x, int64_t groups, double eps, Body&& body) {
  const Sizes sizes(x);
  const int64_t per_group = sizes.channels / groups, size = per_group * sizes.length;
  for_each_rows(sizes.samples * groups, size, [&](int64_t first, int64_t count) {
    for (int64_t group = first; group < first + count; ++group) {
      T mean, squares;
      kernels<T>().moments(&mean, &squares, elements<T>(x) + group * size, size);
      body(group * per_group, mean, reciprocal_deviation(squares / static_cast<T>(size), eps));
    }
  });
}

template <typename T>
void group_norm_of(const Array& out, const Array& x, const Array* weight, const Array* bias,
                   int64_t groups, double eps) {
  const Sizes sizes(x);
  for_each_group<T>(x, groups, eps, [&](int64_t first_row, T mean, T rstd) {
    for (int64_t row = first_row; row < first_row + sizes.channels / groups; ++row) {
      const int64_t c = row % sizes.channels;
      kernels<T>().affine(elements<T>(out) + row * sizes.length,
                          elements<T>(x) + row * sizes.length, sizes.length, mean,
                          rstd * at<T>(weight, c, 1), at<T>(bias, c, 0), sizes.streams);
    }
  });
}

template <typename T>
void group_norm_gradient_of(const std::array<const Array*, 3>& of, const Array& gradient,
                            const Array& x, const Array* weight, int64_t groups, double eps) {
  const Sizes sizes(x);
  const int64_t per_group = sizes.channels / groups;
  GradientSums<T> sums(sizes.rows());
  for_each_group<T>(x, groups, eps, [&](int64_t first_row, T mean, T rstd) {
    T plain = 0, product = 0;  // over the group, with the weights
    for (int64_t row = first_row; row < first_row + per_group; ++row) {
      sums.of_row(row, gradient, x, sizes.length, mean);
      const T factor = at<T>(weight, row % sizes.channels, 1);
      plain += factor * sums.plain[row];
      product += factor * sums.product[row];
      sums.product[row] *= rstd;
    }
    if (!of[0]) return;
    const T count = static_cast<T>(per_group * sizes.length);
    for (int64_t row = first_row; row < first_row + per_group; ++row) {
      const int64_t first = row * sizes.length;
      kernels<T>().affine_gradient(
          elements<T>(*of[0]) + first, elements<T>(gradient) + first, elements<T>(x) + first,
          sizes.length, rstd * at<T>(weight, row % sizes.channels, 1), mean,
          -rstd * rstd * rstd * product / count, -rstd * plain / count, sizes.streams);
    }
  });
  for (int64_t c = 0; c < sizes.channels; ++c) {
    if (of[1]) elements<T>(*of[1])[c] = sums.over_samples(sums.product, sizes, c);
    if (of[2]) elements<T>(*of[2])[c] = sums.over_samples(sums.plain, sizes, c);
  }
}

template <typename T>
void channel_affine_gradient_of(const std::array<const Array*, 3>& of, const Array& gradient,
                                const Array& x, const Array& scale) {
  const Sizes sizes(x);
  GradientSums<T> sums(sizes.rows());
  for_each_row(sizes, [&](int64_t row) {
    if (of[1] || of[2]) sums.of_row(row, gradient, x, sizes.length, 0);
    if (!of[0]) return;
    kernels<T>().affine(elements<T>(*of[0]) + row * sizes.length,
                        elements<T>(gradient) + row * sizes.length, sizes.length, 0,
                        elements<T>(scale)[row % sizes.channels], 0, sizes.streams);
  });
  for (int64_t c = 0; c < sizes.channels; ++c) {
    if (of[1]) elements<T>(*of[1])[c] = sums.over_samples(sums.product, sizes, c);
    if (of[2]) elements<T>(*of[2])[c] = sums.over_samples(sums.plain, sizes, c);
  }
}

}  // namespace

void batch_norm(const Array& out, const Array& mean, const Array& variance, const Array& x,
                const Array* weight, const Array* bias, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(),
                [&]<typename T>() { batch_norm_of<T>(out, mean, variance, x, weight, bias, eps); });
}
void batch_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight,
                         const Array& mean, const Array& variance, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    batch_norm_gradient_of<T>({of_x, of_weight, of_bias}, gradient, x, weight, mean, variance, eps);
  });
}
void group_norm(const Array& out, const Array& x, const Array* weight, const Array* bias,
                int64_t groups, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(),
                [&]<typename T>() { group_norm_of<T>(out, x, weight, bias, groups, eps); });
}
void group_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight, int64_t groups,
                         double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    group_norm_gradient_of<T>({of_x, of_weight, of_bias}, gradient, x, weight, groups, eps);
  });
}
void channel_affine(const Array& out, const Array& x, const Array& scale, const Array& shift) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    const Sizes sizes(x);
    for_each_row(sizes, [&](int64_t row) {
      const int64_t c = row % sizes.channels;
      kernels<T>().affine(elements<T>(out) + row * sizes.length,
                          elements<T>(x) + row * sizes.length, sizes.length, 0,
                          elements<T>(scale)[c], elements<T>(shift)[c], sizes.streams);
    });
  });
}
void channel_affine_gradient(const Array* of_x, const Array* of_scale, const Array* of_shift,
                             const Array& gradient, const Array& x, const Array& scale) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    channel_affine_gradient_of<T>({of_x, of_scale, of_shift}, gradient, x, scale);
  });
}

}  // namespace nd::cpu
