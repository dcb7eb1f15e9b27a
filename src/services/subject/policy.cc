// SPDX-License-Identifier: Apache-2.0
#include "services/subject/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace vedette::subject {
namespace {

constexpr std::size_t kSitesNamed = 5;

std::string DescribeScope(const std::vector<std::string>& scope) {
  std::string text = scope.size() == 1 ? "site " : "sites ";
  for (std::size_t i = 0; i < std::min(scope.size(), kSitesNamed); ++i) {
    if (i > 0) text += ", ";
    text += scope[i];
  }
  if (scope.size() > kSitesNamed) text += fmt::format(" and {} more", scope.size() - kSitesNamed);
  return text;
}

Status Conclude(Code code, std::string message, std::vector<FieldViolation> violations) {
  if (violations.empty()) return {};
  return Fail(Error{code, std::move(message), std::move(violations)});
}

}  // namespace

std::string MakeSubjectNumber(std::string_view site_id, std::int64_t running) {
  return fmt::format("{}-{:04}", site_id, running);
}

Result<std::string> OnlySite(const std::set<std::string, std::less<>>& study_sites,
                             const std::vector<std::string>& scope) {
  std::vector<std::string> sites;
  std::ranges::copy_if(study_sites, std::back_inserter(sites),
                       [&](const std::string& site) { return CoversSite(scope, site); });
  if (sites.size() == 1) return std::move(sites.front());
  if (sites.empty()) {
    return FailField("siteId", "is required, and the study has no site that your role covers");
  }
  return FailField("siteId", "is required: your role covers " + DescribeScope(sites));
}

bool CanBeNumber(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool CoversSite(const std::vector<std::string>& scope, std::string_view site_id) {
  return std::ranges::any_of(
      scope, [&](const std::string& site) { return site == "*" || site == site_id; });
}

Status CheckSiteScope(std::string_view site_id, const std::vector<std::string>& scope) {
  if (CoversSite(scope, site_id)) return {};
  if (scope.empty()) {
    return Fail(Code::kPermissionDenied,
                "Subject belongs to a study that your roles do not cover.");
  }
  return Fail(Code::kPermissionDenied,
              fmt::format("Subject belongs to site {}; your role covers {}.", site_id,
                          DescribeScope(scope)));
}

Status CheckRegistrations(const std::vector<Registration>& registrations,
                          std::string_view study_id,
                          const std::set<std::string, std::less<>>& study_sites) {
  std::vector<FieldViolation> violations;
  std::unordered_set<std::string_view> numbers;
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    const Registration& registration = registrations[i];
    if (!numbers.insert(registration.subject_number).second) {
      violations.push_back({fmt::format("subjects[{}].subjectNumber", i), "comes twice"});
    }
    if (!study_sites.contains(registration.site_id)) {
      violations.push_back(
          {fmt::format("subjects[{}].siteId", i), fmt::format("is no site of study {}", study_id)});
    }
  }
  return Conclude(Code::kInvalidArgument, "The subjects cannot be registered.",
                  std::move(violations));
}

Status CheckSitesAgree(const std::vector<Registration>& registrations,
                       const std::vector<ResolvedSubject>& stored) {
  std::unordered_map<std::string_view, std::string_view> site_of;
  for (const ResolvedSubject& subject : stored) {
    site_of.emplace(subject.subject_number, subject.site_id);
  }
  std::vector<FieldViolation> violations;
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    const auto found = site_of.find(registrations[i].subject_number);
    if (found == site_of.end() || found->second == registrations[i].site_id) continue;
    violations.push_back(
        {fmt::format("subjects[{}].siteId", i),
         fmt::format("must be {}, where this subject is registered", found->second)});
  }
  return Conclude(Code::kConflict, "Some of the subjects belong to another site already.",
                  std::move(violations));
}

std::string MakePageToken(std::string_view last_subject_number) {
  return Base64UrlEncode(last_subject_number);
}

Result<std::string> ReadPageToken(std::string_view token) {
  auto number = Base64UrlDecode(token);
  if (!number || (!number->empty() && !CanBeNumber(*number))) {
    return FailField("pageToken", "is not a token of an earlier answer");
  }
  return number;
}

}  // namespace vedette::subject
