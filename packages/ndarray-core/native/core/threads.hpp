// A small pool of threads that the CPU kernels share.
#pragma once

#include <cstdint>
#include <type_traits>

namespace nd {

// Threads used by one operation, the caller's included. At first the number of processors this
// process may run on, or NDARRAY_CORE_NUM_THREADS.
int num_threads();
void set_num_threads(int count);

namespace detail {
using Task = void (*)(void* context, int64_t index);
void run_tasks(int64_t tasks, Task task, void* context);
}  // namespace detail

// Calls body(i) for every i in [0, tasks), on the pool and on this thread, and returns when all are
// done. The first exception is thrown again here, be it a body's or a signal handler's (Ctrl-C),
// which is heard between the tasks of the calling thread; what is left is not begun then. A call
// from inside a body, or while another Python thread uses the pool, runs on the calling thread
// alone. How work is cut into tasks must not depend on the number of threads, so that results do
// not either.
template <typename Body>
void parallel_for(int64_t tasks, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run_tasks(
      tasks, [](void* context, int64_t i) { (*static_cast<Plain*>(context))(i); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace nd
