// copy, fill and where of the `cuda` devices.
#include "cuda/bits.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/map.hpp"
#include "ops/copy/conversions.hpp"

namespace nd::cuda {
namespace {

template <typename T>
struct Same {
  static __device__ __forceinline__ T apply(T x) { return x; }
};

template <typename T>
struct Where {
  static __device__ __forceinline__ T apply(uint8_t condition, T x, T y) {
    return condition != 0 ? x : y;
  }
};

template <typename To, typename From>
struct Convert {
  static __device__ __forceinline__ To apply(From x) { return m::convert<To>(x); }
};

// A transposition at heart: rows of x are columns of out. Each block moves a square of elements
// through shared memory, so that both sides are read and written along their dense dimension. The
// square has a column more than it needs, or all 32 elements of a column would lie in one of the 32
// banks.
constexpr int tile = 32, tile_rows = 8;

template <typename T>
struct Transposition {
  const char* x;
  char* out;
  int64_t rows, columns;                    // of out: columns are dense there, rows are dense in x
  int64_t out_row_stride, x_column_stride;  // in bytes
  ThreadWalk<2> outer;                      // (out, x) of the matrices
};

template <typename T>
__global__ void __launch_bounds__(tile* tile_rows) transpose(const Transposition<T> t) {
  ND_SHARED(T, square, [tile][tile + 1]);
  const int64_t column_tiles = (t.columns + tile - 1) / tile;
  const int64_t first_column = blockIdx.x % column_tiles * tile;
  const int64_t first_row = blockIdx.x / column_tiles * tile;
  for (uint32_t matrix = blockIdx.y; matrix < t.outer.size; matrix += gridDim.y) {
    char* corners[2];
    t.outer.locate(matrix, corners);
    for (int i = threadIdx.y; i < tile; i += tile_rows) {
      const int64_t row = first_row + threadIdx.x, column = first_column + i;
      if (row < t.rows && column < t.columns) {
        square[i][threadIdx.x] =
            reinterpret_cast<const T*>(corners[1] + column * t.x_column_stride)[row];
      }
    }
    __syncthreads();
    for (int i = threadIdx.y; i < tile; i += tile_rows) {
      const int64_t row = first_row + i, column = first_column + threadIdx.x;
      if (row < t.rows && column < t.columns) {
        reinterpret_cast<T*>(corners[0] + row * t.out_row_stride)[column] = square[threadIdx.x][i];
      }
    }
    __syncthreads();  // the next matrix overwrites the square
  }
}

// Which dimension is dense in x, if out's dense one is the last and not that; else -1.
int transposed_dimension(const Walk<2>& walk, int64_t item) {
  const int last = walk.ndim - 1;
  if (walk.ndim < 2 || walk.strides[last][0] != item || walk.strides[last][1] == item) return -1;
  for (int d = 0; d < last; ++d) {
    if (walk.strides[d][1] == item && walk.shape[d] >= tile / 2) return d;
  }
  return -1;
}

template <typename T>
void move(const Walk<2>& whole, cudaStream_t stream) {
  const int rows = transposed_dimension(whole, sizeof(T));
  if (rows < 0) return Map<Same<T>, T, T>::run(whole, stream);
  for_each_launch(whole, [&](const Walk<2>& walk) {
    const int columns = walk.ndim - 1;
    Walk<2> outer;
    for (int k = 0; k < 2; ++k) outer.data[k] = walk.data[k];
    for (int d = 0; d < columns; ++d) {
      if (d != rows) outer.push_back(walk.shape[d], walk.strides[d]);
    }
    const Transposition<T> t = {walk.data[1],          walk.data[0],
                                walk.shape[rows],      walk.shape[columns],
                                walk.strides[rows][0], walk.strides[columns][1],
                                ThreadWalk<2>(outer)};
    const int64_t tiles = divide_up(t.rows, tile) * divide_up(t.columns, tile);
    const dim3 grid(static_cast<unsigned>(tiles),
                    static_cast<unsigned>(std::min<int64_t>(outer.size, 65535)));
    launch(transpose<T>, grid, dim3(tile, tile_rows), 0, stream, t);
  });
}

template <typename T>
__global__ void __launch_bounds__(threads_per_block)
    fill_kernel(const ThreadWalk<1> walk, const T value) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* element[1];
    walk.locate(i, element);
    *reinterpret_cast<T*>(element[0]) = value;
  }
}

using Conversion = void (*)(const Walk<2>&, cudaStream_t);
template <typename To, typename From>
constexpr Conversion conversion() {
  if constexpr (is_complex_type<From> && !is_complex_type<To> && !std::is_same_v<To, bool>) {
    return nullptr;  // refused by the checked operation
  } else {
    using Target = conversion_target<To, From>;
    using Source = conversion_source<To, From>;
    return Map<Convert<Target, Source>, Target, Source>::run;
  }
}

#define ND_DTYPE(name, type, kind) conversion<To, type>(),
template <typename To>
constexpr Conversion conversions_to[] = {ND_FOR_EACH_DTYPE(ND_DTYPE)};
#undef ND_DTYPE

void convert(const Walk<2>& walk, DType to, DType from, cudaStream_t stream) {
  dispatch(to, [&]<typename To>() { conversions_to<To>[static_cast<int>(from)](walk, stream); });
}

}  // namespace

void copy(const Array& out, const Array& x) {
  const cudaStream_t stream = enter({&out, &x});
  const Walk<2> walk({&out, &x});
  if (!same_bits(out.dtype(), x.dtype())) return convert(walk, out.dtype(), x.dtype(), stream);
  dispatch_bits(out.dtype(), [&]<typename T>() { move<T>(walk, stream); });
}

void fill(const Array& out, Scalar value) {
  const cudaStream_t stream = enter({&out});
  const FillValue element = fill_value(value, out.dtype());
  dispatch_bits(out.dtype(), [&]<typename T>() {
    T bits;
    __builtin_memcpy(&bits, element.bytes, sizeof(T));
    for_each_launch(Walk<1>({&out}), [&](const Walk<1>& part) {
      launch(fill_kernel<T>, blocks_for(part.size, 4), threads_per_block, 0, stream,
             ThreadWalk<1>(part), bits);
    });
  });
}

void where(const Array& out, const Array& condition, const Array& x, const Array& y) {
  const cudaStream_t stream = enter({&out, &condition, &x, &y});
  const Walk<4> walk({&out, &condition, &x, &y});
  dispatch_bits(out.dtype(),
                [&]<typename T>() { Map<Where<T>, T, uint8_t, T, T>::run(walk, stream); });
}

}  // namespace nd::cuda
