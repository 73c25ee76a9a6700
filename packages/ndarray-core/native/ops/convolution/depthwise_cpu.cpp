// Depthwise convolutions: threads share the planes, each of which is copied with its padding, and
// stays in the first or second-level cache from there on.
#include "core/scratch.hpp"
#include "cpu/cpu_backend.hpp"
#include "ops/convolution/depthwise.hpp"
#include "ops/convolution/depthwise_kernels.hpp"
#include "ops/convolution/windows.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const DepthwiseKernelsOf<T>& kernels() {
  static const DepthwiseKernels& selected = ND_SELECT_KERNELS(depthwise_kernels);
  return selected.of<T>();
}

std::vector<PlaceRun> runs_of(const Phase& phase, int64_t out_step) {
  std::vector<PlaceRun> runs;
  for (size_t i = 0; i < phase.places.size(); ++i) {
    const int64_t source = phase.places[i], out = phase.out_places[i];
    if (!runs.empty()) {
      PlaceRun& last = runs.back();
      if (source == last.source + last.length && out == last.out + last.length * out_step) {
        ++last.length;
        continue;
      }
    }
    runs.push_back({source, out, 1});
  }
  return runs;
}

// A padded plane, and a little behind it.
template <typename T>
Scratch plane_memory(const Source<T>& source) {
  return Scratch(static_cast<size_t>(source.channel + kernels<T>().lanes) * sizeof(T));
}

template <typename T>
void weigh_planes(const Images<T>& out, const Source<T>& source, const Images<T>& kernel,
                  const std::vector<Phase>& phases, int64_t out_step, int64_t weight_channel) {
  std::vector<std::vector<PlaceRun>> runs;
  for (const Phase& phase : phases) runs.push_back(runs_of(phase, out_step));
  const int64_t planes = out.count * out.channels;
  for_each_rows(planes, source.channel, [&](int64_t first, int64_t count) {
    const Scratch memory = plane_memory(source);
    T* const y = reinterpret_cast<T*>(memory.data());
    std::vector<T> weight;
    for (int64_t plane = first; plane < first + count; ++plane) {
      const int64_t image = plane / out.channels, channel = plane % out.channels;
      source.copy(image, channel, 1, y);
      const int64_t next_size = plane + 1 < first + count ? source.plane_size() : 0;
      for (size_t p = 0; p < phases.size(); ++p) {
        const Phase& phase = phases[p];
        weight.clear();
        for (int64_t tap : phase.weight_taps) {
          weight.push_back(kernel.data[channel * weight_channel + tap]);
        }
        kernels<T>().weigh(out.data + image * out.image + channel * out.channel, out_step, y,
                           runs[p].data(), static_cast<int64_t>(runs[p].size()), weight.data(),
                           phase.source_taps.data(), static_cast<int64_t>(weight.size()),
                           source.plane(plane + 1), p == 0 ? next_size : 0);
      }
    }
  });
}

template <typename T>
void weight_gradient(const Array& out_array, const Array& gradient_array, const Array& x,
                     const Windows& windows) {
  const Geometry geometry(windows);
  const Images<T> out(out_array), gradient(gradient_array);
  const Source<T> source = windows_of<T>(x, geometry, out.size, gradient.size, true);
  const Phase phase = phase_of(source, geometry, out, gradient);
  const std::vector<PlaceRun> runs = runs_of(phase, 1);
  const int64_t taps = static_cast<int64_t>(phase.source_taps.size()), lanes = kernels<T>().lanes;
  parallel_for(out.count, [&](int64_t channel) {
    const Scratch memory = plane_memory(source);
    T* const y = reinterpret_cast<T*>(memory.data());
    std::vector<T> sums(static_cast<size_t>(taps * lanes), T(0));
    for (int64_t image = 0; image < gradient.count; ++image) {
      source.copy(image, channel, 1, y);
      kernels<T>().add_products(
          sums.data(), gradient.data + image * gradient.image + channel * gradient.channel, y,
          runs.data(), static_cast<int64_t>(runs.size()), phase.source_taps.data(), taps);
    }
    for (int64_t t = 0; t < taps; ++t) {
      for (int64_t half = lanes / 2; half > 0; half /= 2) {
        for (int64_t l = 0; l < half; ++l) sums[t * lanes + l] += sums[t * lanes + l + half];
      }
      out.data[channel * out.image + phase.weight_taps[t]] = sums[t * lanes];
    }
  });
}

}  // namespace

void convolve_depthwise(const Array& out_array, const Array& x, const Array& weight,
                        const Windows& windows) {
  dispatch_real(x.dtype(), [&]<typename T>() {
    const Geometry geometry(windows);
    const Images<T> out(out_array), kernel(weight);
    const Source<T> source = windows_of<T>(x, geometry, kernel.size, out.size, true);
    weigh_planes(out, source, kernel, {phase_of(source, geometry, kernel, out)}, 1, kernel.image);
  });
}

void convolve_transposed_depthwise(const Array& out_array, const Array& x, const Array& weight,
                                   const Windows& windows) {
  dispatch_real(x.dtype(), [&]<typename T>() {
    const Geometry geometry(windows);
    const Images<T> out(out_array), kernel(weight);
    const PhasedAxes axes(out.size, kernel.size, geometry);
    const Source<T> source = axes.source<T>(x, true);
    const std::vector<Phase> phases = axes.phases(source, geometry, kernel, out);
    if (!axes.covers_all()) fill(out_array, Scalar{});
    if (phases.empty()) return;
    weigh_planes(out, source, kernel, phases, geometry.stride[2] * out.stride[2], kernel.image);
  });
}

void depthwise_weight_gradient(const Array& out, const Array& gradient, const Array& x,
                               const Windows& windows) {
  dispatch_real(x.dtype(), [&]<typename T>() {
    // Runs of the gradient have to lie side by side.
    const bool is_dense = gradient.layout.is_contiguous();
    Array dense = gradient;
    if (!is_dense) {
      dense = Array{cpu_backend().allocate(gradient.dtype(), gradient.size()),
                    Layout(gradient.shape())};
      copy(dense, gradient);
    }
    weight_gradient<T>(out, dense, x, windows);
  });
}

}  // namespace nd::cpu
