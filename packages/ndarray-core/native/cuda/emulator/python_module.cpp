#include "cuda/emulator/python_module.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "cuda/emulator/arena.hpp"
#include "cuda/emulator/state.hpp"
#if defined(ND_CUDA_CHECKED)
#include "cuda/emulator/checker/counts.hpp"
#include "cuda/emulator/defects.hpp"
#endif

namespace nb = nanobind;

namespace nd::cuda::emulator {
namespace {

template <typename Handle>
uintptr_t number_of(Handle handle) {
  return reinterpret_cast<uintptr_t>(handle);
}
template <typename Handle>
Handle handle_of(uintptr_t number) {
  return reinterpret_cast<Handle>(number);
}
std::string name_of(cudaError_t status) { return cudaGetErrorName(status); }

// Functions of the runtime as they are, for tests of the emulator itself: with addresses as
// numbers, and the name of the error as the answer.
void bind_runtime(nb::module_ m) {
  m.def("cudaMalloc", [](size_t nbytes) {
    void* data = nullptr;
    const std::string error = name_of(cudaMalloc(&data, nbytes));
    return nb::make_tuple(error, number_of(data));
  });
  m.def("cudaFree", [](uintptr_t data) { return name_of(cudaFree(handle_of<void*>(data))); });
  m.def("cudaMallocHost", [](size_t nbytes) {
    void* data = nullptr;
    const std::string error = name_of(cudaMallocHost(&data, nbytes));
    return nb::make_tuple(error, number_of(data));
  });
  m.def("cudaFreeHost",
        [](uintptr_t data) { return name_of(cudaFreeHost(handle_of<void*>(data))); });
  m.def("cudaMemcpy", [](uintptr_t to, uintptr_t from, size_t nbytes, int kind) {
    return name_of(cudaMemcpy(handle_of<void*>(to), handle_of<void*>(from), nbytes,
                              static_cast<cudaMemcpyKind>(kind)));
  });
  m.def("cudaMemcpyAsync",
        [](uintptr_t to, uintptr_t from, size_t nbytes, int kind, uintptr_t stream) {
          return name_of(cudaMemcpyAsync(handle_of<void*>(to), handle_of<void*>(from), nbytes,
                                         static_cast<cudaMemcpyKind>(kind),
                                         handle_of<cudaStream_t>(stream)));
        });
  m.def("cudaMemsetAsync", [](uintptr_t to, int value, size_t nbytes, uintptr_t stream) {
    return name_of(
        cudaMemsetAsync(handle_of<void*>(to), value, nbytes, handle_of<cudaStream_t>(stream)));
  });
  m.def("cudaStreamCreateWithFlags", [](unsigned flags) {
    cudaStream_t stream = nullptr;
    const std::string error = name_of(cudaStreamCreateWithFlags(&stream, flags));
    return nb::make_tuple(error, number_of(stream));
  });
  m.def("cudaStreamDestroy", [](uintptr_t stream) {
    return name_of(cudaStreamDestroy(handle_of<cudaStream_t>(stream)));
  });
  m.def("cudaStreamSynchronize", [](uintptr_t stream) {
    return name_of(cudaStreamSynchronize(handle_of<cudaStream_t>(stream)));
  });
  m.def("cudaStreamQuery",
        [](uintptr_t stream) { return name_of(cudaStreamQuery(handle_of<cudaStream_t>(stream))); });
  m.def("cudaStreamWaitEvent", [](uintptr_t stream, uintptr_t event) {
    return name_of(
        cudaStreamWaitEvent(handle_of<cudaStream_t>(stream), handle_of<cudaEvent_t>(event), 0));
  });
  m.def("cudaEventCreateWithFlags", [](unsigned flags) {
    cudaEvent_t event = nullptr;
    const std::string error = name_of(cudaEventCreateWithFlags(&event, flags));
    return nb::make_tuple(error, number_of(event));
  });
  m.def("cudaEventRecord", [](uintptr_t event, uintptr_t stream) {
    return name_of(cudaEventRecord(handle_of<cudaEvent_t>(event), handle_of<cudaStream_t>(stream)));
  });
  m.def("cudaEventQuery",
        [](uintptr_t event) { return name_of(cudaEventQuery(handle_of<cudaEvent_t>(event))); });
  m.def("cudaEventSynchronize", [](uintptr_t event) {
    return name_of(cudaEventSynchronize(handle_of<cudaEvent_t>(event)));
  });
  m.def("cudaEventElapsedTime", [](uintptr_t start, uintptr_t end) {
    float milliseconds = 0;
    const std::string error = name_of(cudaEventElapsedTime(
        &milliseconds, handle_of<cudaEvent_t>(start), handle_of<cudaEvent_t>(end)));
    return nb::make_tuple(error, milliseconds);
  });
  m.def("cudaEventDestroy",
        [](uintptr_t event) { return name_of(cudaEventDestroy(handle_of<cudaEvent_t>(event))); });
  m.def("cudaDeviceSynchronize", [] { return name_of(cudaDeviceSynchronize()); });
  m.def("cudaGetLastError", [] { return name_of(cudaGetLastError()); });
  m.def("cudaSetDevice", [](int number) { return name_of(cudaSetDevice(number)); });
  m.def("cudaMemGetInfo", [] {
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    return nb::make_tuple(free, total);
  });
}

#if defined(ND_CUDA_CHECKED)

nb::dict counts_of(const KernelCounts& counts) {
  nb::dict result;
#define ND_COUNT(name) result[#name] = counts.name
  ND_COUNT(launches);
  ND_COUNT(blocks);
  ND_COUNT(threads);
  ND_COUNT(global_loads);
  ND_COUNT(global_stores);
  ND_COUNT(global_load_bytes);
  ND_COUNT(global_store_bytes);
  ND_COUNT(shared_loads);
  ND_COUNT(shared_stores);
  ND_COUNT(shared_load_bytes);
  ND_COUNT(shared_store_bytes);
  ND_COUNT(global_atomics);
  ND_COUNT(shared_atomics);
  ND_COUNT(barriers);
  ND_COUNT(warp_collectives);
  ND_COUNT(matrix_products);
  ND_COUNT(load_sectors);
  ND_COUNT(store_sectors);
#undef ND_COUNT
  return result;
}

void bind_checker(nb::module_& m) {
  m.def("defect_names", &defect_names);
  m.def("run_defect", &run_defect, nb::arg("name"), nb::arg("correct") = false,
        "What the checker says about a kernel with a planted mistake, or about its correct twin.");
  m.def(
      "kernel_counts",
      [] {
        std::lock_guard guard(lock());
        nb::dict result;
        for (const auto& [name, counts] : kernel_counts()) {
          result[name.c_str()] = counts_of(counts);
        }
        return result;
      },
      "For each kernel that has run, by name: what it has done so far.");
  m.def("reset_kernel_counts", [] {
    std::lock_guard guard(lock());
    kernel_counts().clear();
  });
  m.def("set_counting_sectors", [](bool on) {
    std::lock_guard guard(lock());
    counting_sectors = on;
  });
}

#endif

}  // namespace

void bind(nb::module_& module) {
  nb::module_ m = module.def_submodule("emulator", "The emulator behind this module.");
  m.def("forget_errors", &forget_errors, "Makes devices that an error has taken usable again.");
  m.def(
      "fail_next",
      [](const std::string& function, int calls, int error) {
        std::lock_guard guard(lock());
        settings().failing_function = function;
        settings().calls_until_failure = calls;
        settings().failure = static_cast<cudaError_t>(error);
      },
      nb::arg("function"), nb::arg("calls") = 1,
      nb::arg("error") = static_cast<int>(cudaErrorMemoryAllocation),
      "Lets the `calls`-th call from now of a function of the runtime fail, with that error.");
  m.def(
      "set_memory",
      [](size_t nbytes) {
        std::lock_guard guard(lock());
        settings().memory_bytes = nbytes;
      },
      "Sets how many bytes of memory each device has.");
  m.def("in_arena", [](uintptr_t address) {
    return Arena::instance().contains(handle_of<const void*>(address));
  });
  bind_runtime(m.def_submodule("runtime"));
#if defined(ND_CUDA_CHECKED)
  bind_checker(m);
#endif
}

}  // namespace nd::cuda::emulator
