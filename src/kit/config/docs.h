// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kit/config/section.h"

namespace vedette::config {

// Writes the reference of configuration structs, in Markdown: per section a heading, its text and a
// table of name, type, default, range and meaning. The defaults are the values the structs hold.
//   Docs docs;
//   docs.Section("monitor", monitor_config, "The write path.");
//   std::string page = docs.Markdown();
class Docs {
 public:
  Docs();
  ~Docs();

  template <class Config>
  void Section(std::string_view name, Config& config, std::string_view text) {
    root().Nested(name, config, text);
  }

  // For fields that stand outside any section.
  config::Section& root();

  std::string Markdown() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace vedette::config
