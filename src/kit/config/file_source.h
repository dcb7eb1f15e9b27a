// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "kit/config/live_source.h"

namespace vedette::config {

// A file, read again every `interval` by a thread of its own: that also sees a file that is
// replaced by renaming, a mounted ConfigMap whose link is turned, and a network file system. A
// content counts once it was read twice in a row, so that one half written is not taken. A file
// that is absent, unreadable, without any character or over 1 MiB is no document.
class FileSource final : public LiveSource {
 public:
  explicit FileSource(std::string path,
                      std::chrono::milliseconds interval = std::chrono::seconds(1));
  ~FileSource() override;

  std::string kind() const override { return "file"; }
  std::string name() const override;
  void Start(std::function<void(const LiveDocument&)> changed) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::config
