// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/api_url.h"

#include "kit/discovery/address.h"

namespace vedette::discovery {

Result<ApiUrl> ParseApiUrl(std::string_view url) {
  ApiUrl parsed;
  if (url.starts_with("http://")) {
    parsed.tls = false;
    url.remove_prefix(7);
  } else if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else {
    return FailField("api_url", "must begin with https:// or http://");
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  auto address = ParseHostPort(url);
  if (!address) address = ParseHostPort(std::string(url) + (parsed.tls ? ":443" : ":80"));
  if (!address) return FailField("api_url", "must be scheme://host:port");
  parsed.host = address->host;
  parsed.port = address->port;
  return parsed;
}

}  // namespace vedette::discovery
