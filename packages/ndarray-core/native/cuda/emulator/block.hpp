// Runs the threads of a block as fibers on one thread of the host.
//
// A fiber starts thread after thread on the same stack, as long as each of them ends without having
// waited: a kernel without barriers is a plain loop. A thread that waits keeps its stack, and
// another fiber goes on: with a thread that may continue, or else with the next to start. When all
// threads have started and none may continue, either the block is done, or it never will be.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cuda/emulator/fiber.hpp"
#include "cuda/emulator/launch.hpp"
#include "cuda/emulator/warp.hpp"

namespace nd::cuda::emulator {

inline constexpr int max_threads = 1024;
inline constexpr int warp_size = 32;

// What ended a kernel before its time.
struct KernelFailure {
  cudaError_t error = cudaSuccess;
  std::string explanation;
};

// A thread that has started and not ended.
struct Thread {
  Fiber fiber;
  uint3 index;
  int number;  // within the block; warps are 32 consecutive ones
  int lane() const { return number % warp_size; }
  int warp() const { return number / warp_size; }
};

// Lanes that wait for each other.
struct Meeting {
  uint32_t mask, arrived;
  Together together;
  const char* name;
  std::array<void*, warp_size> operands;
  std::array<Thread*, warp_size> threads;
};

struct Warp {
  uint32_t ended = 0;  // lanes; those that the block is too small for, from the start
  std::vector<Meeting> meetings;
};

// The thread whose turn it is; null outside of kernels.
extern Thread* running_thread;

// Whether code of a kernel runs, and not the emulator on its behalf. The two are hard to tell apart
// otherwise: of an inline function of the standard library there is one copy, and the linker may
// have taken that of a file with kernels, which reports its accesses to the checker.
extern bool in_kernel_code;

// Where a kernel enters the emulator.
class OutsideKernel {
 public:
  OutsideKernel() { in_kernel_code = false; }
  ~OutsideKernel() { in_kernel_code = true; }
  OutsideKernel(const OutsideKernel&) = delete;
  OutsideKernel& operator=(const OutsideKernel&) = delete;
};

// All blocks of the grid, in order.
KernelFailure run_grid(const LaunchShape& shape, const Call& call);

}  // namespace nd::cuda::emulator
