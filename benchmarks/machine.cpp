// What the machine can do at most: multiply-adds a second, and bytes a second between memory and
// the processor. Compiled for this machine by machine.py, independently of our kernels.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
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

// Calls body(thread) on all threads at once; the seconds from the start of the first to the end of
// the last.
template <typename Body>
double timed(int threads, Body body) {
  std::atomic<int> ready{0};
  const auto meet = [&] {
    for (++ready; ready.load() < threads;) {
    }
  };
  std::vector<double> begun(threads), ended(threads);
  const auto run = [&](int thread) {
    meet();
    begun[thread] = now();
    body(thread);
    ended[thread] = now();
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  return *std::max_element(ended.begin(), ended.end()) -
         *std::min_element(begun.begin(), begun.end());
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
  constexpr int64_t steps = 4 << 20;
  std::vector<T> results(threads);
  double best = 0;
  for (const double end = now() + seconds; now() < end;) {
    const double took =
        timed(threads, [&](int thread) { results[thread] = multiply_add<T>(steps); });
    best = std::max(best, 2.0 * 12 * Vector<T>::lanes * steps * threads / took);
  }
  asm volatile("" : : "r"(results.data()) : "memory");
  return best;
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

}  // namespace

extern "C" {

// Floating-point operations a second; a multiply-add counts as two.
double fma_rate_float32(int threads, double seconds) { return fma_rate<float>(threads, seconds); }
double fma_rate_float64(int threads, double seconds) { return fma_rate<double>(threads, seconds); }

// Bytes a second between memory and processor, for arrays of nbytes each; 0 without that memory.
// kind 0: an array is read; 1: one is copied to another; 2: a = b + 3 c.
double bandwidth(int kind, int threads, int huge, int64_t nbytes, double seconds) {
  const Pages a(nbytes, huge), b(nbytes, huge), c(nbytes, huge);
  if (a.data() == nullptr || b.data() == nullptr || c.data() == nullptr) return 0;
  const int64_t piece = nbytes / static_cast<int64_t>(sizeof(float)) / threads / (1 << 15) *
                        (1 << 15);  // what read_all reads
  std::vector<float> results(threads);
  double best = 0;
  for (const double end = now() + seconds; now() < end;) {
    const double took = timed(threads, [&](int thread) {
      float* to = a.data() + thread * piece;
      const float *left = b.data() + thread * piece, *right = c.data() + thread * piece;
      if (kind == 0) {
        results[thread] = read_all(left, piece);
      } else if (kind == 1) {
        std::memcpy(to, left, piece * sizeof(float));
      } else {
        for (int64_t i = 0; i < piece; ++i) to[i] = left[i] + 3.0F * right[i];
      }
    });
    best = std::max(best, (kind + 1.0) * piece * threads * sizeof(float) / took);
  }
  asm volatile("" : : "r"(results.data()) : "memory");
  return best;
}
}
