// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/elf_symbols.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>

namespace vedette {
namespace {

// The bytes from `offset` on; nothing when they are not all there.
std::optional<std::string_view> Slice(std::string_view file,
                                      std::uint64_t offset,
                                      std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.substr(offset, size);
}

template <class T>
std::optional<T> Read(std::string_view file, std::uint64_t offset) {
  const auto bytes = Slice(file, offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

std::optional<Elf64_Shdr> Section(std::string_view file, const Elf64_Ehdr& head, std::size_t at) {
  if (at >= head.e_shnum || head.e_shoff > file.size()) return std::nullopt;
  return Read<Elf64_Shdr>(file, head.e_shoff + at * sizeof(Elf64_Shdr));
}

std::string_view NameAt(std::string_view strings, std::uint64_t offset) {
  if (offset >= strings.size()) return {};
  const std::string_view rest = strings.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

std::vector<ElfFunction> ReadTable(std::string_view file,
                                   const Elf64_Ehdr& head,
                                   const Elf64_Shdr& table) {
  std::vector<ElfFunction> functions;
  const auto symbols = Slice(file, table.sh_offset, table.sh_size);
  const auto names = Section(file, head, table.sh_link);
  if (!symbols || !names) return functions;
  const auto strings = Slice(file, names->sh_offset, names->sh_size);
  if (!strings) return functions;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols->size(); at += sizeof(Elf64_Sym)) {
    const auto symbol = Read<Elf64_Sym>(*symbols, at);
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF) continue;
    const std::string_view name = NameAt(*strings, symbol->st_name);
    if (!name.empty()) functions.push_back({symbol->st_value, symbol->st_size, name});
  }
  std::ranges::sort(functions, [](const ElfFunction& a, const ElfFunction& b) {
    return std::tie(a.address, a.name) < std::tie(b.address, b.name);
  });
  return functions;
}

}  // namespace

std::vector<ElfFunction> ReadElfFunctions(std::string_view file) {
  const auto head = Read<Elf64_Ehdr>(file, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB) return {};
  if (head->e_shentsize != sizeof(Elf64_Shdr)) return {};
  for (const std::uint32_t wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (std::size_t i = 0; i < head->e_shnum; ++i) {
      const auto section = Section(file, *head, i);
      if (!section || section->sh_type != wanted) continue;
      std::vector<ElfFunction> functions = ReadTable(file, *head, *section);
      if (!functions.empty()) return functions;
    }
  }
  return {};
}

}  // namespace vedette
