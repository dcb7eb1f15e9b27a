// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette::app {

// One option of a command: "--name VALUE", "--name=VALUE" or, when it takes no value, "--name".
struct Option {
  std::string_view name;        // without dashes
  std::string_view value_name;  // "FILE"; empty for a switch
  std::string_view text;        // one line of help
  std::string_view default_value = {};
  bool repeated = false;
};

struct CommandSpec {
  std::string_view name;
  std::string_view arguments;  // "FILE…", shown in the usage line
  std::string_view summary;
  std::vector<Option> options;
};

// The words of one command, checked against its spec. An unknown option is an error that names the
// closest one.
class Arguments {
 public:
  static Result<Arguments> Parse(const CommandSpec& spec, std::span<const std::string> words);

  bool Has(std::string_view option) const;
  // The value given, else the default of the spec; empty without either.
  std::string Get(std::string_view option) const;
  std::vector<std::string> GetAll(std::string_view option) const;
  Result<std::int64_t> GetInt(std::string_view option, std::int64_t low, std::int64_t high) const;
  const std::vector<std::string>& positional() const { return positional_; }

 private:
  const CommandSpec* spec_ = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positional_;
};

// "vedette import [options] FILE…" and a line an option.
std::string Usage(const CommandSpec& spec);

}  // namespace vedette::app
