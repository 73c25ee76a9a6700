// nonzero of the `cuda` devices: each piece of x is counted, so that a second kernel knows where
// the piece's positions go.
#include "cuda/block_scan.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/vector.hpp"
#include "cuda/walk.hpp"

namespace nd::cuda {
namespace {

constexpr int thread_items = 16;  // bytes
constexpr int64_t nonzero_piece = threads_per_block * thread_items;

// A thread's elements of x, as bits: the lowest one is the first element.
__device__ __forceinline__ uint32_t load_bits(const uint8_t* x, int64_t first, int64_t size) {
  uint32_t bits = 0;
  if (first + thread_items <= size && is_vector_aligned<thread_items>(x + first)) {
    const auto elements = load_vector<thread_items>(x + first);
#pragma unroll
    for (int k = 0; k < thread_items; ++k) bits |= (elements[k] != 0 ? 1u : 0u) << k;
  } else {
    for (int k = 0; k < thread_items && first + k < size; ++k) {
      bits |= (x[first + k] != 0 ? 1u : 0u) << k;
    }
  }
  return bits;
}

__device__ __forceinline__ int64_t first_of_thread() {
  return (int64_t{blockIdx.x} * threads_per_block + threadIdx.x) * thread_items;
}

__global__ void __launch_bounds__(threads_per_block)
    count_true(const uint8_t* const x, const int64_t size, int64_t* const counts) {
  const auto scan = block_scan<Sum>(__popc(load_bits(x, first_of_thread(), size)));
  if (threadIdx.x == 0) counts[blockIdx.x] = scan.total;
}

struct Shape {
  int ndim;
  int64_t sizes[max_ndim];
};

// ends: how many true elements there are up to the end of each piece.
__global__ void __launch_bounds__(threads_per_block)
    write_indices(const uint8_t* const x, const int64_t size, const Shape shape,
                  const int64_t* const ends, int64_t* const out, const int64_t total) {
  const int64_t first = first_of_thread();
  uint32_t bits = load_bits(x, first, size);
  const auto scan = block_scan<Sum>(__popc(bits));
  int64_t place =
      (blockIdx.x == 0 ? 0 : ends[blockIdx.x - 1]) + (threadIdx.x == 0 ? 0 : scan.before);
  // Never behind the end of out, should x be written to meanwhile.
  for (; bits != 0 && place < total; bits &= bits - 1, ++place) {
    int64_t rest = first + __ffs(static_cast<int>(bits)) - 1;
    for (int axis = shape.ndim - 1; axis >= 0; --axis) {
      const int64_t quotient = rest / shape.sizes[axis];
      out[axis * total + place] = rest - quotient * shape.sizes[axis];
      rest = quotient;
    }
  }
}

}  // namespace

void nonzero(const Array& out, const Array& x) {
  if (x.size() == 0) return;
  const cudaStream_t stream = enter({&out, &x});
  const auto* const elements = reinterpret_cast<const uint8_t*>(x.data());
  const int64_t pieces = divide_up(x.size(), nonzero_piece);
  const Array counts = temporary(out, DType::int64, {pieces});
  const Array ends = temporary(out, DType::int64, {pieces});
  const auto blocks = static_cast<unsigned>(pieces);
  launch(count_true, blocks, threads_per_block, 0, stream, elements, x.size(),
         reinterpret_cast<int64_t*>(counts.data()));
  scan(ScanOp::sum, ends, counts, 0);
  Shape shape = {x.ndim(), {}};
  std::copy(x.shape().begin(), x.shape().end(), shape.sizes);
  launch(write_indices, blocks, threads_per_block, 0, stream, elements, x.size(), shape,
         reinterpret_cast<const int64_t*>(ends.data()), reinterpret_cast<int64_t*>(out.data()),
         out.shape()[1]);
}

}  // namespace nd::cuda
