// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/config/document.h"
#include "kit/config/section.h"

namespace vedette::config {

// Fills configuration structs from a document:
//   Loader loader(document, {"monitor.queue_limit=5"});
//   loader.Section("monitor", monitor_config);
//   VEDETTE_CHECK_OK(loader.Finish());
// A struct's fields keep their defaults where the document says nothing, and where it is wrong.
class Loader {
 public:
  // `overrides` are "path=value" texts of the command line and win over the file; a value is a
  // scalar (lists by commas) in which ${…} works as in the file.
  explicit Loader(Document document, std::vector<std::string> overrides = {});
  ~Loader();
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;

  template <class Config>
  void Section(std::string_view name, Config& config) {
    root().Nested(name, config, {});
  }

  // For fields that stand outside any section.
  config::Section& root();

  // Every problem of the whole document at once, in the order of the file, sections that nobody
  // took included: kInvalidArgument with a violation each (field = path). Once, at the end.
  Status Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A document whose top level is the struct itself.
template <class Config>
Status Load(Document document, Config& config, std::vector<std::string> overrides = {}) {
  Loader loader(std::move(document), std::move(overrides));
  config.Describe(loader.root());
  return loader.Finish();
}

}  // namespace vedette::config
