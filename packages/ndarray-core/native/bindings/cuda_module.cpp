// The extension module ndarray_core._cuda, and its emulated twins: the `cuda` devices as capsules
// for _core, and what of CUDA has no place in the interface of all backends. ndarray_core/cuda.py
// is its face.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "core/allow_threads.hpp"
#include "cuda/allocator.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/runtime.hpp"
#include "cuda/streams.hpp"
#if defined(ND_CUDA_EMULATED)
#include "cuda/emulator/python_module.hpp"
#endif

namespace nb = nanobind;

namespace nd::cuda {
namespace {

void* release_interpreter() {
  return PyGILState_GetThisThreadState() ? PyEval_SaveThread() : nullptr;
}
void acquire_interpreter(void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); }

// Waiting lets other Python threads run.
template <typename Wait>
void wait(Wait&& wait) {
  nb::gil_scoped_release unlocked;
  wait();
}

nb::list backend_capsules() {
  nb::list capsules;
  for (Backend* backend : backends()) capsules.append(nb::capsule(backend, "nd::Backend"));
  return capsules;
}

nb::dict memory_statistics(int device) {
  const auto statistics = allocator(device).statistics();
  nb::dict result;
  result["in_use"] = statistics.in_use;
  result["peak_in_use"] = statistics.peak_in_use;
  result["cached"] = statistics.cached;
  result["limit"] = statistics.limit;
  result["allocations"] = statistics.allocations;
  result["system_requests"] = statistics.system_requests;
  result["retries"] = statistics.retries;
  return result;
}

nb::tuple memory_info(int device) {
  select_device(device);
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for the device's memory");
  return nb::make_tuple(free, total);
}

nb::dict device_properties(int device) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, device), "asking for the properties of a device");
  nb::dict result;
  result["name"] = static_cast<const char*>(properties.name);
  result["major"] = properties.major;
  result["minor"] = properties.minor;
  result["total_memory"] = properties.totalGlobalMem;
  result["multi_processor_count"] = properties.multiProcessorCount;
  result["max_threads_per_block"] = properties.maxThreadsPerBlock;
  result["shared_memory_per_block"] = properties.sharedMemPerBlock;
  result["shared_memory_per_block_optin"] = properties.sharedMemPerBlockOptin;
  result["l2_cache_size"] = properties.l2CacheSize;
  result["warp_size"] = properties.warpSize;
  return result;
}

nb::ndarray<nb::numpy, uint8_t> pinned_memory(size_t nbytes) {
  void* data = nullptr;
  check(cudaMallocHost(&data, nbytes == 0 ? 1 : nbytes), "allocating pinned memory");
  nb::capsule owner(data, [](void* block) noexcept { cudaFreeHost(block); });
  return nb::ndarray<nb::numpy, uint8_t>(data, {nbytes}, owner);
}

}  // namespace
}  // namespace nd::cuda

NB_MODULE(ND_CUDA_MODULE, m) {
  using namespace nd::cuda;
  m.doc() = "The CUDA devices of ndarray_core, in C++.";
  nb::set_leak_warnings(false);
  // Exceptions become Python's by the translator of _core, which is of the same nanobind domain.
  nd::thread_hooks = {release_interpreter, acquire_interpreter};

  nb::class_<Stream>(m, "Stream")
      .def(nb::init<int>(), nb::arg("device"))
      .def_ro("device", &Stream::device)
      .def("query", &Stream::query)
      .def("synchronize", [](const Stream& s) { wait([&] { s.synchronize(); }); })
      .def_prop_ro("handle",
                   [](const Stream& s) { return reinterpret_cast<uintptr_t>(s.handle()); });
  nb::class_<Event>(m, "Event")
      .def(nb::init<int, bool>(), nb::arg("device"), nb::arg("timing"))
      .def_ro("device", &Event::device)
      .def("record", [](Event& e, const Stream& stream) { e.record(stream.handle()); })
      .def("make_wait", [](const Event& e, const Stream& stream) { e.make_wait(stream.handle()); })
      .def("query", &Event::query)
      .def("synchronize", [](const Event& e) { wait([&] { e.synchronize(); }); })
      .def("elapsed_ms", &Event::elapsed_ms);
  m.def("current_stream", [](int device) { return current_stream(device); });
  m.def("set_current_stream", &set_current_stream);

#if defined(ND_CUDA_EMULATED)
  m.attr("is_emulated") = true;
  emulator::bind(m);
#else
  m.attr("is_emulated") = false;
#endif
  m.def("backends", &backend_capsules);
  m.def("unavailable_reason", &unavailable_reason);
  m.def("device_properties", &device_properties);
  m.def("memory_statistics", &memory_statistics);
  m.def("memory_info", &memory_info);
  m.def("reset_peak_memory", [](int device) { allocator(device).reset_peak(); });
  m.def("set_memory_limit", [](int device, size_t n) { allocator(device).set_limit(n); });
  m.def("empty_cache", [](int device) { wait([&] { allocator(device).empty_cache(); }); });
  m.def("pinned_memory", &pinned_memory);
  m.def("set_blocking_copies", &set_blocking_copies);
  m.def("allow_tf32", [] { return allow_tf32.load(); });
  m.def("set_allow_tf32", [](bool on) { allow_tf32 = on; });
  m.def("debug_mode", [] { return debug_mode.load(); });
  m.def("set_debug_mode", [](bool on) { debug_mode = on; });
  m.def("versions", [] {
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    check(cudaRuntimeGetVersion(&runtime), "asking for the runtime's version");
    return nb::make_tuple(driver, runtime);
  });
}
