#include <functional>

#include "core/error.hpp"
#include "cuda/emulator/defects.hpp"
#include "cuda/launch.hpp"
#include "cuda/mma.hpp"
#include "cuda/vector.hpp"

namespace nd::cuda::emulator {
namespace {

constexpr unsigned all_lanes = 0xFFFFFFFFu;

template <bool correct>
__global__ void out_of_bounds(int* x, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (correct ? i < n : i <= n) x[i] = i;
}

template <bool correct>
__global__ void before_the_start(int* out, const int* x) {
  const int i = static_cast<int>(threadIdx.x);
  out[i] = x[correct && i == 0 ? 0 : i - 1];
}

template <bool correct>
__global__ void shared_out_of_bounds(int* out) {
  ND_SHARED(int, first, [32]);
  ND_SHARED(int, second, [32]);
  const int i = static_cast<int>(threadIdx.x);
  first[correct ? i : i + 1] = i;
  second[i] = i;
  __syncthreads();
  out[i] = first[31] + second[i];
}

template <bool correct>
__global__ void dynamic_shared_out_of_bounds(int* out) {
  ND_DYNAMIC_SHARED(int, scratch);  // 32 of them
  const int i = static_cast<int>(threadIdx.x);
  scratch[correct ? i : 2 * i] = i;
  __syncthreads();
  out[i] = scratch[0];
}

__global__ void read_one(int* out, const int* x) { out[threadIdx.x] = x[threadIdx.x]; }

template <bool correct>
__global__ void uninitialised_shared(int* out) {
  ND_SHARED(int, values, [64]);
  const unsigned i = threadIdx.x;
  if (correct || i != 7) values[i] = static_cast<int>(i);
  __syncthreads();
  out[i] = values[63 - i];
}

template <bool correct>
__global__ void missing_barrier(int* out) {
  ND_SHARED(int, values, [64]);
  const unsigned i = threadIdx.x;
  values[i] = static_cast<int>(i);
  if (correct) {
    __syncthreads();
    out[i] = values[63 - i];
  } else {
    out[i] = values[i < 32 ? i : i - 32];  // written, as it happens: the first warp runs first
  }
}

// The barrier at the end of a loop, without which a fast warp overwrites what a slow one reads.
template <bool correct>
__global__ void missing_second_barrier(int* out) {
  ND_SHARED(int, values, [64]);
  const unsigned i = threadIdx.x;
  int sum = 0;
  for (int round = 0; round < 3; ++round) {
    values[i] = round;
    __syncthreads();
    sum += values[63 - i];
    if (correct) __syncthreads();
  }
  out[i] = sum;
}

template <bool correct>
__global__ void missing_syncwarp(int* out) {
  ND_SHARED(int, values, [32]);
  const unsigned i = threadIdx.x;
  values[i] = static_cast<int>(i);
  if (correct) __syncwarp();
  out[i] = values[i & ~1u];  // its own, or its neighbour's: written, as lanes happen to run
}

// Each lane meets those of its half only, and reads what the lower half has written.
template <bool correct>
__global__ void syncwarp_of_too_few(int* out) {
  ND_SHARED(int, values, [32]);
  const unsigned i = threadIdx.x;
  values[i] = static_cast<int>(i);
  __syncwarp(correct ? all_lanes : i < 16 ? 0x0000FFFFu : 0xFFFF0000u);
  out[i] = values[i % 16];
}

template <bool correct>
__global__ void missing_atomic(int* out) {
  if (threadIdx.x != 0) return;
  if (correct) {
    atomicAdd(out, 1);
  } else {
    *out += 1;
  }
}

template <bool correct>
__global__ void missing_shared_atomic(int* out) {
  ND_SHARED(int, count, );
  if (threadIdx.x == 0) count = 0;
  __syncthreads();
  if (correct) {
    atomicAdd(&count, 1);
  } else {
    count += 1;
  }
  __syncthreads();
  if (threadIdx.x == 0) *out = count;
}

// What one block writes, another one reads: that needs a second launch.
template <bool correct>
__global__ void reading_another_block(int* x, int* out) {
  const unsigned before = (blockIdx.x + gridDim.x - 1) % gridDim.x;
  if (out) {
    out[blockIdx.x] = x[before];
  } else {
    x[blockIdx.x] = static_cast<int>(blockIdx.x);
    if (!correct) x[blockIdx.x] += x[before] >= 0 ? 0 : 1;
  }
}

template <bool correct>
__global__ void plain_read_of_a_counter(int* count, int* out) {
  atomicAdd(count, 1);
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = correct ? atomicAdd(count, 0) : *count;
}

template <bool correct>
__global__ void divergent_barrier(int* out) {
  ND_SHARED(int, values, [64]);
  const unsigned i = threadIdx.x;
  values[i] = 1;
  if (correct || i < 48) __syncthreads();
  out[i] = values[i];
}

template <bool correct>
__global__ void return_before_a_barrier(int* out, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (!correct && i >= n) return;
  __syncthreads();
  if (i < n) out[i] = i;
}

template <bool correct>
__global__ void barrier_against_warp(int* out) {
  if (threadIdx.x < 40) {
    __syncthreads();
  } else if (correct) {
    __syncthreads();
  } else {
    __syncwarp();
  }
  out[threadIdx.x] = 1;
}

template <bool correct>
__global__ void misaligned_vector(int* out, const int* x) {
  const Vector<int, 4> v = load_vector<4>(x + (correct ? 4 : 1) * threadIdx.x);
  out[threadIdx.x] = v[0] + v[3];
}

template <bool correct>
__global__ void shuffle_of_an_ended_lane(int* out) {
  const unsigned i = threadIdx.x;
  if (!correct && i == 31) return;
  const int value = __shfl_down_sync(all_lanes, static_cast<int>(i), 1);
  out[i] = value;
}

template <bool correct>
__global__ void mask_without_the_caller(int* out) {
  const unsigned i = threadIdx.x;
  const unsigned mask = i < 16 ? 0x0000FFFFu : correct ? 0xFFFF0000u : 0x0000FFFFu;
  out[i] = __any_sync(mask, i == 3);
}

template <bool correct>
__global__ void matrix_product_of_half_a_warp(float* out) {
  float d[4] = {};
  const uint32_t a[4] = {}, b[2] = {};
  if (correct || threadIdx.x < 16) mma_m16n8k16<float16>(d, a, b);
  out[threadIdx.x] = d[0];
}

template <bool correct>
__global__ void too_much_shared_memory(int* out) {
  ND_SHARED(int, values, [correct ? 12 * 1024 : 12 * 1024 + 64]);
  values[threadIdx.x] = 1;
  out[threadIdx.x] = values[threadIdx.x];
}

// Memory of the device, all of it written.
struct Memory {
  explicit Memory(size_t ints) {
    check(cudaMalloc(reinterpret_cast<void**>(&data), ints * sizeof(int)), "allocating");
    check(cudaMemset(data, 0, ints * sizeof(int)), "writing");
  }
  ~Memory() { cudaFree(data); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  int* data = nullptr;
};

template <typename... Parameters, typename... Arguments>
void run(void (*kernel)(Parameters...), int blocks, int threads, size_t shared_bytes,
         Arguments... arguments) {
  launch(kernel, blocks, threads, shared_bytes, nullptr, arguments...);
  check(cudaDeviceSynchronize(), "running");
}

// A kernel that wants nothing but room for a result of each thread.
template <typename T>
void run_simple(void (*kernel)(T*), int blocks, int threads, size_t shared_bytes = 0) {
  Memory out(static_cast<size_t>(blocks * threads));
  run(kernel, blocks, threads, shared_bytes, reinterpret_cast<T*>(out.data));
}

void uninitialised(bool correct) {
  Memory out(32);
  int* x = nullptr;
  check(cudaMalloc(reinterpret_cast<void**>(&x), 32 * sizeof(int)), "allocating");
  if (correct) check(cudaMemset(x, 0, 32 * sizeof(int)), "writing");
  launch(read_one, 1, 32, 0, nullptr, out.data, x);
  const cudaError_t status = cudaDeviceSynchronize();
  cudaFree(x);
  check(status, "running");
}

void use_after_free(bool correct) {
  Memory out(32);
  const int* x = nullptr;
  {
    Memory freed(32);
    x = freed.data;
    if (correct) {
      return run(read_one, 1, 32, 0, out.data, x);
    }
  }
  run(read_one, 1, 32, 0, out.data, x);
}

void host_pointer(bool correct) {
  Memory out(32), x(32);
  const std::vector<int> host(32);
  run(read_one, 1, 32, 0, out.data, correct ? x.data : host.data());
}

template <bool correct>
void run_reading_another_block() {
  Memory x(4), out(4);
  int* none = nullptr;
  run(reading_another_block<correct>, 4, 1, 0, x.data, none);
  run(reading_another_block<correct>, 4, 1, 0, x.data, out.data);
}

struct Defect {
  const char* name;
  std::function<void(bool correct)> run;
};

// Picks the kernel with the mistake or the one without.
#define ND_DEFECT(name, ...)                            \
  {#name, [](bool wanted) {                             \
     if (wanted) {                                      \
       [[maybe_unused]] constexpr bool correct = true;  \
       __VA_ARGS__;                                     \
     } else {                                           \
       [[maybe_unused]] constexpr bool correct = false; \
       __VA_ARGS__;                                     \
     }                                                  \
   }}

const std::vector<Defect>& defects() {
  static const std::vector<Defect> all = {
      ND_DEFECT(out_of_bounds,
                {
                  Memory x(63);
                  run(out_of_bounds<correct>, 1, 64, 0, x.data, 63);
                }),
      ND_DEFECT(before_the_start,
                {
                  Memory out(32), x(32);
                  run(before_the_start<correct>, 1, 32, 0, out.data, x.data);
                }),
      ND_DEFECT(shared_out_of_bounds, run_simple(shared_out_of_bounds<correct>, 1, 32)),
      ND_DEFECT(dynamic_shared_out_of_bounds,
                run_simple(dynamic_shared_out_of_bounds<correct>, 1, 32, 32 * sizeof(int))),
      ND_DEFECT(host_pointer, host_pointer(correct)),
      ND_DEFECT(use_after_free, use_after_free(correct)),
      ND_DEFECT(uninitialised_global, uninitialised(correct)),
      ND_DEFECT(uninitialised_shared, run_simple(uninitialised_shared<correct>, 1, 64)),
      ND_DEFECT(missing_barrier, run_simple(missing_barrier<correct>, 1, 64)),
      ND_DEFECT(missing_second_barrier, run_simple(missing_second_barrier<correct>, 1, 64)),
      ND_DEFECT(missing_syncwarp, run_simple(missing_syncwarp<correct>, 1, 32)),
      ND_DEFECT(syncwarp_of_too_few, run_simple(syncwarp_of_too_few<correct>, 1, 32)),
      ND_DEFECT(missing_atomic, run_simple(missing_atomic<correct>, 4, 32)),
      ND_DEFECT(missing_shared_atomic, run_simple(missing_shared_atomic<correct>, 1, 64)),
      ND_DEFECT(reading_another_block, run_reading_another_block<correct>()),
      ND_DEFECT(plain_read_of_a_counter,
                {
                  Memory count(1), out(128);
                  run(plain_read_of_a_counter<correct>, 2, 64, 0, count.data, out.data);
                }),
      ND_DEFECT(divergent_barrier, run_simple(divergent_barrier<correct>, 1, 64)),
      ND_DEFECT(return_before_a_barrier,
                {
                  Memory out(64);
                  run(return_before_a_barrier<correct>, 1, 64, 0, out.data, 60);
                }),
      ND_DEFECT(barrier_against_warp, run_simple(barrier_against_warp<correct>, 1, 64)),
      ND_DEFECT(misaligned_vector,
                {
                  Memory out(32), x(128);
                  run(misaligned_vector<correct>, 1, 32, 0, out.data, x.data);
                }),
      ND_DEFECT(shuffle_of_an_ended_lane, run_simple(shuffle_of_an_ended_lane<correct>, 1, 32)),
      ND_DEFECT(mask_without_the_caller, run_simple(mask_without_the_caller<correct>, 1, 32)),
      ND_DEFECT(matrix_product_of_half_a_warp,
                run_simple(matrix_product_of_half_a_warp<correct>, 1, 32)),
      ND_DEFECT(too_much_shared_memory, run_simple(too_much_shared_memory<correct>, 1, 32)),
  };
  return all;
}

#undef ND_DEFECT

}  // namespace

std::vector<std::string> defect_names() {
  std::vector<std::string> names;
  for (const Defect& defect : defects()) names.push_back(defect.name);
  return names;
}

std::string run_defect(const std::string& name, bool correct) {
  for (const Defect& defect : defects()) {
    if (name != defect.name) continue;
    try {
      defect.run(correct);
    } catch (const Error& error) {
      cudaGetLastError();
      return error.what();
    }
    return "";
  }
  throw Error(message("there is no defect named ", name));
}

}  // namespace nd::cuda::emulator
