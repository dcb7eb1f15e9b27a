// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

namespace vedette::bench {

// A Lua of the system, loaded at run time: nothing is needed to build. Arguments go through its C
// interface, as a program that embeds it hands them over.
class LuaPeer {
 public:
  // `library`: "liblua5.4.so.0", "libluajit-5.1.so.2"; nullptr when the system does not have it.
  static std::unique_ptr<LuaPeer> Open(const char* library);
  ~LuaPeer();

  // Takes a chunk that returns a function of numbers; false where it does not compile.
  bool Load(const std::string& chunk);
  // Calls it; whether the result is true.
  bool Call(std::span<const double> arguments);

 private:
  struct Api;
  LuaPeer(void* library, std::unique_ptr<Api> api);

  void* library_;
  std::unique_ptr<Api> api_;
  void* state_ = nullptr;
};

}  // namespace vedette::bench
