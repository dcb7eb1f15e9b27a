// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/rule_publisher.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <chrono>
#include <utility>

#include "kit/task/sleep.h"
#include "rule_pack.embed.h"
#include "rules/envelope/envelope.h"

namespace vedette::simulate {
namespace {

namespace pb = rule::v1;

constexpr std::chrono::seconds kTimeout(30);
constexpr std::chrono::milliseconds kPoll(50);
constexpr std::chrono::minutes kLongestBacktest(10);

// The rule's versions as they stand: the active one, else the newest draft.
struct Standing {
  bool active = false;
  const pb::RuleVersion* draft = nullptr;
};

Standing StandingOf(const pb::ListRulesResponse& rules, const std::string& rule_id) {
  Standing standing;
  for (const pb::RuleVersion& version : rules.rules()) {
    if (version.rule_id() != rule_id) continue;
    standing.active |= version.status() == "active";
    const bool is_draft = version.status() == "draft" || version.status() == "signed";
    if (is_draft && (standing.draft == nullptr || standing.draft->version() < version.version())) {
      standing.draft = &version;
    }
  }
  return standing;
}

}  // namespace

struct RulePublisher::Api {
  std::unique_ptr<pb::RuleApi> rule;
};

Result<std::vector<rules::RuleDefinition>> ReadRulePack() {
  auto rules = rules::ParseEnvelopes(kRulePack[0].content);
  if (!rules) return Fail(Code::kInternal, "the rules of the simulator cannot be read");
  return *std::move(rules);
}

RulePublisher::RulePublisher(std::string study_id, app::Session& author, const Clock& clock)
    : study_id_(std::move(study_id)),
      author_(author),
      clock_(clock),
      api_(std::make_unique<Api>(pb::MakeRuleClient(author.channel()))) {}

RulePublisher::~RulePublisher() = default;

Task<Status> RulePublisher::Publish(std::vector<rules::RuleDefinition> rules,
                                    const Signer* signer) {
  for (const rules::RuleDefinition& rule : rules) {
    VEDETTE_CO_CHECK_OK(co_await PublishOne(rule, signer));
  }
  co_return Status();
}

Task<Status> RulePublisher::PublishOne(const rules::RuleDefinition& rule, const Signer* signer) {
  VEDETTE_CO_TRY(const CallContext context, co_await author_.Context(kTimeout));
  pb::ListRulesRequest list;
  list.set_study_id(study_id_);
  VEDETTE_CO_TRY(const pb::ListRulesResponse known, co_await api_->rule->ListRules(context, list));
  const Standing standing = StandingOf(known, rule.rule_id);
  if (standing.active) co_return Status();
  std::int32_t version = 0;
  if (standing.draft != nullptr) {
    version = standing.draft->version();
  } else {
    VEDETTE_CO_TRY(version, co_await Write(rule));
  }
  const bool is_signed = standing.draft != nullptr && standing.draft->signatures_size() > 0;
  if (signer != nullptr && !is_signed) {
    if (standing.draft == nullptr || standing.draft->backtest_id().empty()) {
      VEDETTE_CO_CHECK_OK(co_await Backtest(rule.rule_id, version));
    }
    VEDETTE_CO_CHECK_OK(co_await Sign(rule.rule_id, version, *signer));
  }
  co_return co_await Activate(rule.rule_id, version, is_signed || signer != nullptr);
}

Task<Result<std::int32_t>> RulePublisher::Write(const rules::RuleDefinition& rule) {
  VEDETTE_CO_TRY(const CallContext context, co_await author_.Context(kTimeout));
  pb::CreateRuleVersionRequest request;
  request.set_study_id(study_id_);
  request.set_rule_id(rule.rule_id);
  request.set_envelope(rules::CanonicalText(rule));
  VEDETTE_CO_TRY(const pb::RuleVersion written,
                 co_await api_->rule->CreateRuleVersion(context, std::move(request)));
  co_return written.version();
}

Task<Status> RulePublisher::Backtest(std::string rule_id, std::int32_t version) {
  const SteadyTime give_up = clock_.SteadyNow() + kLongestBacktest;
  pb::StartBacktestRequest start;
  start.set_study_id(study_id_);
  start.set_rule_id(rule_id);
  start.set_version(version);
  pb::Backtest backtest;
  while (true) {
    VEDETTE_CO_TRY(const CallContext context, co_await author_.Context(kTimeout));
    auto started = co_await api_->rule->StartBacktest(context, start);
    if (started) {
      backtest = *std::move(started);
      break;
    }
    // Others run: wait for a place.
    if (started.error().code != Code::kResourceExhausted || clock_.SteadyNow() > give_up) {
      co_return Fail(started.error());
    }
    co_await SleepFor(started.error().retry_after.value_or(kPoll));
  }
  while (backtest.ended_at() == 0) {
    if (clock_.SteadyNow() > give_up) {
      co_return Fail(Code::kDeadlineExceeded, "the back-test of " + rule_id + " takes too long");
    }
    co_await SleepFor(kPoll);
    VEDETTE_CO_TRY(const CallContext context, co_await author_.Context(kTimeout));
    pb::GetBacktestRequest get;
    get.set_study_id(study_id_);
    get.set_backtest_id(backtest.id());
    VEDETTE_CO_TRY(backtest, co_await api_->rule->GetBacktest(context, std::move(get)));
  }
  if (backtest.status() == "done") co_return Status();
  co_return Fail(Code::kInternal, "the back-test of " + rule_id + " is " + backtest.status() +
                                      (backtest.error().empty() ? "" : ": " + backtest.error()));
}

Task<Status> RulePublisher::Sign(std::string rule_id, std::int32_t version, const Signer& signer) {
  VEDETTE_CO_TRY(const CallContext context, co_await signer.session.Context(kTimeout));
  pb::SignRuleRequest request;
  request.set_study_id(study_id_);
  request.set_rule_id(std::move(rule_id));
  request.set_version(version);
  request.set_password(signer.password.Reveal());
  request.set_meaning("reviewed and approved");
  VEDETTE_CO_CHECK_OK(co_await api_->rule->SignRule(context, std::move(request)));
  co_return Status();
}

Task<Status> RulePublisher::Activate(std::string rule_id, std::int32_t version, bool is_signed) {
  VEDETTE_CO_TRY(const CallContext context, co_await author_.Context(kTimeout));
  pb::ActivateRuleRequest request;
  request.set_study_id(study_id_);
  request.set_rule_id(std::move(rule_id));
  request.set_version(version);
  const auto activated = co_await api_->rule->ActivateRule(context, std::move(request));
  if (activated) co_return Status();
  if (activated.error().code == Code::kFailedPrecondition && !is_signed) {
    co_return Fail(Code::kFailedPrecondition,
                   "this system asks for a second person's signature under a rule; give "
                   "--demo-user NAME and --demo-password-file FILE, who then signs");
  }
  co_return Fail(activated.error());
}

}  // namespace vedette::simulate
