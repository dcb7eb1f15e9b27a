// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/symbolizer.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "kit/profile/elf_symbols.h"

namespace vedette {
namespace {

// A file's bytes in memory; empty when it cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    // Code that the kernel brings has a name and no file; the working folder may have one.
    if (!path.starts_with('/')) return;
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat status;
    if (fstat(file, &status) == 0 && status.st_size > 0) {
      const auto size = static_cast<std::size_t>(status.st_size);
      void* const data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
      if (data != MAP_FAILED) bytes_ = {static_cast<const char*>(data), size};
    }
    close(file);
  }
  ~MappedFile() {
    if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

std::string Demangle(std::string_view name) {
  const std::string mangled(name);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? std::string(text.get()) : mangled;
}

}  // namespace

// A program or library in memory.
struct Symbolizer::Module {
  std::string path;
  std::uint64_t bias = 0;  // address in memory less address as linked
  std::vector<std::pair<std::uint64_t, std::uint64_t>> code;  // ranges in memory
  std::unique_ptr<MappedFile> file;                           // null: not read yet
  std::vector<ElfFunction> functions;

  bool Contains(std::uint64_t address) const {
    return std::ranges::any_of(
        code, [&](const auto& range) { return address >= range.first && address < range.second; });
  }

  std::string_view NameAt(std::uint64_t address) {
    if (!file) {
      file = std::make_unique<MappedFile>(path);
      functions = ReadElfFunctions(file->bytes());
    }
    const std::uint64_t linked = address - bias;
    const auto after = std::ranges::upper_bound(functions, linked, {}, &ElfFunction::address);
    if (after == functions.begin()) return {};
    const ElfFunction& function = *std::prev(after);
    if (function.size != 0 && linked >= function.address + function.size) return {};
    return function.name;
  }
};

Symbolizer::Symbolizer() = default;
Symbolizer::~Symbolizer() = default;

void Symbolizer::LoadModules() {
  modules_.clear();
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& modules = static_cast<Symbolizer*>(data)->modules_;
        auto module = std::make_unique<Module>();
        module->path = modules.empty() ? "/proc/self/exe" : info->dlpi_name;
        module->bias = info->dlpi_addr;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
          const std::uint64_t begin = info->dlpi_addr + segment.p_vaddr;
          module->code.emplace_back(begin, begin + segment.p_memsz);
        }
        modules.push_back(std::move(module));
        return 0;
      },
      this);
}

Symbolizer::Module* Symbolizer::Find(std::uint64_t address) {
  if (modules_.empty()) LoadModules();
  const auto found =
      std::ranges::find_if(modules_, [&](const auto& module) { return module->Contains(address); });
  return found == modules_.end() ? nullptr : found->get();
}

std::string Symbolizer::Name(std::uint64_t address) {
  const std::scoped_lock lock(mutex_);
  Module* const module = Find(address);
  const std::string_view name = module == nullptr ? std::string_view() : module->NameAt(address);
  return name.empty() ? std::string() : Demangle(name);
}

std::string Symbolizer::Library(std::uint64_t address) {
  const std::scoped_lock lock(mutex_);
  const Module* const module = Find(address);
  return module == nullptr ? std::string() : module->path.substr(module->path.rfind('/') + 1);
}

}  // namespace vedette
