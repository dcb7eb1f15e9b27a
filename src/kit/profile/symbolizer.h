// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vedette {

// Names of code addresses of this process, static functions too: from the symbol tables of the
// program and its libraries, which are read when first needed. Thread-safe.
class Symbolizer {
 public:
  Symbolizer();
  ~Symbolizer();

  // Demangled; empty when unknown. Of a return address, ask for the byte before it.
  std::string Name(std::uint64_t address);

  // The file name of the program or library that the address lies in; empty when in none.
  std::string Library(std::uint64_t address);

 private:
  struct Module;
  // With the mutex held.
  void LoadModules();
  Module* Find(std::uint64_t address);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Module>> modules_;
};

}  // namespace vedette
