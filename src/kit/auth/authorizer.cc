// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/authorizer.h"

#include <algorithm>

namespace vedette {
namespace {

constexpr std::string_view kAll = "*";

bool Covers(std::string_view granted, std::string_view asked) {
  return granted == kAll || granted == asked;
}

bool RoleHas(const RoleTable& roles, std::string_view role, std::string_view permission) {
  const auto found = roles.find(role);
  return found != roles.end() && found->second.contains(permission);
}

// {"*"} alone when one of them is "*"; else sorted, each once.
std::vector<std::string> Tidy(std::vector<std::string> names) {
  if (std::ranges::find(names, kAll) != names.end()) return {std::string(kAll)};
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

// "site 701", "sites 701 and 702", "sites 701, 702 and 9 more".
std::string NameSites(const std::vector<std::string>& sites) {
  constexpr std::size_t kShown = 3;
  std::string text = sites.size() == 1 ? "site " : "sites ";
  const std::size_t shown = std::min(sites.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == sites.size() ? " and " : ", ";
    text += sites[i];
  }
  if (sites.size() > shown) text += " and " + std::to_string(sites.size() - shown) + " more";
  return text;
}

std::unexpected<Error> Deny(std::string reason) {
  return Fail(Code::kPermissionDenied, std::move(reason));
}

}  // namespace

Authorizer::Authorizer(RoleTable roles) : roles_(std::move(roles)) {}

Status Authorizer::Check(const Principal& principal,
                         std::string_view permission,
                         std::string_view study,
                         std::string_view site) const {
  if (principal.is_service) return {};
  bool role_has_it = false;
  for (const Grant& grant : principal.grants) {
    if (!RoleHas(roles_, grant.role, permission)) continue;
    role_has_it = true;
    if (!study.empty() && !Covers(grant.study, study)) continue;
    if (!site.empty() && !Covers(grant.site, site)) continue;
    return {};
  }
  if (principal.subject.empty()) {
    return Deny("Sign in to do this; it needs the permission " + std::string(permission) + ".");
  }
  if (!role_has_it) {
    return Deny("Your role lacks the permission " + std::string(permission) + ".");
  }
  const std::string needed = " (permission " + std::string(permission) + ").";
  const auto sites = Sites(principal, permission, study);
  if (site.empty() || sites.empty()) {
    return Deny("Your role does not cover " +
                (study == kAll ? "every study" : "study " + std::string(study)) + needed);
  }
  const std::string covered = NameSites(sites) + " of study " + std::string(study) + needed;
  if (site == kAll) {
    return Deny("This concerns every site, and your role covers " + covered);
  }
  return Deny("Site " + std::string(site) + " is outside your role, which covers " + covered);
}

std::vector<std::string> Authorizer::Sites(const Principal& principal,
                                           std::string_view permission,
                                           std::string_view study) const {
  if (principal.is_service) return {std::string(kAll)};
  std::vector<std::string> sites;
  for (const Grant& grant : principal.grants) {
    if (Covers(grant.study, study) && RoleHas(roles_, grant.role, permission)) {
      sites.push_back(grant.site);
    }
  }
  return Tidy(std::move(sites));
}

std::vector<std::string> Authorizer::Studies(const Principal& principal,
                                             std::string_view permission) const {
  if (principal.is_service) return {std::string(kAll)};
  std::vector<std::string> studies;
  for (const Grant& grant : principal.grants) {
    if (RoleHas(roles_, grant.role, permission)) studies.push_back(grant.study);
  }
  return Tidy(std::move(studies));
}

}  // namespace vedette
