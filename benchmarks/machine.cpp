// What the machine can do at most: multiply-adds a second, and bytes a second between memory and
// the processor. Compiled for this machine by machine.py, independently of our kernels.
#include <sys/mman.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Calls body(thread) on all threads at once, again and again for so long; the seconds of the
// fastest pass, from the start of the first thread to the end of the last. The threads stay: the
// system takes a while to give each a processor of its own.
template <typename Body>
double fastest(int threads, double seconds, Body body) {
  std::barrier<> meet(threads);
  std::vector<double> begun(threads), ended(threads);
  const double end = now() + seconds;
  double best = 0;
  bool again = true;
  const auto run = [&](int thread) {
    do {
      meet.arrive_and_wait();
      begun[thread] = now();
      body(thread);
      ended[thread] = now();
      meet.arrive_and_wait();
      if (thread == 0) {
        const double took = *std::max_element(ended.begin(), ended.end()) -
                            *std::min_element(begun.begin(), begun.end());
        best = best == 0 ? took : std::min(best, took);
        again = now() < end;
      }
      meet.arrive_and_wait();
    } while (again);
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  return best;
}

template <typename T>
struct Vector {
  typedef T type __attribute__((vector_size(vector_bytes)));
  static constexpr int lanes = vector_bytes / sizeof(T);
};

// Twelve chains of multiply-adds hide the latency of each on the processors we know: four or five
// cycles, two a cycle.
template <typename T>
T multiply_add(int64_t steps) {
  using V = typename Vector<T>::type;
  constexpr int chains = 12;
  V sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = V{} + T(i);
  V factor = V{} + T(0.999), term = V{} + T(0.001);
  asm volatile("" : "+m"(factor), "+m"(term));  // not constants for the compiler
  const V a = factor, b = term;
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) sums[i] = sums[i] * a + b;
  }
  T total = 0;
  for (int i = 0; i < chains; ++i) {
    for (int lane = 0; lane < Vector<T>::lanes; ++lane) total += sums[i][lane];
  }
  return total;
}

template <typename T>
double fma_rate(int threads, double seconds) {
  constexpr int64_t steps = 1 << 20;
  std::vector<T> results(threads);
  const double took =
      fastest(threads, seconds, [&](int thread) { results[thread] = multiply_add<T>(steps); });
  asm volatile("" : : "r"(results.data()) : "memory");
  return 2.0 * 12 * Vector<T>::lanes * steps * threads / took;
}

// Memory that the system was asked to map with huge pages, or with small ones only.
class Pages {
 public:
  Pages(size_t nbytes, bool huge) : nbytes_(nbytes + alignment) {
    start_ = mmap(nullptr, nbytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start_ == MAP_FAILED) return;
    const uintptr_t address = reinterpret_cast<uintptr_t>(start_);
    data_ = reinterpret_cast<float*>((address + alignment - 1) / alignment * alignment);
#if defined(MADV_HUGEPAGE)
    madvise(data_, nbytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
    std::fill_n(data_, nbytes / sizeof(float), 1.0F);
  }
  ~Pages() {
    if (data_ != nullptr) munmap(start_, nbytes_);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  float* data() const { return data_; }

 private:
  static constexpr size_t alignment = size_t{2} << 20;
  size_t nbytes_;
  void* start_;
  float* data_ = nullptr;
};

// Four stretches at once: a processor fetches ahead for each of them.
float read_all(const float* x, int64_t count) {
  using V = Vector<float>::type;
  constexpr int lanes = Vector<float>::lanes, streams = 4, together = 2;
  constexpr int64_t stretch = 8192;
  V sums[streams][together] = {};
  for (; count >= streams * stretch; count -= streams * stretch, x += streams * stretch) {
    for (int64_t i = 0; i < stretch; i += together * lanes) {
#pragma GCC unroll 4
      for (int s = 0; s < streams; ++s) {
#pragma GCC unroll 2
        for (int j = 0; j < together; ++j) {
          sums[s][j] += *reinterpret_cast<const V*>(x + s * stretch + i + j * lanes);
        }
      }
    }
  }
  float total = 0;
  for (const auto& stream : sums) total += stream[0][0] + stream[1][0];
  return total;
}

// What is read, and where a result goes.
struct Arrays {
  Arrays(size_t nbytes, bool huge)
      : to(nbytes, huge), left(nbytes, huge), right(nbytes, huge), nbytes(nbytes) {}
  Pages to, left, right;
  size_t nbytes;
};

}  // namespace

extern "C" {

// Floating-point operations a second; a multiply-add counts as two.
double fma_rate_float32(int threads, double seconds) { return fma_rate<float>(threads, seconds); }
double fma_rate_float64(int threads, double seconds) { return fma_rate<double>(threads, seconds); }

// Arrays of nbytes each, or null without that memory.
Arrays* arrays_new(int64_t nbytes, int huge) {
  Arrays* const arrays = new Arrays(nbytes, huge);
  for (const Pages* each : {&arrays->to, &arrays->left, &arrays->right}) {
    if (each->data() == nullptr) return delete arrays, nullptr;
  }
  return arrays;
}

void arrays_delete(Arrays* arrays) { delete arrays; }

// Bytes a second between memory and processor.
// kind 0: an array is read; 1: one is copied to another; 2: a = b + 3 c.
double bandwidth(const Arrays* arrays, int kind, int threads, double seconds) {
  const int64_t piece = arrays->nbytes / static_cast<int64_t>(sizeof(float)) / threads / (1 << 15) *
                        (1 << 15);  // what read_all reads
  std::vector<float> results(threads);
  const double took = fastest(threads, seconds, [&](int thread) {
    float* to = arrays->to.data() + thread * piece;
    const float* left = arrays->left.data() + thread * piece;
    const float* right = arrays->right.data() + thread * piece;
    if (kind == 0) {
      results[thread] = read_all(left, piece);
    } else if (kind == 1) {
      std::memcpy(to, left, piece * sizeof(float));
    } else {
      for (int64_t i = 0; i < piece; ++i) to[i] = left[i] + 3.0F * right[i];
    }
  });
  asm volatile("" : : "r"(results.data()) : "memory");
  return (kind + 1.0) * piece * threads * sizeof(float) / took;
}
}
