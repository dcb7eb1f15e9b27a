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

constexpr std::string_view kOperatorSigns = "<>=-+*/!&|^~%[],";

// A file's bytes in memory; empty when it cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
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

// Where the template arguments or parameters that open at `at` end; the text's end if they do not.
std::size_t EndOfGroup(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '<' || c == '(') ++depth;
    // Of "->" the second is no bracket.
    if ((c == '>' && text[at - 1] != '-') || c == ')') --depth;
    if (depth == 0) return at + 1;
  }
  return text.size();
}

}  // namespace

std::string ShortFunctionName(std::string_view demangled) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)";
  constexpr std::string_view kOperator = "operator";
  std::string out;
  std::size_t name_begin = 0;  // behind what stands before the name: a result type
  for (std::size_t i = 0; i < demangled.size();) {
    const std::string_view rest = demangled.substr(i);
    if (rest.starts_with(kAnonymous)) {
      out += "(anonymous)";
      i += kAnonymous.size();
    } else if (rest.starts_with(kOperator)) {
      std::size_t end = i + kOperator.size();
      if (demangled.substr(end).starts_with("()")) end += 2;
      while (end < demangled.size() && kOperatorSigns.contains(demangled[end])) ++end;
      out += demangled.substr(i, end - i);
      i = end;
      // "operator bool", "operator new"
      if (demangled.substr(i).starts_with(' ')) out += demangled[i++];
    } else if (rest[0] == '<' || rest[0] == '(') {
      i = EndOfGroup(demangled, i);
    } else if (rest.starts_with(" const") || rest.starts_with(" [")) {
      break;
    } else {
      out += rest[0];
      if (rest[0] == ' ') name_begin = out.size();
      ++i;
    }
  }
  return out.substr(name_begin);
}

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
        auto module = std::make_unique<Module>();
        module->path = info->dlpi_name[0] == '\0' ? "/proc/self/exe" : info->dlpi_name;
        module->bias = info->dlpi_addr;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
          const std::uint64_t begin = info->dlpi_addr + segment.p_vaddr;
          module->code.emplace_back(begin, begin + segment.p_memsz);
        }
        static_cast<Symbolizer*>(data)->modules_.push_back(std::move(module));
        return 0;
      },
      this);
}

Symbolizer::Module* Symbolizer::Find(std::uint64_t address) {
  const auto found =
      std::ranges::find_if(modules_, [&](const auto& module) { return module->Contains(address); });
  return found == modules_.end() ? nullptr : found->get();
}

std::string Symbolizer::Name(std::uint64_t address) {
  const std::scoped_lock lock(mutex_);
  if (modules_.empty()) LoadModules();
  Module* const module = Find(address);
  const std::string_view name = module == nullptr ? std::string_view() : module->NameAt(address);
  return name.empty() ? std::string() : Demangle(name);
}

}  // namespace vedette
