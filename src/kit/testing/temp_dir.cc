// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/temp_dir.h"

#include <stdlib.h>

#include <stdexcept>
#include <system_error>

namespace vedette::testkit {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "vedette-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace vedette::testkit
