// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/data_source.h"

namespace vedette::importing {

// The rows that were not imported, as CSV: file,line,column,reason,key. Holds no value of a row but
// its key. Written as they come; a file without rejects is removed at the end. One thread at a
// time.
class RejectsFile {
 public:
  // Replaces what is at `path`. kInvalidArgument when it cannot be written.
  static Result<RejectsFile> Create(const std::string& path);

  RejectsFile(RejectsFile&& other) noexcept = default;
  RejectsFile& operator=(RejectsFile&& other) noexcept = default;

  // `file` is the name of the file that was read.
  Status Add(std::string_view file, const formats::RowReject& reject);

  // Once, after the last import: flushes, or removes the file when nothing was added.
  Status Finish();

  const std::string& path() const { return path_; }
  std::uint64_t count() const { return count_; }

 private:
  explicit RejectsFile(std::string path);
  Status Failed() const;

  std::string path_;
  std::ofstream out_;
  std::uint64_t count_ = 0;
};

}  // namespace vedette::importing
