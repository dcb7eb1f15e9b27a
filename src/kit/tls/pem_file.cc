// SPDX-License-Identifier: Apache-2.0
#include "kit/tls/pem_file.h"

#include <fstream>
#include <sstream>

namespace vedette::tls {

Result<std::string> ReadPemFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return Fail(Code::kInvalidArgument, "The TLS file " + path + " cannot be read.");
  }
  return std::move(text).str();
}

}  // namespace vedette::tls
