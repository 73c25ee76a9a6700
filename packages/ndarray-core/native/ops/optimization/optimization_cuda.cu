// Steps of optimizers on the `cuda` devices: everything is read and written once, 16 bytes at a
// time.
#include "core/real_types.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"
#include "cuda/walk.hpp"
#include "ops/optimization/steps.hpp"

namespace nd::cuda {
namespace {

template <typename T>
__device__ bool reads_state(const SgdConstants<T>& constants) {
  return !constants.first;
}
template <typename T>
__device__ bool reads_state(const AdamConstants<T>&) {
  return true;
}

// The optimizer's arrays for one parameter.
template <typename T, int count>
struct States {
  T* data[count > 0 ? count : 1];
};

template <int n, int count, typename T, typename Constants, size_t... s>
__device__ __forceinline__ void advance_vector(const Constants& constants, int64_t i,
                                               T* const parameter, const T* const gradient,
                                               [[maybe_unused]] const States<T, count>& states,
                                               std::index_sequence<s...>) {
  Vector<T, n> own = load_vector<n>(parameter + i);
  const Vector<T, n> slope = load_vector<n>(gradient + i);
  [[maybe_unused]] Vector<T, n> state[count > 0 ? count : 1] = {};
  if (reads_state(constants)) (..., (state[s] = load_vector<n>(states.data[s] + i)));
  for (int k = 0; k < n; ++k) advance(constants, own[k], slope[k], state[s][k]...);
  store_vector(parameter + i, own);
  (..., store_vector(states.data[s] + i, state[s]));
}

template <int n, int count, typename T, typename Constants>
__global__ void __launch_bounds__(threads_per_block)
    step(const Constants constants, T* const parameter, const T* const gradient,
         const States<T, count> states, const int64_t size) {
  const auto sequence = std::make_index_sequence<count>();
  const int64_t threads = int64_t{gridDim.x} * blockDim.x, vectors = size / n;
  const int64_t thread = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (int64_t v = thread; v < vectors; v += threads) {
    advance_vector<n>(constants, v * n, parameter, gradient, states, sequence);
  }
  const int64_t last = vectors * n + thread;
  if (last < size) advance_vector<1>(constants, last, parameter, gradient, states, sequence);
}

template <typename T, typename Constants, typename... State>
void run(const Constants& constants, const Array& parameter, const Array& gradient,
         const State&... state) {
  const cudaStream_t stream = enter({&parameter, &gradient, &state...});
  const States<T, sizeof...(State)> states = {{elements<T>(state)...}};
  const auto start = [&]<int n>() {
    launch(step<n, sizeof...(State), T, Constants>, blocks_for(parameter.size(), n),
           threads_per_block, 0, stream, constants, elements<T>(parameter), elements<T>(gradient),
           states, parameter.size());
  };
  constexpr int full = full_vector<T>;
  const auto is_aligned = [](const Array& x) { return is_vector_aligned<full>(elements<T>(x)); };
  if (is_aligned(parameter) && is_aligned(gradient) && (... && is_aligned(state))) {
    start.template operator()<full>();
  } else {
    start.template operator()<1>();
  }
}

}  // namespace

void sgd_step(const Array& parameter, const Array& gradient, const Array* momentum,
              const SgdOptions& options) {
  dispatch_real(parameter.dtype(), [&]<typename T>() {
    const auto constants = sgd_constants<T>(options);
    if (momentum) {
      run<T>(constants, parameter, gradient, *momentum);
    } else {
      run<T>(constants, parameter, gradient);
    }
  });
}

void adam_step(const Array& parameter, const Array& gradient, const Array& mean,
               const Array& variance, const Array* largest, const AdamOptions& options) {
  dispatch_real(parameter.dtype(), [&]<typename T>() {
    const auto constants = adam_constants<T>(options);
    if (largest) {
      run<T>(constants, parameter, gradient, mean, variance, *largest);
    } else {
      run<T>(constants, parameter, gradient, mean, variance);
    }
  });
}

}  // namespace nd::cuda
