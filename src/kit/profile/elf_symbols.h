// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace vedette {

// A function in a program file: its name as the linker knows it, in the bytes of the file.
struct ElfFunction {
  std::uint64_t address = 0;  // as linked
  std::uint64_t size = 0;     // 0: not told
  std::string_view name;
};

// The functions of an ELF file (System V gABI, 64 bit, little endian), by address: those of its
// symbol table, else of its dynamic symbols. Empty for other bytes. The names point into `file`.
std::vector<ElfFunction> ReadElfFunctions(std::string_view file);

}  // namespace vedette
