// SPDX-License-Identifier: Apache-2.0
#include "services/rule/policy.h"

#include "base/bytes.h"
#include "base/sha256.h"
#include "model/number_text.h"

namespace vedette::rule {
namespace {

void Line(std::string_view field, std::string_view value, std::string* text) {
  text->append(field).append(" ").append(std::to_string(value.size()));
  text->append(":").append(value).append("\n");
}

std::string Named(const RuleVersion& version) {
  return "Version " + std::to_string(version.spec.version) + " of rule " + version.spec.rule_id;
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

std::string ContentHash(const rules::RuleSpec& spec) {
  std::string text = "vedette rule 1\n";
  Line("study", spec.study_id, &text);
  Line("rule", spec.rule_id, &text);
  Line("version", std::to_string(spec.version), &text);
  Line("name", spec.name, &text);
  Line("item", spec.item, &text);
  Line("comparison", rules::ComparisonText(spec.comparison), &text);
  Line("threshold", NumberText(spec.threshold), &text);
  Line("unit", spec.unit, &text);
  Line("severity", rules::SeverityText(spec.severity), &text);
  Line("message", spec.message, &text);
  return HexEncode(AsBytes(Sha256(text)));
}

const RuleVersion* Chosen(const std::vector<RuleVersion>& versions, std::int32_t number) {
  const RuleVersion* chosen = nullptr;
  for (const RuleVersion& version : versions) {
    const bool fits = number == 0 ? chosen == nullptr || version.spec.version > chosen->spec.version
                                  : version.spec.version == number;
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

Result<std::vector<StatusChange>> Activate(const std::vector<RuleVersion>& versions,
                                           std::int32_t number,
                                           Timestamp at) {
  const RuleVersion* chosen = Chosen(versions, number);
  if (chosen == nullptr) return Fail(Code::kNotFound, "There is no such rule version.");
  if (chosen->status == RuleStatus::kActive) return std::vector<StatusChange>{};
  if (chosen->status == RuleStatus::kRetired) {
    return Fail(Code::kFailedPrecondition,
                Named(*chosen) + " is retired; write a new version to use it again.");
  }
  std::vector<StatusChange> changes;
  for (const RuleVersion& version : versions) {
    if (version.status == RuleStatus::kActive) {
      changes.push_back({version.spec.version_id, RuleStatus::kRetired, at});
    }
  }
  changes.push_back({chosen->spec.version_id, RuleStatus::kActive, at});
  return changes;
}

Result<std::vector<StatusChange>> Retire(const std::vector<RuleVersion>& versions, Timestamp at) {
  if (versions.empty()) return Fail(Code::kNotFound, "There is no such rule.");
  const RuleVersion* last = LastAtWork(versions);
  if (last == nullptr) {
    return Fail(Code::kFailedPrecondition,
                "Rule " + versions.front().spec.rule_id + " was never active.");
  }
  if (last->status == RuleStatus::kRetired) return std::vector<StatusChange>{};
  return std::vector<StatusChange>{{last->spec.version_id, RuleStatus::kRetired, at}};
}

RuleVersion Applied(RuleVersion version, const StatusChange& change) {
  version.status = change.status;
  (change.status == RuleStatus::kActive ? version.period.from : version.period.until) = change.at;
  return version;
}

}  // namespace vedette::rule
