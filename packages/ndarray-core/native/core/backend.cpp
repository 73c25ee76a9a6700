#include "core/backend.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>

namespace nd {
namespace {

std::mutex registry_mutex;

std::map<std::string, Backend*>& registry() {
  static auto* backends = new std::map<std::string, Backend*>{{"cpu", &cpu_backend()}};
  return *backends;
}

// The devices from fast to slow. `cpu` is always there.
constexpr const char* by_speed[] = {"cuda", "cpu"};

std::string fastest() {
  const auto there = [](const char* name) { return registry().count(name) > 0; };
  return *std::find_if(std::begin(by_speed), std::end(by_speed), there);
}

}  // namespace

const char* name_of(UnaryOp op) {
  static constexpr const char* names[] = {
#define ND_UNARY(name, domain, ...) #name,
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
  };
  return names[static_cast<int>(op)];
}

const char* name_of(BinaryOp op) {
  static constexpr const char* names[] = {
#define ND_BINARY(name, domain, ...) #name,
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
  };
  return names[static_cast<int>(op)];
}

const char* name_of(ReduceOp op) {
  static constexpr const char* names[] = {"sum", "prod", "max", "min", "any", "all"};
  return names[static_cast<int>(op)];
}

const char* name_of(ArgReduceOp op) { return op == ArgReduceOp::argmax ? "argmax" : "argmin"; }

const char* name_of(ScanOp op) {
  static constexpr const char* names[] = {"cumulative_sum", "cumulative_prod", "cumulative_max",
                                          "cumulative_min"};
  return names[static_cast<int>(op)];
}

const char* name_of(ScatterOp op) {
  static constexpr const char* names[] = {"assign",   "add",     "subtract",
                                          "multiply", "maximum", "minimum"};
  return names[static_cast<int>(op)];
}

const char* name_of(Distribution distribution) {
  static constexpr const char* names[] = {"bits", "uniform", "normal"};
  return names[static_cast<int>(distribution)];
}

void register_backend(Backend* backend) {
  std::lock_guard lock(registry_mutex);
  registry()[backend->name] = backend;
}

Backend& get_backend(const std::string& name) {
  std::lock_guard lock(registry_mutex);
  const auto found = registry().find(name == "auto" ? fastest() : name);
  if (found == registry().end()) {
    std::string known;
    for (const auto& entry : registry()) known += (known.empty() ? "" : ", ") + entry.first;
    throw DeviceError(message("there is no device '", name, "'; this machine has: ", known));
  }
  return *found->second;
}

std::vector<std::string> backend_names() {
  std::lock_guard lock(registry_mutex);
  std::vector<std::string> names;
  for (const auto& entry : registry()) names.push_back(entry.first);
  return names;
}

}  // namespace nd
