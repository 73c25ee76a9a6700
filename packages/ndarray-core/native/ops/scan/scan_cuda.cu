// Running totals of the `cuda` devices. Where there are too few lanes to keep the device busy, they
// are cut into chunks: these are scanned on their own, then the totals of chunks are, and what
// comes before a chunk is added to it (G. E. Blelloch, "Prefix sums and their applications", 1990).
#include "cuda/block_scan.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/launch.hpp"
#include "cuda/walk.hpp"
#include "ops/elementwise/domains.hpp"

namespace nd::cuda {
namespace {

struct ScanPass {
  ThreadWalk<2> lanes;  // of out and x
  int64_t length, out_stride, x_stride;
  int64_t chunk, chunks;  // elements of a chunk, chunks of a lane
};

template <typename T, typename X>
__device__ __forceinline__ T load_value(const char* x) {
  if constexpr (is_half<X>) {
    return widen(*reinterpret_cast<const X*>(x));
  } else {
    return *reinterpret_cast<const X*>(x);
  }
}

constexpr int scan_threads = 128, scan_items = 4;  // that a thread has side by side
constexpr int scan_tile = scan_threads * scan_items;

// A block for each chunk: it goes from tile to tile and carries the total along.
template <typename Op, typename T, typename X>
__global__ void __launch_bounds__(scan_threads) scan_rows(const ScanPass pass) {
  char* lane[2];
  pass.lanes.locate(static_cast<uint32_t>(blockIdx.x / pass.chunks), lane);
  const int64_t first = blockIdx.x % pass.chunks * pass.chunk;
  const int64_t last = std::min(first + pass.chunk, pass.length);
  T carry = {};
  for (int64_t tile = first; tile < last; tile += scan_tile) {
    const int64_t start = tile + threadIdx.x * scan_items;
    T values[scan_items];
    // What threads behind the end bring, nobody before it gets.
#pragma unroll
    for (int k = 0; k < scan_items; ++k) {
      T value = {};
      if (start + k < last) value = load_value<T, X>(lane[1] + (start + k) * pass.x_stride);
      values[k] = k > 0 ? Op::combine(values[k - 1], value) : value;
    }
    const BlockScan<T> scan = block_scan<Op>(values[scan_items - 1]);
    const bool has_carry = tile > first, has_before = has_carry || threadIdx.x > 0;
    T before = threadIdx.x > 0 ? scan.before : carry;
    if (has_carry && threadIdx.x > 0) before = Op::combine(carry, before);
#pragma unroll
    for (int k = 0; k < scan_items; ++k) {
      if (start + k >= last) continue;
      *reinterpret_cast<T*>(lane[0] + (start + k) * pass.out_stride) =
          has_before ? Op::combine(before, values[k]) : values[k];
    }
    carry = has_carry ? Op::combine(carry, scan.total) : scan.total;
  }
}

// A thread for each chunk; lanes lie side by side.
template <typename Op, typename T, typename X>
__global__ void __launch_bounds__(threads_per_block) scan_columns(const ScanPass pass) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const int64_t chunk = i / pass.lanes.size;
  if (chunk >= pass.chunks) return;
  char* lane[2];
  pass.lanes.locate(static_cast<uint32_t>(i % pass.lanes.size), lane);
  const int64_t first = chunk * pass.chunk, last = std::min(first + pass.chunk, pass.length);
  T total = {};
  for (int64_t k = first; k < last; ++k) {
    const T value = load_value<T, X>(lane[1] + k * pass.x_stride);
    total = k == first ? value : Op::combine(total, value);
    *reinterpret_cast<T*>(lane[0] + k * pass.out_stride) = total;
  }
}

// Puts what comes before a chunk in front of its elements: the walk is of out and the totals.
template <typename Op, typename T>
__global__ void __launch_bounds__(threads_per_block) add_before(const ThreadWalk<2> walk) {
  for (uint32_t i = first_index(); i < walk.size; i += index_step()) {
    char* elements[2];
    walk.locate(i, elements);
    T& element = *reinterpret_cast<T*>(elements[0]);
    element = Op::combine(*reinterpret_cast<const T*>(elements[1]), element);
  }
}

// Lanes along an axis, and how they are cut.
struct Lanes {
  Walk<2> walk;
  int64_t length, out_stride, x_stride;
  bool by_rows;
  int64_t chunk, chunks;

  Lanes(const Array& out, const Array& x, int axis)
      : walk(walk_of_lanes<2>({&out, &x}, axis)),
        length(x.shape()[axis]),
        out_stride(Walk<2>::byte_stride(out, axis)),
        x_stride(Walk<2>::byte_stride(x, axis)) {
    const int last = walk.ndim - 1;
    by_rows = length >= 64 && (last < 0 || std::abs(x_stride) < std::abs(walk.strides[last][1]));
    const int64_t wanted = by_rows ? 1024 : 65536, least = by_rows ? 4 * scan_tile : 64;
    chunks = std::clamp<int64_t>(divide_up(wanted, walk.size), 1, divide_up(length, least));
    chunk = divide_up(length, chunks);
    if (by_rows) chunk = divide_up(chunk, int64_t{scan_tile}) * scan_tile;
    chunks = divide_up(length, chunk);
  }
};

template <typename Op, typename T>
void add_totals(const Lanes& task, const Array& out, const Array& totals, int axis,
                cudaStream_t stream) {
  const Walk<2> lanes = walk_of_lanes<2>({&out, &totals}, axis);
  const int64_t total_stride = Walk<2>::byte_stride(totals, axis);
  const auto add = [&](int64_t first, int64_t chunks, int64_t chunk) {
    Walk<2> walk;
    walk.data[0] = lanes.data[0] + first * task.chunk * task.out_stride;
    walk.data[1] = lanes.data[1] + (first - 1) * total_stride;
    for (int d = 0; d < lanes.ndim; ++d) walk.push_back(lanes.shape[d], lanes.strides[d]);
    walk.push_back(chunks, {task.chunk * task.out_stride, total_stride});
    walk.push_back(chunk, {task.out_stride, 0});
    walk.normalize();
    for_each_launch(walk, [&](const Walk<2>& part) {
      launch(add_before<Op, T>, blocks_for(part.size), threads_per_block, 0, stream,
             ThreadWalk<2>(part));
    });
  };
  const int64_t whole = task.chunks - 2;  // chunks that have their full length, but the first
  add(1, whole, task.chunk);
  add(task.chunks - 1, 1, task.length - (task.chunks - 1) * task.chunk);
}

template <typename Op, typename T, typename X>
void scan_lanes(const Array& out, const Array& x, int axis, cudaStream_t stream) {
  const Lanes task(out, x, axis);
  for_each_launch(task.walk, [&](const Walk<2>& part) {
    const ScanPass pass = {ThreadWalk<2>(part), task.length, task.out_stride,
                           task.x_stride,       task.chunk,  task.chunks};
    const int64_t chunks = part.size * task.chunks;
    if (task.by_rows) {
      launch(scan_rows<Op, T, X>, static_cast<unsigned>(chunks), scan_threads, 0, stream, pass);
    } else {
      launch(scan_columns<Op, T, X>, static_cast<unsigned>(divide_up(chunks, threads_per_block)),
             threads_per_block, 0, stream, pass);
    }
  });
  if (task.chunks == 1) return;
  const Array ends = out.view(out.layout.slice(axis, task.chunk - 1, task.chunks - 1, task.chunk));
  const Array totals = temporary(out, out.dtype(), ends.shape());
  scan_lanes<Op, T, T>(totals, ends, axis, stream);
  add_totals<Op, T>(task, out, totals, axis, stream);
}

template <typename X>
void scan_elements(ScanOp op, const Array& out, const Array& x, int axis, cudaStream_t stream) {
  using Element = typename kernel_element<X, false>::type;
  using Ordered = typename kernel_element<X, true>::type;
  using Sums = std::conditional_t<is_half<X>, float, Element>;
  using Extremes = std::conditional_t<is_half<X>, float, Ordered>;
  if constexpr (!std::is_same_v<X, bool>) {
    if (op == ScanOp::sum) return scan_lanes<Sum, Sums, Element>(out, x, axis, stream);
    if (op == ScanOp::prod) return scan_lanes<Product, Sums, Element>(out, x, axis, stream);
  }
  if constexpr (!is_complex_type<X>) {
    if (op == ScanOp::max) return scan_lanes<Maximum, Extremes, Ordered>(out, x, axis, stream);
    if (op == ScanOp::min) return scan_lanes<Minimum, Extremes, Ordered>(out, x, axis, stream);
  }
}

}  // namespace

void scan(ScanOp op, const Array& out, const Array& x, int axis) {
  const cudaStream_t stream = enter({&out, &x});
  const bool narrows = is_half_type(out.dtype());
  const Array totals = narrows ? temporary(out, DType::float32, out.shape()) : out;
  dispatch(x.dtype(), [&]<typename T>() { scan_elements<T>(op, totals, x, axis, stream); });
  if (narrows) copy(out, totals);
}

}  // namespace nd::cuda
