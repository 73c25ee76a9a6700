#include "core/backend.hpp"

#include <map>
#include <mutex>

namespace nd {
namespace {

std::mutex registry_mutex;

std::map<std::string, Backend*>& registry() {
  static auto* backends = new std::map<std::string, Backend*>{{"cpu", &cpu_backend()}};
  return *backends;
}

std::function<std::string()>& device_finder() {
  static auto* finder = new std::function<std::string()>;
  return *finder;
}

// Why there are no further devices. The finder registers what it finds, so no lock is held here.
std::string find_devices() { return device_finder() ? device_finder()() : std::string(); }

// The devices from fast to slow. `cpu` is always there.
constexpr const char* by_speed[] = {"cuda", "cpu"};

Backend* find_backend(const std::string& name) {
  std::lock_guard lock(registry_mutex);
  const auto found = registry().find(name);
  return found == registry().end() ? nullptr : found->second;
}

Backend& fastest() {
  find_devices();
  for (const char* name : by_speed) {
    Backend* const backend = find_backend(name);
    if (backend && !backend->is_emulated()) return *backend;
  }
  return cpu_backend();
}

}  // namespace

void register_backend(Backend* backend) { set_alias(backend->name, backend); }

void set_alias(const std::string& name, Backend* backend) {
  std::lock_guard lock(registry_mutex);
  registry()[name] = backend;
}

void set_device_finder(std::function<std::string()> find) { device_finder() = std::move(find); }

Backend& get_backend(const std::string& name) {
  if (name == "auto") return fastest();
  if (Backend* const backend = find_backend(name)) return *backend;
  const std::string reason = find_devices();
  if (Backend* const backend = find_backend(name)) return *backend;
  std::string known;
  for (const std::string& other : backend_names()) known += (known.empty() ? "" : ", ") + other;
  const bool is_cuda = name.rfind("cuda", 0) == 0 && !reason.empty();
  throw DeviceError(message("there is no device '", name, "'; this machine has: ", known,
                            is_cuda ? "; cuda: " + reason : std::string()));
}

std::vector<std::string> backend_names() {
  find_devices();
  std::lock_guard lock(registry_mutex);
  std::vector<std::string> names;
  for (const auto& [name, backend] : registry()) {
    if (name == backend->name) names.push_back(name);  // and no aliases
  }
  return names;
}

}  // namespace nd
