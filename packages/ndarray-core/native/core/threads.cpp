// The pool. A caller opens a region: it publishes the tasks and a number of tickets, takes tasks
// itself, then withdraws the tickets that nobody used and waits for those workers only that did
// come. So a worker that is slow to wake up never delays a short operation.
#include "core/threads.hpp"

#include <pthread.h>
#include <signal.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/allow_threads.hpp"
#include "core/error.hpp"

namespace nd {
namespace {

constexpr int max_threads = 1024;  // a limit against slips of the pen, not of the design

// How long a thread looks for work before it sleeps. Operations of a training step follow each
// other within microseconds, and waking a sleeper costs about as much as this in system calls.
constexpr auto spin_time = std::chrono::microseconds(50);

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins until ready() or until spin_time is over; says whether it was ready.
template <typename Ready>
bool spin_until(Ready ready) {
  const auto deadline = std::chrono::steady_clock::now() + spin_time;
  do {
    for (int i = 0; i < 32; ++i) {
      if (ready()) return true;
      pause_briefly();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return ready();
}

int available_processors() {
#if defined(__linux__)
  // The kernel's mask may be larger than cpu_set_t's 1024 processors: EINVAL until it fits.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t* set = CPU_ALLOC(processors);
    if (set == nullptr) break;
    const size_t nbytes = CPU_ALLOC_SIZE(processors);
    const int count = sched_getaffinity(0, nbytes, set) == 0 ? CPU_COUNT_S(nbytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

int initial_num_threads() {
  const char* text = std::getenv("NDARRAY_CORE_NUM_THREADS");
  if (text == nullptr) return std::min(available_processors(), max_threads);
  int count = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, count);
  if (error != std::errc() || stop != end || count < 1 || count > max_threads) {
    throw Error(message("NDARRAY_CORE_NUM_THREADS: expected a whole number from 1 to ", max_threads,
                        ", got \"", text, "\""));
  }
  return count;
}

// Tried again on the next call when the environment variable is wrong, so the error is not lost.
std::atomic<int>& configured_threads() {
  static std::atomic<int> count(initial_num_threads());
  return count;
}

thread_local bool inside_region = false;

// Where a sleeping worker wakes up. A scheduler may put it behind the thread that wakes it, on the
// same processor, although another one is idle, and leave it there for milliseconds.
class Place {
 public:
#if defined(__linux__)
  void keep_off(std::thread& worker, int processor) {
    const pthread_t thread = worker.native_handle();
    if (processor < 0) return;
    // It may still be kept off another one, where it slept through the region before.
    if (!is_kept_off_ && pthread_getaffinity_np(thread, sizeof(usual_), &usual_) != 0) return;
    cpu_set_t others = usual_;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) == 0) return;  // it may run nowhere else
    if (pthread_setaffinity_np(thread, sizeof(others), &others) == 0) is_kept_off_ = true;
  }
  // Called by the worker itself: from here on the scheduler may move it anywhere.
  void free() {
    if (is_kept_off_) pthread_setaffinity_np(pthread_self(), sizeof(usual_), &usual_);
    is_kept_off_ = false;
  }
  static int current_processor() { return sched_getcpu(); }

 private:
  cpu_set_t usual_;
  bool is_kept_off_ = false;
#else
  void keep_off(std::thread&, int) {}
  void free() {}
  static int current_processor() { return -1; }
#endif
};

class Pool {
 public:
  // Runs the tasks, or returns false when another thread's region is under way.
  bool try_run(int64_t tasks, int64_t helpers, detail::Task task, void* context) {
    std::unique_lock region(region_, std::try_to_lock);
    if (!region.owns_lock()) return false;
    start_workers(static_cast<size_t>(helpers));
    task_ = task;
    context_ = context;
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    state_.store(static_cast<uint64_t>(helpers) * ticket);
    wake_workers();
    inside_region = true;
    take_tasks();
    inside_region = false;
    wait_for_helpers();
    if (failed_.exchange(false)) std::rethrow_exception(std::exchange(exception_, nullptr));
    return true;
  }

 private:
  struct Worker {
    std::thread thread;
    bool sleeps = false;
    Place place;
  };
  static constexpr uint64_t ticket = uint64_t{1} << 32;  // state_: tickets left, workers inside
  static constexpr uint64_t inside_mask = ticket - 1;

  void start_workers(size_t count) {
    if (workers_.size() >= count) return;
    // Signals are for the threads of the program, which Python handles, not for these.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      while (workers_.size() < count) {
        workers_.push_back(std::make_unique<Worker>());
        Worker& worker = *workers_.back();
        try {
          worker.thread = std::thread([this, &worker] { work(worker); });
        } catch (...) {
          workers_.pop_back();
          throw;
        }
      }
    } catch (const std::system_error& error) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw Error(message("cannot start thread ", workers_.size() + 2, " of ", count + 1, " (",
                          error.what(), "); lower NDARRAY_CORE_NUM_THREADS"));
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // A store to state_ before a load of sleepers_ here, and the reverse order in work(): one of the
  // two sides sees the other, since all four are sequentially consistent.
  void wake_workers() {
    if (sleepers_.load() == 0) return;
    {
      std::lock_guard lock(mutex_);
      const int processor = Place::current_processor();
      for (const auto& worker : workers_) {
        if (worker->sleeps) worker->place.keep_off(worker->thread, processor);
      }
    }
    work_or_sleep_.notify_all();
  }

  void wait_for_helpers() {
    state_.fetch_and(inside_mask);
    const auto alone = [this] { return state_.load() == 0; };
    if (alone() || spin_until(alone)) return;
    std::unique_lock lock(mutex_);
    caller_sleeps_.store(true);
    all_left_.wait(lock, alone);
    caller_sleeps_.store(false);
  }

  bool enter() {
    uint64_t state = state_.load();
    while (state >= ticket) {
      if (state_.compare_exchange_weak(state, state - ticket + 1)) return true;
    }
    return false;
  }

  void leave() {
    if (state_.fetch_sub(1) == 1 && caller_sleeps_.load()) {
      {
        std::lock_guard lock(mutex_);
      }
      all_left_.notify_one();
    }
  }

  [[noreturn]] void work(Worker& self) {
    inside_region = true;  // whatever a task calls runs on this thread alone
    const auto open = [this] { return state_.load(std::memory_order_relaxed) >= ticket; };
    for (;;) {
      if (!spin_until(open)) {
        std::unique_lock lock(mutex_);
        sleepers_.fetch_add(1);
        self.sleeps = true;
        work_or_sleep_.wait(lock, [this] { return state_.load() >= ticket; });
        self.sleeps = false;
        sleepers_.fetch_sub(1);
        self.place.free();
      }
      if (enter()) {
        take_tasks();
        leave();
      }
    }
  }

  void take_tasks() noexcept {
    for (int64_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;) {
      try {
        AllowThreads::check_signals();
        task_(context_, i);
      } catch (...) {
        if (!failed_.exchange(true)) exception_ = std::current_exception();
        next_.store(tasks_, std::memory_order_relaxed);  // nobody starts another one
      }
    }
  }

  std::mutex region_;  // held by the thread whose tasks are under way
  detail::Task task_ = nullptr;
  void* context_ = nullptr;
  int64_t tasks_ = 0;
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<uint64_t> state_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr exception_;

  std::mutex mutex_;  // guards nothing but sleeping and waking: workers' sleeps and place
  std::condition_variable work_or_sleep_, all_left_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
};

// Never destroyed: at exit its threads may still look for work, and after a fork they no longer
// exist.
std::atomic<Pool*> current_pool{nullptr};

Pool& pool() {
  static const bool registered = [] {
    // A child has none of the threads and starts with a pool of its own; the old one is left alone.
    pthread_atfork(nullptr, nullptr, [] {
      current_pool.store(nullptr);
      inside_region = false;
    });
    return true;
  }();
  static_cast<void>(registered);
  Pool* found = current_pool.load(std::memory_order_acquire);
  if (found == nullptr) {
    Pool* fresh = new Pool;
    if (current_pool.compare_exchange_strong(found, fresh, std::memory_order_acq_rel))
      return *fresh;
    delete fresh;  // another thread was quicker
  }
  return *found;
}

}  // namespace

int num_threads() { return configured_threads().load(std::memory_order_relaxed); }

void set_num_threads(int count) {
  if (count < 1 || count > max_threads) {
    throw Error(message("set_num_threads: expected 1 to ", max_threads, " threads, got ", count));
  }
  configured_threads().store(count, std::memory_order_relaxed);
}

namespace detail {

void run_tasks(int64_t tasks, Task task, void* context) {
  if (tasks > 1 && !inside_region) {
    const int64_t helpers = std::min<int64_t>(num_threads(), tasks) - 1;
    if (helpers > 0 && pool().try_run(tasks, helpers, task, context)) return;
  }
  for (int64_t i = 0; i < tasks; ++i) {
    AllowThreads::check_signals();
    task(context, i);
  }
}

}  // namespace detail
}  // namespace nd
