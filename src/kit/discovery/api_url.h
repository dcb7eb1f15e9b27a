// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::discovery {

// "https://host:port" or, for a proxy on this machine, "http://host:port".
struct ApiUrl {
  bool tls = true;
  std::string host;
  std::string port;
};

// Without a port, that of the scheme. kInvalidArgument for what is none.
Result<ApiUrl> ParseApiUrl(std::string_view url);

}  // namespace vedette::discovery
