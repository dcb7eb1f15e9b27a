// SPDX-License-Identifier: Apache-2.0
#include "services/rule/api.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <string>
#include <utility>

#include "services/rule/messages.h"

namespace vedette::rule {
namespace {

template <class Response>
Response ToResponse(std::vector<RuleVersion> versions) {
  Response response;
  for (RuleVersion& version : versions) *response.add_rules() = ToProto(std::move(version));
  return response;
}

Threshold FromProto(v1::CreateRuleVersionRequest& request) {
  v1::Condition& condition = *request.mutable_condition();
  return {.rule_id = std::move(*request.mutable_rule_id()),
          .name = std::move(*request.mutable_name()),
          .item = std::move(*condition.mutable_item()),
          .comparison = static_cast<rules::Comparison>(condition.comparison()),
          .value = condition.threshold(),
          .unit = std::move(*condition.mutable_unit()),
          .severity = static_cast<rules::Severity>(request.severity()),
          .message = std::move(*request.mutable_message())};
}

// A client of a newer contract may send a number that this one does not know.
Status CheckThreshold(const v1::CreateRuleVersionRequest& request) {
  if (!request.has_condition()) return FailField("condition", "is missing; or give an envelope");
  if (request.name().empty()) return FailField("name", "is required");
  if (request.message().empty()) return FailField("message", "is required");
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
    std::string study_id = std::move(*request.mutable_study_id());
    if (!request.envelope().empty()) {
      VEDETTE_CO_TRY(auto version,
                     co_await logic_.CreateVersion(std::move(context), std::move(study_id),
                                                   std::move(*request.mutable_rule_id()),
                                                   std::move(*request.mutable_envelope())));
      co_return ToProto(std::move(version));
    }
    VEDETTE_CO_CHECK_OK(CheckThreshold(request));
    VEDETTE_CO_TRY(auto version, co_await logic_.CreateVersion(
                                     std::move(context), std::move(study_id), FromProto(request)));
    co_return ToProto(std::move(version));
  }

  Task<Result<v1::ListRulesResponse>> ListRules(CallContext context,
                                                v1::ListRulesRequest request) override {
    VEDETTE_CO_TRY(auto versions,
                   co_await logic_.List(std::move(context), std::move(*request.mutable_study_id()),
                                        std::move(*request.mutable_status())));
    co_return ToResponse<v1::ListRulesResponse>(std::move(versions));
  }

  Task<Result<v1::CheckRuleResponse>> CheckRule(CallContext context,
                                                v1::CheckRuleRequest request) override {
    VEDETTE_CO_TRY(const auto check,
                   co_await logic_.Check(std::move(context), std::move(*request.mutable_study_id()),
                                         std::move(*request.mutable_envelope())));
    co_return ToProto(check);
  }

  Task<Result<v1::RuleVersion>> GetRuleVersion(CallContext context,
                                               v1::GetRuleVersionRequest request) override {
    VEDETTE_CO_TRY(auto version, co_await logic_.GetVersion(
                                     std::move(context), std::move(*request.mutable_study_id()),
                                     std::move(*request.mutable_rule_id()), request.version()));
    co_return ToProto(std::move(version));
  }

  Task<Result<v1::Backtest>> StartBacktest(CallContext context,
                                           v1::StartBacktestRequest request) override {
    std::string study_id = request.study_id();
    VEDETTE_CO_TRY(auto backtest,
                   co_await logic_.StartBacktest(std::move(context), std::move(study_id),
                                                 OrderOf(std::move(request))));
    co_return ToProto(std::move(backtest));
  }

  Task<Result<v1::Backtest>> GetBacktest(CallContext context,
                                         v1::GetBacktestRequest request) override {
    VEDETTE_CO_TRY(auto backtest, co_await logic_.GetBacktest(
                                      std::move(context), std::move(*request.mutable_study_id()),
                                      std::move(*request.mutable_backtest_id())));
    co_return ToProto(std::move(backtest));
  }

  Task<Result<v1::Backtest>> CancelBacktest(CallContext context,
                                            v1::CancelBacktestRequest request) override {
    VEDETTE_CO_TRY(auto backtest, co_await logic_.CancelBacktest(
                                      std::move(context), std::move(*request.mutable_study_id()),
                                      std::move(*request.mutable_backtest_id())));
    co_return ToProto(std::move(backtest));
  }

  Task<Result<v1::RuleVersion>> SignRule(CallContext context,
                                         v1::SignRuleRequest request) override {
    VEDETTE_CO_TRY(auto version,
                   co_await logic_.Sign(std::move(context), std::move(*request.mutable_study_id()),
                                        std::move(*request.mutable_rule_id()), request.version(),
                                        Sensitive(std::move(*request.mutable_password())),
                                        std::move(*request.mutable_meaning())));
    co_return ToProto(std::move(version));
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
