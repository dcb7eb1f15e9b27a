// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/peers.h"

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <utility>

#include "contract/catalog.h"

namespace vedette::monitor {
namespace {

Timestamp TimeOrNever(std::int64_t micros) {
  return micros == 0 ? Timestamp::max() : FromUnixMicros(micros);
}

RuleUpdate FromProto(rule::v1::RuleVersion& message) {
  return {.version_id = std::move(*message.mutable_id()),
          .study_id = std::move(*message.mutable_study_id()),
          .rule_id = std::move(*message.mutable_rule_id()),
          .version = message.version(),
          .definition = std::move(*message.mutable_definition()),
          .content_hash = std::move(*message.mutable_content_hash()),
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

CatalogSnapshot MakeSnapshot(std::string study_id,
                             std::int64_t revision,
                             std::string items,
                             std::string design) {
  trial::v1::ListItemsResponse list;
  trial::v1::StudyDesign plan;
  list.ParseFromString(items);
  plan.ParseFromString(design);
  auto catalog = contract::MakeCatalog(
      study_id, revision, std::vector<trial::v1::Item>(list.items().begin(), list.items().end()),
      plan);
  return {.study_id = std::move(study_id),
          .revision = revision,
          .items = std::move(items),
          .design = std::move(design),
          .catalog = std::move(catalog)};
}

Peers::Peers(trial::v1::TrialApi& trial,
             subject::v1::SubjectApi& subject,
             rule::v1::RuleApi& rule,
             identity::v1::IdentityApi& identity)
    : trial_(trial),
      subject_(subject),
      rule_(rule),
      identity_(identity),
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
  for (const trial::v1::Item& item : response.items()) {
    items.push_back(contract::ToItemDefinition(item));
  }
  co_return std::make_shared<const StudyDictionary>(std::move(study_id), response.revision(),
                                                    std::move(items));
}

Task<Result<CatalogSnapshot>> Peers::Catalog(CallContext context, std::string study_id) {
  trial::v1::ListItemsRequest items_request;
  items_request.set_study_id(study_id);
  VEDETTE_CO_TRY(auto items, co_await trial_.ListItems(Own(context), std::move(items_request)));
  trial::v1::GetDesignRequest design_request;
  design_request.set_study_id(study_id);
  VEDETTE_CO_TRY(auto design,
                 co_await trial_.GetDesign(Own(std::move(context)), std::move(design_request)));
  const std::int64_t revision = items.revision();
  // The revision also grows with what rules do not see.
  items.clear_revision();
  design.clear_revision();
  co_return MakeSnapshot(std::move(study_id), revision, items.SerializeAsString(),
                         design.SerializeAsString());
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
  // Alerts of sites have no subject.
  std::erase(ids, "");
  if (ids.empty()) co_return StringMap<SubjectCard>{};
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

Task<Result<StringMap<RuleNames>>> Peers::NamesOfRules(CallContext context,
                                                       std::string study_id,
                                                       std::vector<std::string> version_ids) {
  rule::v1::BatchGetRuleVersionsRequest request;
  request.set_study_id(std::move(study_id));
  for (std::string& id : version_ids) request.add_ids(std::move(id));
  VEDETTE_CO_TRY(auto response,
                 co_await rule_.BatchGetRuleVersions(Own(std::move(context)), std::move(request)));
  StringMap<RuleNames> names;
  for (rule::v1::RuleVersion& version : *response.mutable_rules()) {
    names.emplace(
        std::move(*version.mutable_id()),
        RuleNames{std::move(*version.mutable_name()), std::move(*version.mutable_name_zh()),
                  std::move(*version.mutable_plain_words()),
                  std::move(*version.mutable_plain_words_zh())});
  }
  co_return names;
}

Task<Result<std::string>> Peers::ConfirmSignature(CallContext context, std::string password) {
  identity::v1::ConfirmSignatureRequest request;
  request.set_password(std::move(password));
  VEDETTE_CO_TRY(auto response,
                 co_await identity_.ConfirmSignature(std::move(context), std::move(request)));
  co_return std::move(*response.mutable_name());
}

Task<Status> Peers::WatchRules(CallContext context,
                               std::function<bool(std::vector<RuleUpdate>)> take) {
  UpdateWriter writer(std::move(take));
  co_return co_await rule_.WatchRules(Own(std::move(context)), {}, writer);
}

}  // namespace vedette::monitor
