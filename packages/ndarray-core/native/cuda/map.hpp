// out[i] = F::apply(x[i], y[i], ...): what is done to each element on its own, with operands of any
// strides. F is a type with a static function, so each F is a kernel of its own.
//
// Where everything is dense (or one element repeated), threads move 16 bytes at a time and the
// kernel is as fast as memory; else each finds its elements by dividing its number.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "cuda/launch.hpp"
#include "cuda/vector.hpp"
#include "cuda/walk.hpp"

namespace nd::cuda {

template <typename F, typename Out, typename... In>
__global__ void __launch_bounds__(threads_per_block)
    strided_map(const ThreadWalk<1 + sizeof...(In)> walk) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* elements[1 + sizeof...(In)];
    walk.locate(i, elements);
    [&]<size_t... k>(std::index_sequence<k...>) {
      *reinterpret_cast<Out*>(elements[0]) =
          F::apply(*reinterpret_cast<const In*>(elements[1 + k])...);
    }(std::index_sequence_for<In...>());
  }
}

// A dense operand, or one element that stands for all.
template <typename T>
struct Operand {
  const T* data;
  bool repeats;

  template <int n>
  __device__ __forceinline__ Vector<T, n> load(uint32_t first) const {
    if (!repeats) return load_vector<n>(data + first);
    Vector<T, n> result;
    for (int i = 0; i < n; ++i) result[i] = *data;
    return result;
  }
  __device__ __forceinline__ T at(uint32_t i) const { return data[repeats ? 0 : i]; }
};

template <typename... T>
inline constexpr int common_vector = 16 / static_cast<int>(std::max({sizeof(T)...}));

template <typename F, typename Out, typename... In>
__global__ void __launch_bounds__(threads_per_block)
    dense_map(Out* const out, const uint32_t size, Operand<In>... in) {
  constexpr int n = common_vector<Out, In...>;
  const uint32_t vectors = size / n;
  for (uint32_t v = first_index(); v < vectors; v += index_step()) {
    Vector<Out, n> result;
    [&](const auto&... x) {
#pragma unroll
      for (int i = 0; i < n; ++i) result[i] = F::apply(on_its_own(x[i])...);
    }(in.template load<n>(v * n)...);
    store_vector(out + v * n, result);
  }
  const uint32_t last = vectors * n + first_index();
  if (last < size) out[last] = F::apply(in.at(last)...);
}

template <typename F, typename Out, typename... In>
class Map {
  static constexpr int operands = 1 + sizeof...(In);
  static constexpr int n = common_vector<Out, In...>;

 public:
  static void run(const Walk<operands>& walk, cudaStream_t stream) {
    for_each_launch(walk, [&](const Walk<operands>& part) {
      const bool dense = is_dense(part, std::index_sequence_for<In...>());
      if (dense) return run_dense(part, stream, std::index_sequence_for<In...>());
      launch(strided_map<F, Out, In...>, blocks_for(part.size), threads_per_block, 0, stream,
             ThreadWalk<operands>(part));
    });
  }

 private:
  // Scalars and vectors have no dimension or one.
  static int64_t stride(const Walk<operands>& walk, int k) {
    return walk.ndim == 0 ? 0 : walk.strides[0][k];
  }
  template <typename T>
  static bool suits(const Walk<operands>& walk, int k) {
    return stride(walk, k) == sizeof(T) && is_vector_aligned<n>(reinterpret_cast<T*>(walk.data[k]));
  }
  template <size_t... k>
  static bool is_dense(const Walk<operands>& walk, std::index_sequence<k...>) {
    return walk.ndim == 1 && suits<Out>(walk, 0) &&
           (... && (stride(walk, 1 + k) == 0 || suits<In>(walk, 1 + k)));
  }
  template <size_t... k>
  static void run_dense(const Walk<operands>& walk, cudaStream_t stream,
                        std::index_sequence<k...>) {
    launch(dense_map<F, Out, In...>, blocks_for(walk.size, n), threads_per_block, 0, stream,
           reinterpret_cast<Out*>(walk.data[0]), static_cast<uint32_t>(walk.size),
           Operand<In>{reinterpret_cast<const In*>(walk.data[1 + k]), stride(walk, 1 + k) == 0}...);
  }
};

}  // namespace nd::cuda
