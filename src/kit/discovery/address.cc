// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>

namespace vedette::discovery {
namespace {

constexpr std::size_t kMaxHost = 253;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsPort(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

std::unexpected<Error> NoAddress() {
  return Fail(Code::kInvalidArgument, "An address is host:port, with a port from 1 to 65535.");
}

bool IsEveryInterface(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

}  // namespace

std::string HostPort::ToString() const {
  return host.contains(':') ? "[" + host + "]:" + port : host + ":" + port;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHost && std::ranges::all_of(text, [](char c) {
    return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.';
  });
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NoAddress();
  HostPort parsed{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  if (!IsPort(parsed.port)) return NoAddress();
  if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    if (!IsIpv6(parsed.host)) return NoAddress();
    return parsed;
  }
  if (!IsName(parsed.host)) return NoAddress();
  return parsed;
}

Result<std::string> AdvertisedAddress(std::string_view listening,
                                      std::string_view advertise,
                                      const config::EnvLookup& environment,
                                      const std::function<std::string()>& interface_address) {
  VEDETTE_TRY(HostPort address, ParseHostPort(listening));
  if (!advertise.empty()) {
    if (const auto whole = ParseHostPort(advertise)) return whole->ToString();
    const std::string host(advertise);
    if (!IsName(host) && !IsIpv6(host)) {
      return FailField("advertise", "must be a host or host:port");
    }
    address.host = host;
    return address.ToString();
  }
  if (!IsEveryInterface(address.host)) return address.ToString();
  address.host = environment("POD_IP").value_or("");
  if (address.host.empty()) address.host = interface_address();
  if (!IsName(address.host) && !IsIpv6(address.host)) {
    return FailField(
        "advertise",
        "must be given: neither POD_IP nor an interface tells an address of this host");
  }
  return address.ToString();
}

std::string InterfaceAddress() {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(found, ::freeifaddrs);
  std::string ipv6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  for (const ifaddrs* entry = found; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0 ||
        (entry->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    if (entry->ifa_addr->sa_family == AF_INET) {
      const in_addr& address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr;
      if ((ntohl(address.s_addr) >> 16) == 0xa9fe) continue;  // 169.254.0.0/16
      ::inet_ntop(AF_INET, &address, text.data(), text.size());
      return text.data();
    }
    if (entry->ifa_addr->sa_family == AF_INET6 && ipv6.empty()) {
      const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&address)) continue;
      ::inet_ntop(AF_INET6, &address, text.data(), text.size());
      ipv6 = text.data();
    }
  }
  return ipv6;
}

}  // namespace vedette::discovery
