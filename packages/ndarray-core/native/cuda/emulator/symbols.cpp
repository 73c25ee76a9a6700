// Names of kernels. A launch knows the address of a function only, and what is hidden or has
// internal linkage is not in the table that dladdr reads: the file's own symbol table (.symtab) has
// it, unless that was stripped.
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include "cuda/emulator/launch.hpp"

namespace nd::cuda::emulator {
namespace {

using Symbols = std::map<uintptr_t, std::string>;  // mangled, by offset from where it is loaded

template <typename T>
bool read_at(std::ifstream& file, uint64_t offset, T* values, size_t count) {
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(values), static_cast<std::streamsize>(sizeof(T) * count));
  return file.good();
}

Symbols read_symbols(const char* path) {
  Symbols result;
  std::ifstream file(path, std::ios::binary);
  ElfW(Ehdr) header;
  if (!read_at(file, 0, &header, 1)) return result;
  std::vector<ElfW(Shdr)> sections(header.e_shnum);
  if (!read_at(file, header.e_shoff, sections.data(), sections.size())) return result;
  for (const auto& section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    const auto& strings = sections[section.sh_link];
    std::string text(strings.sh_size, '\0');
    std::vector<ElfW(Sym)> symbols(section.sh_size / sizeof(ElfW(Sym)));
    if (!read_at(file, strings.sh_offset, text.data(), text.size()) ||
        !read_at(file, section.sh_offset, symbols.data(), symbols.size())) {
      return result;
    }
    for (const auto& symbol : symbols) {
      if ((symbol.st_info & 0xF) == STT_FUNC && symbol.st_value != 0) {
        result.emplace(symbol.st_value, text.c_str() + symbol.st_name);
      }
    }
  }
  return result;
}

}  // namespace

std::string kernel_name(const void* kernel) {
  Dl_info info;
  if (dladdr(kernel, &info) == 0 || !info.dli_fname) return "a kernel";
  static const Symbols symbols = read_symbols(info.dli_fname);
  const auto base = reinterpret_cast<uintptr_t>(info.dli_fbase);
  const auto found = symbols.find(reinterpret_cast<uintptr_t>(kernel) - base);
  if (found == symbols.end()) return info.dli_sname ? info.dli_sname : "a kernel";
  int status = 0;
  char* readable = abi::__cxa_demangle(found->second.c_str(), nullptr, nullptr, &status);
  if (status != 0) return found->second;
  std::string name = readable;
  std::free(readable);
  // "void nd::cuda::(anonymous namespace)::scale<float>(float*, int)" without what launch() adds.
  if (name.starts_with("void ")) name = name.substr(5);
  int depth = 0;
  for (size_t end = name.size(); end-- > 0;) {  // up to the parenthesis of the parameters
    if (name[end] == ')') ++depth;
    if (name[end] == '(' && --depth == 0) return name.substr(0, end);
  }
  return name;
}

}  // namespace nd::cuda::emulator
