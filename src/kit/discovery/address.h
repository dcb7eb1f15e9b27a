// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kit/config/environment.h"

namespace vedette::discovery {

// "host:port"; the host is a name, an IPv4 address or an IPv6 address in brackets.
struct HostPort {
  std::string host;  // without brackets
  std::string port;  // 1 to 65535
  std::string ToString() const;
};
// Survives any bytes; kInvalidArgument for what is no address.
Result<HostPort> ParseHostPort(std::string_view text);

// Of a name as it stands in a key or a Kubernetes path: letters, digits, '-', '_' and '.'.
bool IsName(std::string_view text);

// What others shall call: `advertise` where it is given, its port being optional. Otherwise
// `listening`, whose host, when it means every interface (0.0.0.0, [::]), is replaced by the
// variable POD_IP or else by `interface_address()`. kInvalidArgument when nothing usable comes out.
Result<std::string> AdvertisedAddress(std::string_view listening,
                                      std::string_view advertise,
                                      const config::EnvLookup& environment,
                                      const std::function<std::string()>& interface_address);

// The first address of this machine that is neither loopback nor link-local, IPv4 before IPv6;
// empty when there is none.
std::string InterfaceAddress();

}  // namespace vedette::discovery
