// SPDX-License-Identifier: Apache-2.0
#include "services/rule/api.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <chrono>
#include <utility>

#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

std::int64_t MicrosOrZero(Timestamp time) {
  return time == Timestamp::max() ? 0 : ToUnixMicros(time);
}

v1::RuleVersion ToProto(RuleVersion version) {
  rules::RuleSpec& spec = version.spec;
  v1::RuleVersion message;
  message.set_id(std::move(spec.version_id));
  message.set_study_id(std::move(spec.study_id));
  message.set_rule_id(std::move(spec.rule_id));
  message.set_version(spec.version);
  message.set_name(std::move(spec.name));
  v1::Condition& condition = *message.mutable_condition();
  condition.set_item(std::move(spec.item));
  condition.set_comparison(static_cast<v1::Comparison>(spec.comparison));
  condition.set_threshold(spec.threshold);
  condition.set_unit(std::move(spec.unit));
  message.set_severity(static_cast<v1::Severity>(spec.severity));
  message.set_message(std::move(spec.message));
  message.set_status(std::string(StatusText(version.status)));
  message.set_content_hash(std::move(spec.content_hash));
  message.set_created_by(std::move(version.created_by));
  message.set_created_at(
      std::chrono::floor<std::chrono::seconds>(version.created_at).time_since_epoch().count());
  message.set_active_from(MicrosOrZero(version.period.from));
  message.set_active_until(MicrosOrZero(version.period.until));
  return message;
}

template <class Response>
Response ToResponse(std::vector<RuleVersion> versions) {
  Response response;
  for (RuleVersion& version : versions) *response.add_rules() = ToProto(std::move(version));
  return response;
}

rules::RuleSpec FromProto(v1::CreateRuleVersionRequest& request) {
  v1::Condition& condition = *request.mutable_condition();
  return {.study_id = std::move(*request.mutable_study_id()),
          .rule_id = std::move(*request.mutable_rule_id()),
          .name = std::move(*request.mutable_name()),
          .item = std::move(*condition.mutable_item()),
          .comparison = static_cast<rules::Comparison>(condition.comparison()),
          .threshold = condition.threshold(),
          .unit = std::move(*condition.mutable_unit()),
          .severity = static_cast<rules::Severity>(request.severity()),
          .message = std::move(*request.mutable_message())};
}

// A client of a newer contract may send a number that this one does not know.
Status CheckEnumerators(const v1::CreateRuleVersionRequest& request) {
  if (request.condition().comparison() == v1::COMPARISON_UNSPECIFIED ||
      !v1::Comparison_IsValid(request.condition().comparison())) {
    return FailField("condition.comparison", "is not one of the comparisons");
  }
  if (request.severity() == v1::SEVERITY_UNSPECIFIED || !v1::Severity_IsValid(request.severity())) {
    return FailField("severity", "is not one of the severities");
  }
  return {};
}

class StreamSink final : public VersionSink {
 public:
  explicit StreamSink(rpc::StreamWriter<v1::RuleChanges>& writer) : writer_(writer) {}

  Task<bool> Write(bool complete, std::vector<RuleVersion> versions) override {
    auto changes = ToResponse<v1::RuleChanges>(std::move(versions));
    changes.set_complete(complete);
    co_return co_await writer_.Write(std::move(changes));
  }

 private:
  rpc::StreamWriter<v1::RuleChanges>& writer_;
};

class RuleApiOverLogic final : public v1::RuleApi {
 public:
  explicit RuleApiOverLogic(RuleLogic& logic) : logic_(logic) {}

  Task<Result<v1::RuleVersion>> CreateRuleVersion(CallContext context,
                                                  v1::CreateRuleVersionRequest request) override {
    VEDETTE_CO_CHECK_OK(CheckEnumerators(request));
    VEDETTE_CO_TRY(auto version,
                   co_await logic_.CreateVersion(std::move(context), FromProto(request)));
    co_return ToProto(std::move(version));
  }

  Task<Result<v1::ListRulesResponse>> ListRules(CallContext context,
                                                v1::ListRulesRequest request) override {
    std::optional<RuleStatus> status;
    if (!request.status().empty()) {
      VEDETTE_CO_TRY(status, ParseStatus(request.status()));
    }
    VEDETTE_CO_TRY(
        auto versions,
        co_await logic_.List(std::move(context), std::move(*request.mutable_study_id()), status));
    co_return ToResponse<v1::ListRulesResponse>(std::move(versions));
  }

  Task<Result<v1::RuleVersion>> ActivateRule(CallContext context,
                                             v1::ActivateRuleRequest request) override {
    VEDETTE_CO_TRY(auto version, co_await logic_.Activate(
                                     std::move(context), std::move(*request.mutable_study_id()),
                                     std::move(*request.mutable_rule_id()), request.version()));
    co_return ToProto(std::move(version));
  }

  Task<Result<v1::RuleVersion>> RetireRule(CallContext context,
                                           v1::RetireRuleRequest request) override {
    VEDETTE_CO_TRY(auto version, co_await logic_.Retire(std::move(context),
                                                        std::move(*request.mutable_study_id()),
                                                        std::move(*request.mutable_rule_id())));
    co_return ToProto(std::move(version));
  }

  Task<Status> WatchRules(CallContext context,
                          v1::WatchRulesRequest,
                          rpc::StreamWriter<v1::RuleChanges>& writer) override {
    StreamSink sink(writer);
    co_return co_await logic_.Watch(std::move(context), sink);
  }

  Task<Result<v1::BatchGetRuleVersionsResponse>> BatchGetRuleVersions(
      CallContext context, v1::BatchGetRuleVersionsRequest request) override {
    std::vector<std::string> ids(request.ids().begin(), request.ids().end());
    VEDETTE_CO_TRY(auto versions,
                   co_await logic_.GetVersions(
                       std::move(context), std::move(*request.mutable_study_id()), std::move(ids)));
    co_return ToResponse<v1::BatchGetRuleVersionsResponse>(std::move(versions));
  }

 private:
  RuleLogic& logic_;
};

}  // namespace

std::unique_ptr<v1::RuleApi> MakeRuleApi(RuleLogic& logic) {
  return std::make_unique<RuleApiOverLogic>(logic);
}

}  // namespace vedette::rule
