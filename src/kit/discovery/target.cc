// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "kit/config/value.h"
#include "kit/discovery/address.h"
#include "kit/discovery/discovery.h"

namespace vedette::discovery {
namespace {

std::unexpected<Error> Wrong(std::string text) {
  return Fail(Code::kInvalidArgument, "The target " + std::move(text));
}

Result<Target> ParseStatic(std::string_view rest) {
  Target target;
  for (const std::string& item : config::SplitList(rest)) {
    const auto address = ParseHostPort(item);
    if (!address) return Wrong("must list host:port, separated by commas.");
    target.addresses.push_back(address->ToString());
  }
  if (target.addresses.empty()) return Wrong("names no address.");
  return target;
}

Result<Target> ParseEtcd(std::string_view rest) {
  if (!IsName(rest)) return Wrong("must be etcd:service.");
  return Target{.kind = Target::Kind::kEtcd, .name = std::string(rest)};
}

Result<Target> ParseKubernetes(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  const std::size_t colon = rest.rfind(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon < slash) {
    return Wrong("must be kubernetes:namespace/service:port.");
  }
  Target target{.kind = Target::Kind::kKubernetes,
                .name = std::string(rest.substr(slash + 1, colon - slash - 1)),
                .scope = std::string(rest.substr(0, slash)),
                .port = std::string(rest.substr(colon + 1))};
  if (!IsName(target.name) || !IsName(target.scope) || !IsName(target.port)) {
    return Wrong("must be kubernetes:namespace/service:port.");
  }
  return target;
}

Result<Target> ParseDns(std::string_view rest) {
  const auto address = ParseHostPort(rest);
  if (!address) return Wrong("must be dns:name:port.");
  return Target{.kind = Target::Kind::kDns, .name = address->host, .port = address->port};
}

}  // namespace

Result<Target> ParseTarget(const std::string& text) {
  const std::string_view view = text;
  const std::size_t colon = view.find(':');
  const std::string_view kind = view.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view rest = view.substr(colon + 1);
    if (kind == "static") return ParseStatic(rest);
    if (kind == "etcd") return ParseEtcd(rest);
    if (kind == "kubernetes") return ParseKubernetes(rest);
    if (kind == "dns") return ParseDns(rest);
  }
  return ParseStatic(view);
}

}  // namespace vedette::discovery
