// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token_json.h"

#include <simdjson.h>

#include <set>

#include "kit/telemetry/json_text.h"

namespace vedette::auth_internal {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kDepthLimit = 8;
constexpr std::size_t kGrantLimit = 1000;
constexpr std::int64_t kLastSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z

// An object none of whose names is repeated: two readers must not see two different tokens.
class StrictObject {
 public:
  bool Parse(std::string_view json) {
    if (parser_.allocate(kTokenLimit, kDepthLimit) != simdjson::SUCCESS) return false;
    if (json.size() > kTokenLimit) return false;
    if (parser_.parse(json.data(), json.size()).get(root_) != simdjson::SUCCESS) return false;
    if (root_.get(object_) != simdjson::SUCCESS) return false;
    std::set<std::string_view> names;
    for (const auto field : object_) {
      if (!names.insert(field.key).second) return false;
    }
    return true;
  }

  bool Has(std::string_view name) const {
    return object_.at_key(name).error() == simdjson::SUCCESS;
  }

  bool Text(std::string_view name, std::string& out) const {
    std::string_view text;
    if (object_.at_key(name).get(text) != simdjson::SUCCESS) return false;
    out = text;
    return true;
  }

  bool Flag(std::string_view name, bool& out) const {
    return object_.at_key(name).get(out) == simdjson::SUCCESS;
  }

  bool Time(std::string_view name, Timestamp& out) const {
    std::int64_t seconds = 0;
    if (object_.at_key(name).get(seconds) != simdjson::SUCCESS) return false;
    if (seconds < 0 || seconds > kLastSecond) return false;
    out = Timestamp(std::chrono::seconds(seconds));
    return true;
  }

  bool List(std::string_view name, dom::array& out) const {
    return object_.at_key(name).get(out) == simdjson::SUCCESS;
  }

 private:
  dom::parser parser_;
  dom::element root_;
  dom::object object_;
};

bool ReadGrant(const dom::element& element, Grant& grant) {
  dom::array parts;
  if (element.get(parts) != simdjson::SUCCESS || parts.size() != 3) return false;
  std::string* const targets[] = {&grant.role, &grant.study, &grant.site};
  std::size_t i = 0;
  for (const auto part : parts) {
    std::string_view text;
    if (part.get(text) != simdjson::SUCCESS || text.empty()) return false;
    *targets[i++] = text;
  }
  return true;
}

bool ReadGrants(const StrictObject& object, std::vector<Grant>& grants) {
  dom::array list;
  if (!object.List("grants", list) || list.size() > kGrantLimit) return false;
  for (const auto element : list) {
    if (!ReadGrant(element, grants.emplace_back())) return false;
  }
  return true;
}

bool IsJwtType(std::string_view type) { return type == "JWT" || type == "jwt" || type == "at+jwt"; }

std::string Seconds(Timestamp time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

}  // namespace

std::optional<TokenHeader> ReadTokenHeader(std::string_view json) {
  StrictObject object;
  TokenHeader header;
  std::string type = "JWT";
  if (!object.Parse(json) || object.Has("crit") || !object.Text("alg", header.alg) ||
      !object.Text("kid", header.kid) || (object.Has("typ") && !object.Text("typ", type)) ||
      !IsJwtType(type)) {
    return std::nullopt;
  }
  return header;
}

std::optional<TokenClaims> ReadTokenClaims(std::string_view json) {
  StrictObject object;
  TokenClaims claims;
  Principal& principal = claims.principal;
  if (!object.Parse(json) || !object.Text("iss", claims.issuer) ||
      !object.Text("aud", claims.audience) || !object.Text("jti", claims.id) ||
      !object.Text("sub", principal.subject) || principal.subject.empty() ||
      !object.Text("name", principal.name) || !object.Time("iat", claims.issued_at) ||
      !object.Time("exp", claims.expires_at) || !ReadGrants(object, principal.grants)) {
    return std::nullopt;
  }
  claims.not_before = claims.issued_at;
  if (object.Has("nbf") && !object.Time("nbf", claims.not_before)) return std::nullopt;
  if (object.Has("svc") && !object.Flag("svc", principal.is_service)) return std::nullopt;
  return claims;
}

std::string WriteTokenHeader(const TokenHeader& header) {
  std::string out = R"({"alg":)";
  AppendJsonString(out, header.alg);
  out += R"(,"typ":"JWT","kid":)";
  AppendJsonString(out, header.kid);
  out += "}";
  return out;
}

std::string WriteTokenClaims(const TokenClaims& claims) {
  const Principal& principal = claims.principal;
  std::string out = R"({"iss":)";
  AppendJsonString(out, claims.issuer);
  out += R"(,"aud":)";
  AppendJsonString(out, claims.audience);
  out += R"(,"sub":)";
  AppendJsonString(out, principal.subject);
  out += R"(,"name":)";
  AppendJsonString(out, principal.name);
  out += R"(,"jti":)";
  AppendJsonString(out, claims.id);
  out += R"(,"iat":)" + Seconds(claims.issued_at);
  out += R"(,"nbf":)" + Seconds(claims.not_before);
  out += R"(,"exp":)" + Seconds(claims.expires_at);
  if (principal.is_service) out += R"(,"svc":true)";
  out += R"(,"grants":[)";
  for (const Grant& grant : principal.grants) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('[');
    AppendJsonString(out, grant.role);
    out.push_back(',');
    AppendJsonString(out, grant.study);
    out.push_back(',');
    AppendJsonString(out, grant.site);
    out.push_back(']');
  }
  out += "]}";
  return out;
}

}  // namespace vedette::auth_internal
