// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sensitive.h"
#include "kit/http/message.h"

namespace vedette {
namespace config {
class Section;
}  // namespace config
}  // namespace vedette

namespace vedette::app {

struct MetricsOptions {
  std::string readers = "private";  // "everybody", "private", "token"
  std::string token_file;

  void Describe(config::Section& section);
};

// Whether an address is of this machine, a private network or a link (RFC 1122, 1918, 3927, 4193,
// 4291, 6598). False for other text.
bool IsPrivateAddress(std::string_view address);

// Who may read /metrics, beside those who may look into the process: everybody; who connects from a
// private address without a proxy that says that it passed the request on; or who shows the token
// of the file, as a scraper's configuration can. Thread-safe.
class MetricsAccess {
 public:
  // Reads the token, once. kInvalidArgument when it cannot be read or is shorter than 16 bytes, and
  // when a token is asked for that no file has.
  static Result<MetricsAccess> Load(const MetricsOptions& options);

  bool Allows(const http::Request& request) const;

 private:
  MetricsAccess(std::string readers, Sensitive<std::string> token);

  std::string readers_;
  Sensitive<std::string> token_;  // empty: none
};

}  // namespace vedette::app
