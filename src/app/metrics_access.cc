// SPDX-License-Identifier: Apache-2.0
#include "app/metrics_access.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <utility>

#include "kit/config/private_file.h"
#include "kit/config/section.h"

namespace vedette::app {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kShortestToken = 16;
constexpr auto kNetworks4 =
    std::to_array<std::string_view>({"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                     "169.254.0.0/16", "100.64.0.0/10"});
constexpr auto kNetworks6 = std::to_array<std::string_view>({"::1/128", "fc00::/7", "fe80::/10"});

bool WasPassedOn(const http::Request& request) {
  constexpr auto kHeaders = std::to_array<std::string_view>(
      {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"});
  return std::ranges::any_of(
      kHeaders, [&](std::string_view header) { return request.headers.Get(header).has_value(); });
}

Result<std::string> ReadToken(const std::string& path) {
  VEDETTE_TRY(const std::string text, config::ReadPrivateFile(path));
  std::string token(config::Trim(text));
  if (token.size() < kShortestToken) {
    return Fail(Code::kInvalidArgument, "metrics.token_file: " + path + " holds less than " +
                                            std::to_string(kShortestToken) + " bytes.");
  }
  return token;
}

}  // namespace

void MetricsOptions::Describe(config::Section& section) {
  section.Field("readers", readers,
                {.text = "Who reads /metrics without ops.read: everybody; private, who connects "
                         "from this machine or a private network and not through a proxy; token, "
                         "only who shows token_file's.",
                 .choices = {"everybody", "private", "token"}});
  section.Field("token_file", token_file,
                {.text = "File with a bearer token that reads /metrics from anywhere, as "
                         "Prometheus' authorization.credentials_file sends it; read at start."});
}

bool IsPrivateAddress(std::string_view text) {
  boost::system::error_code error;
  ip::address address = ip::make_address(std::string(text), error);
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  if (address.is_v4()) {
    return std::ranges::any_of(kNetworks4, [&](std::string_view text_of_network) {
      const ip::network_v4 network = ip::make_network_v4(std::string(text_of_network));
      return ip::network_v4(address.to_v4(), network.prefix_length()).canonical() == network;
    });
  }
  // The link that an address belongs to is no part of it.
  ip::address_v6 plain = address.to_v6();
  plain.scope_id(0);
  return std::ranges::any_of(kNetworks6, [&](std::string_view text_of_network) {
    const ip::network_v6 network = ip::make_network_v6(std::string(text_of_network));
    return ip::network_v6(plain, network.prefix_length()).canonical() == network;
  });
}

MetricsAccess::MetricsAccess(std::string readers, Sensitive<std::string> token)
    : readers_(std::move(readers)), token_(std::move(token)) {}

Result<MetricsAccess> MetricsAccess::Load(const MetricsOptions& options) {
  std::string token;
  if (!options.token_file.empty()) {
    VEDETTE_TRY(token, ReadToken(options.token_file));
  } else if (options.readers == "token") {
    return Fail(Code::kInvalidArgument, "metrics.readers is token: give metrics.token_file.");
  }
  return MetricsAccess(options.readers, Sensitive<std::string>(std::move(token)));
}

bool MetricsAccess::Allows(const http::Request& request) const {
  if (readers_ == "everybody") return true;
  const std::string& token = token_.Reveal();
  const std::string expected = "Bearer " + token;
  const std::string_view shown = request.headers.Get("Authorization").value_or("");
  if (!token.empty() && shown.size() == expected.size() &&
      CRYPTO_memcmp(shown.data(), expected.data(), expected.size()) == 0) {
    return true;
  }
  return readers_ == "private" && IsPrivateAddress(request.peer) && !WasPassedOn(request);
}

}  // namespace vedette::app
