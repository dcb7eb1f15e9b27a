// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sensitive.h"

namespace vedette::config {

struct FieldOptions {
  std::string_view text;          // what it does, one sentence
  std::optional<double> minimum;  // of numbers; milliseconds for durations
  std::optional<double> maximum;
  std::vector<std::string_view> choices;  // of strings
};

// A configuration struct names its fields once, and loading, checking and documentation follow:
//   struct MonitorConfig {
//     std::int64_t queue_limit = 10'000;
//     void Describe(config::Section& section) {
//       section.Field("queue_limit", queue_limit,
//                     {.text = "Requests that may wait for the log.", .minimum = 1, .maximum =
//                     1e6});
//     }
//   };
// The value before the visit is the default.
class Section {
 public:
  virtual ~Section() = default;
  virtual void Field(std::string_view name, bool& value, FieldOptions options) = 0;
  virtual void Field(std::string_view name, std::int64_t& value, FieldOptions options) = 0;
  virtual void Field(std::string_view name, double& value, FieldOptions options) = 0;
  virtual void Field(std::string_view name, std::string& value, FieldOptions options) = 0;
  // "250ms", "10s", "5m", "1h".
  virtual void Field(std::string_view name,
                     std::chrono::milliseconds& value,
                     FieldOptions options) = 0;
  virtual void Field(std::string_view name,
                     std::vector<std::string>& value,
                     FieldOptions options) = 0;
  // A secret: given as `name_file: path` or `name: ${ENV}`; a literal in the file is refused.
  virtual void Field(std::string_view name,
                     Sensitive<std::string>& value,
                     FieldOptions options) = 0;

  // A nested section.
  template <class Config>
  void Nested(std::string_view name, Config& config, std::string_view text) {
    Enter(name, text);
    config.Describe(*this);
    Leave();
  }

 protected:
  virtual void Enter(std::string_view name, std::string_view text) = 0;
  virtual void Leave() = 0;
};

}  // namespace vedette::config
