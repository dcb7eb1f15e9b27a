// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/peers.h"

#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <utility>

namespace vedette::monitor {
namespace {

ItemDefinition FromProto(trial::v1::Item& message) {
  ItemDefinition item{
      .code = std::move(*message.mutable_code()),
      .name = std::move(*message.mutable_name()),
      .type = message.type() == trial::v1::TEXT ? ItemType::kText : ItemType::kNumber,
      .unit = std::move(*message.mutable_unit())};
  for (trial::v1::UnitConversion& conversion : *message.mutable_accepted_units()) {
    item.accepted_units.push_back(
        {std::move(*conversion.mutable_unit()), conversion.factor(), conversion.offset()});
  }
  if (message.has_plausible_low()) item.plausible_low = message.plausible_low();
  if (message.has_plausible_high()) item.plausible_high = message.plausible_high();
  return item;
}

Timestamp TimeOrNever(std::int64_t micros) {
  return micros == 0 ? Timestamp::max() : FromUnixMicros(micros);
}

RuleUpdate FromProto(rule::v1::RuleVersion& message) {
  rule::v1::Condition& condition = *message.mutable_condition();
  return {.spec = {.version_id = std::move(*message.mutable_id()),
                   .study_id = std::move(*message.mutable_study_id()),
                   .rule_id = std::move(*message.mutable_rule_id()),
                   .version = message.version(),
                   .name = std::move(*message.mutable_name()),
                   .item = std::move(*condition.mutable_item()),
                   .comparison = static_cast<rules::Comparison>(condition.comparison()),
                   .threshold = condition.threshold(),
                   .unit = std::move(*condition.mutable_unit()),
                   .severity = static_cast<rules::Severity>(message.severity()),
                   .message = std::move(*message.mutable_message()),
                   .content_hash = std::move(*message.mutable_content_hash())},
          .period = {TimeOrNever(message.active_from()), TimeOrNever(message.active_until())}};
}

class UpdateWriter final : public rpc::StreamWriter<rule::v1::RuleChanges> {
 public:
  explicit UpdateWriter(std::function<bool(std::vector<RuleUpdate>)> take)
      : take_(std::move(take)) {}

  Task<bool> Write(rule::v1::RuleChanges changes) override {
    std::vector<RuleUpdate> updates;
    updates.reserve(static_cast<std::size_t>(changes.rules_size()));
    for (rule::v1::RuleVersion& version : *changes.mutable_rules()) {
      updates.push_back(FromProto(version));
    }
    co_return take_(std::move(updates));
  }

 private:
  std::function<bool(std::vector<RuleUpdate>)> take_;
};

}  // namespace

Peers::Peers(trial::v1::TrialApi& trial, subject::v1::SubjectApi& subject, rule::v1::RuleApi& rule)
    : trial_(trial),
      subject_(subject),
      rule_(rule),
      self_(std::make_shared<const Principal>(
          Principal{.subject = "monitor", .name = "monitor", .is_service = true, .grants = {}})) {}

CallContext Peers::Own(CallContext context) const {
  context.principal = self_;
  context.bearer_token = nullptr;
  return context;
}

Task<Result<std::shared_ptr<const StudyDictionary>>> Peers::Dictionary(CallContext context,
                                                                       std::string study_id) {
  trial::v1::ListItemsRequest request;
  request.set_study_id(study_id);
  VEDETTE_CO_TRY(auto response,
                 co_await trial_.ListItems(Own(std::move(context)), std::move(request)));
  std::vector<ItemDefinition> items;
  items.reserve(static_cast<std::size_t>(response.items_size()));
  for (trial::v1::Item& item : *response.mutable_items()) items.push_back(FromProto(item));
  co_return std::make_shared<const StudyDictionary>(std::move(study_id), response.revision(),
                                                    std::move(items));
}

Task<Result<StringMap<SubjectRef>>> Peers::Resolve(CallContext context,
                                                   std::string study_id,
                                                   std::vector<std::string> numbers) {
  subject::v1::ResolveSubjectsRequest request;
  request.set_study_id(std::move(study_id));
  for (std::string& number : numbers) request.add_subject_numbers(std::move(number));
  VEDETTE_CO_TRY(auto response,
                 co_await subject_.ResolveSubjects(Own(std::move(context)), std::move(request)));
  StringMap<SubjectRef> subjects;
  for (subject::v1::ResolvedSubject& subject : *response.mutable_subjects()) {
    subjects.emplace(
        std::move(*subject.mutable_subject_number()),
        SubjectRef{std::move(*subject.mutable_id()), std::move(*subject.mutable_site_id())});
  }
  co_return subjects;
}

Task<Result<StringMap<SubjectCard>>> Peers::Subjects(CallContext context,
                                                     std::string study_id,
                                                     std::vector<std::string> ids) {
  subject::v1::BatchGetSubjectsRequest request;
  request.set_study_id(std::move(study_id));
  for (std::string& id : ids) request.add_ids(std::move(id));
  VEDETTE_CO_TRY(auto response,
                 co_await subject_.BatchGetSubjects(Own(std::move(context)), std::move(request)));
  StringMap<SubjectCard> subjects;
  for (subject::v1::Subject& subject : *response.mutable_subjects()) {
    subjects.emplace(
        std::move(*subject.mutable_id()),
        SubjectCard{std::move(*subject.mutable_subject_number()),
                    std::move(*subject.mutable_site_id()), std::move(*subject.mutable_name())});
  }
  co_return subjects;
}

Task<Result<StringMap<std::string>>> Peers::RuleNames(CallContext context,
                                                      std::string study_id,
                                                      std::vector<std::string> version_ids) {
  rule::v1::BatchGetRuleVersionsRequest request;
  request.set_study_id(std::move(study_id));
  for (std::string& id : version_ids) request.add_ids(std::move(id));
  VEDETTE_CO_TRY(auto response,
                 co_await rule_.BatchGetRuleVersions(Own(std::move(context)), std::move(request)));
  StringMap<std::string> names;
  for (rule::v1::RuleVersion& version : *response.mutable_rules()) {
    names.emplace(std::move(*version.mutable_id()), std::move(*version.mutable_name()));
  }
  co_return names;
}

Task<Status> Peers::WatchRules(CallContext context,
                               std::function<bool(std::vector<RuleUpdate>)> take) {
  UpdateWriter writer(std::move(take));
  co_return co_await rule_.WatchRules(Own(std::move(context)), {}, writer);
}

}  // namespace vedette::monitor
