// Families that have no kernels on `cuda` yet.
#include "cuda/cuda_backend.hpp"

namespace nd::cuda {
namespace {
[[noreturn]] void missing(const char* op) { throw Error(message(op, ": not on cuda yet")); }
}  // namespace

void matmul(const Array&, const Array&, const Array&) { missing("matmul"); }
void random(Distribution, const Array&, uint64_t, uint64_t) { missing("random"); }

}  // namespace nd::cuda
