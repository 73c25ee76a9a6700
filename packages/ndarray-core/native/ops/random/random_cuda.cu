// Random numbers of the `cuda` devices: a thread makes what one block of the generator gives. The
// bits are those of the `cpu` device.
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"
#include "cuda/walk.hpp"
#include "ops/random/philox.hpp"
#include "ops/random/transforms.hpp"

namespace nd::cuda {
namespace {

template <typename T>
using Numbers = Vector<T, 16 / sizeof(T)>;

struct Bits {
  using Element = uint32_t;
  static __device__ __forceinline__ Numbers<uint32_t> make(const uint32_t (&words)[4]) {
    return {words[0], words[1], words[2], words[3]};
  }
};

template <typename T>
struct Uniform {
  using Element = T;
  static __device__ __forceinline__ Numbers<T> make(const uint32_t (&words)[4]) {
    if constexpr (sizeof(T) == 8) {
      return {uniform_of_words(words[0], words[1]), uniform_of_words(words[2], words[3])};
    } else {
      return {uniform_of_words(words[0]), uniform_of_words(words[1]), uniform_of_words(words[2]),
              uniform_of_words(words[3])};
    }
  }
};

template <typename T>
struct Normal {
  using Element = T;
  static __device__ __forceinline__ Numbers<T> make(const uint32_t (&words)[4]) {
    Numbers<T> numbers = Uniform<T>::make(words);
#pragma unroll
    for (int i = 0; i < static_cast<int>(16 / sizeof(T)); i += 2) {
      normal_pair(numbers[i], numbers[i + 1], numbers[i], numbers[i + 1]);
    }
    return numbers;
  }
};

template <typename Kind>
__global__ void __launch_bounds__(threads_per_block)
    make_random(typename Kind::Element* const out, const int64_t size, const uint64_t seed,
                const uint64_t offset) {
  using T = typename Kind::Element;
  constexpr int n = 16 / sizeof(T);
  const bool is_aligned = is_vector_aligned<n>(out);
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t block = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; block * n < size;
       block += step) {
    const Numbers<T> numbers =
        Kind::make(philox::block(seed, offset + static_cast<uint64_t>(block)).word);
    T* const to = out + block * n;
    if (is_aligned && (block + 1) * n <= size) {
      store_vector(to, numbers);
    } else {
      for (int k = 0; k < n && block * n + k < size; ++k) to[k] = numbers[k];
    }
  }
}

template <typename Kind>
void run(const Array& out, uint64_t seed, uint64_t offset) {
  using T = typename Kind::Element;
  const cudaStream_t stream = enter({&out});
  launch(make_random<Kind>, blocks_for(out.size(), 16 / sizeof(T)), threads_per_block, 0, stream,
         reinterpret_cast<T*>(out.data()), out.size(), seed, offset);
}

}  // namespace

void random(Distribution d, const Array& out, uint64_t seed, uint64_t offset) {
  const bool is_float64 = out.dtype() == DType::float64;
  switch (d) {
    case Distribution::bits:
      return run<Bits>(out, seed, offset);
    case Distribution::uniform:
      return (is_float64 ? run<Uniform<double>> : run<Uniform<float>>)(out, seed, offset);
    case Distribution::normal:
      return (is_float64 ? run<Normal<double>> : run<Normal<float>>)(out, seed, offset);
  }
}

}  // namespace nd::cuda
