// SPDX-License-Identifier: Apache-2.0
#include "services/rule/policy.h"

#include <algorithm>

namespace vedette::rule {
namespace {

std::string Named(const RuleVersion& version) {
  return "Version " + std::to_string(version.version) + " of rule " + version.rule_id;
}

}  // namespace

std::string_view StatusText(RuleStatus status) {
  switch (status) {
    case RuleStatus::kDraft:
      return "draft";
    case RuleStatus::kActive:
      return "active";
    case RuleStatus::kRetired:
      return "retired";
  }
  return "";
}

Result<RuleStatus> ParseStatus(std::string_view text) {
  for (const auto status : {RuleStatus::kDraft, RuleStatus::kActive, RuleStatus::kRetired}) {
    if (StatusText(status) == text) return status;
  }
  return Fail(Code::kInvalidArgument, "not a rule's status");
}

const RuleVersion* Chosen(const std::vector<RuleVersion>& versions, std::int32_t number) {
  const RuleVersion* chosen = nullptr;
  for (const RuleVersion& version : versions) {
    const bool fits = number == 0 ? chosen == nullptr || version.version > chosen->version
                                  : version.version == number;
    if (fits) chosen = &version;
  }
  return chosen;
}

const RuleVersion* LastAtWork(const std::vector<RuleVersion>& versions) {
  const RuleVersion* last = nullptr;
  for (const RuleVersion& version : versions) {
    if (version.status == RuleStatus::kActive) return &version;
    if (version.status == RuleStatus::kRetired &&
        (last == nullptr || version.period.until > last->period.until)) {
      last = &version;
    }
  }
  return last;
}

Status MaySign(const RuleVersion& version, std::string_view user_id) {
  if (version.status != RuleStatus::kDraft) {
    return Fail(Code::kFailedPrecondition, Named(version) + " is no draft any more.");
  }
  if (version.created_by == user_id) {
    return Fail(Code::kPermissionDenied,
                Named(version) + " was written by you; a second person signs it.");
  }
  std::string missing;
  if (version.tests == 0) {
    missing = "it has no tests";
  } else if (!version.tests_passed) {
    missing = "its tests do not pass";
  }
  if (version.backtest_id.empty()) {
    missing += missing.empty() ? "no back-test is attached" : ", and no back-test is attached";
  }
  if (!missing.empty()) {
    return Fail(Code::kFailedPrecondition, Named(version) + " cannot be signed: " + missing + ".");
  }
  if (std::ranges::find(version.signatures, user_id, &Signature::user_id) !=
      version.signatures.end()) {
    return Fail(Code::kFailedPrecondition, Named(version) + " carries your signature already.");
  }
  return {};
}

bool MayAttach(const RuleVersion& version) { return version.signatures.empty(); }

Status MayActivate(const RuleVersion& version, bool signature_required) {
  if (!signature_required || !version.signatures.empty()) return {};
  return Fail(Code::kFailedPrecondition,
              Named(version) +
                  " is not signed; a second person signs it once its tests pass and a "
                  "back-test is attached.");
}

Result<std::vector<StatusChange>> Activate(const std::vector<RuleVersion>& versions,
                                           std::int32_t number,
                                           Timestamp at,
                                           bool signature_required) {
  const RuleVersion* chosen = Chosen(versions, number);
  if (chosen == nullptr) return Fail(Code::kNotFound, "There is no such rule version.");
  if (chosen->status == RuleStatus::kActive) return std::vector<StatusChange>{};
  if (chosen->status == RuleStatus::kRetired) {
    return Fail(Code::kFailedPrecondition,
                Named(*chosen) + " is retired; write a new version to use it again.");
  }
  if (Status may = MayActivate(*chosen, signature_required); !may) {
    return std::unexpected(std::move(may).error());
  }
  std::vector<StatusChange> changes;
  for (const RuleVersion& version : versions) {
    if (version.status == RuleStatus::kActive) {
      changes.push_back({version.version_id, RuleStatus::kRetired, at});
    }
  }
  changes.push_back({chosen->version_id, RuleStatus::kActive, at});
  return changes;
}

Result<std::vector<StatusChange>> Retire(const std::vector<RuleVersion>& versions, Timestamp at) {
  if (versions.empty()) return Fail(Code::kNotFound, "There is no such rule.");
  const RuleVersion* last = LastAtWork(versions);
  if (last == nullptr) {
    return Fail(Code::kFailedPrecondition,
                "Rule " + versions.front().rule_id + " was never active.");
  }
  if (last->status == RuleStatus::kRetired) return std::vector<StatusChange>{};
  return std::vector<StatusChange>{{last->version_id, RuleStatus::kRetired, at}};
}

RuleVersion Applied(RuleVersion version, const StatusChange& change) {
  version.status = change.status;
  (change.status == RuleStatus::kActive ? version.period.from : version.period.until) = change.at;
  return version;
}

}  // namespace vedette::rule
