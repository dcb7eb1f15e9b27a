// SPDX-License-Identifier: Apache-2.0
#include "services/rule/messages.h"

#include <chrono>
#include <utility>

#include "rules/envelope/envelope.h"
#include "rules/envelope/explain.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

std::int64_t MicrosOrZero(Timestamp time) {
  return time == Timestamp::max() ? 0 : ToUnixMicros(time);
}

template <class Field>
void AddCounts(std::vector<CountedLabel>& counts, Field* field) {
  for (CountedLabel& one : counts) {
    v1::BacktestCount& added = *field->Add();
    added.set_key(std::move(one.label));
    added.set_records(one.records);
    added.set_alerts(one.alerts);
  }
}

template <class Field>
void AddAlerts(std::vector<FoundAlert>& alerts, Field* field) {
  for (FoundAlert& alert : alerts) {
    v1::BacktestAlert& added = *field->Add();
    added.set_subject_number(std::move(alert.subject_number));
    added.set_site_id(std::move(alert.site_id));
    added.set_started(alert.started);
    added.set_fired(alert.fired);
    added.set_resolved(alert.resolved);
    added.set_raised_at(alert.raised_at);
    added.set_retracted_at(alert.retracted_at);
  }
}

void AddReport(BacktestReport& report, v1::Backtest* message) {
  message->set_events(report.events);
  message->set_anchors(report.anchors);
  message->set_records(report.records);
  message->set_not_evaluable(report.not_evaluable);
  message->set_alerts(report.alerts);
  message->set_subjects(report.subjects);
  message->set_days(report.days);
  message->set_retracted(report.retracted);
  message->set_alerts_per_subject_month(report.alerts_per_subject_month);
  AddCounts(report.by_day, message->mutable_by_day());
  AddCounts(report.by_site, message->mutable_by_site());
  AddCounts(report.by_subject, message->mutable_by_subject());
  for (Overlap& one : report.overlap) {
    v1::BacktestOverlap& added = *message->add_overlap();
    added.set_rule_id(std::move(one.rule_id));
    added.set_both(one.both);
    added.set_only_this(one.only_this);
    added.set_only_other(one.only_other);
    added.set_earlier(one.earlier);
  }
  AddAlerts(report.examples, message->mutable_examples());
  message->set_compared_with(report.compared_with);
  message->set_same(report.same);
  AddAlerts(report.appear, message->mutable_appear());
  AddAlerts(report.disappear, message->mutable_disappear());
  message->set_appear_count(report.appear_count);
  message->set_disappear_count(report.disappear_count);
}

}  // namespace

v1::RuleVersion ToProto(RuleVersion version) {
  v1::RuleVersion message;
  const bool is_signed = version.status == RuleStatus::kDraft && !version.signatures.empty();
  message.set_status(is_signed ? "signed" : std::string(StatusText(version.status)));
  message.set_id(std::move(version.version_id));
  message.set_study_id(std::move(version.study_id));
  message.set_rule_id(std::move(version.rule_id));
  message.set_version(version.version);
  message.set_name(std::move(version.name));
  message.set_name_zh(std::move(version.name_zh));
  message.set_severity(static_cast<v1::Severity>(version.severity));
  message.set_scope(std::move(version.scope));
  message.set_definition(std::move(version.definition));
  message.set_content_hash(std::move(version.content_hash));
  message.set_plain_words(std::move(version.plain_words));
  message.set_plain_words_zh(std::move(version.plain_words_zh));
  for (std::string& item : version.items) message.add_items(std::move(item));
  message.set_unblinding(version.unblinding);
  message.set_tests(version.tests);
  message.set_tests_passed(version.tests_passed);
  message.set_created_by(std::move(version.created_by));
  message.set_created_at(
      std::chrono::floor<std::chrono::seconds>(version.created_at).time_since_epoch().count());
  message.set_backtest_id(std::move(version.backtest_id));
  message.set_active_from(MicrosOrZero(version.period.from));
  message.set_active_until(MicrosOrZero(version.period.until));
  for (Signature& one : version.signatures) {
    v1::Signature& added = *message.add_signatures();
    added.set_user_id(std::move(one.user_id));
    added.set_name(std::move(one.name));
    added.set_meaning(std::move(one.meaning));
    added.set_signed_at(ToUnixMicros(one.signed_at));
  }
  return message;
}

v1::Backtest ToProto(Backtest backtest) {
  v1::Backtest message;
  message.set_id(std::move(backtest.id));
  message.set_study_id(std::move(backtest.study_id));
  message.set_rule_id(std::move(backtest.rule_id));
  message.set_version(backtest.version);
  message.set_content_hash(std::move(backtest.content_hash));
  message.set_mode(backtest.as_known ? "as_known" : "as_corrected");
  message.set_status(std::string(BacktestStatusText(backtest.status)));
  message.set_progress(backtest.progress);
  message.set_started_at(ToUnixMicros(backtest.started_at));
  message.set_ended_at(ToUnixMicros(backtest.ended_at));
  message.set_started_by(std::move(backtest.started_by));
  message.set_error(std::move(backtest.error));
  AddReport(backtest.report, &message);
  return message;
}

v1::CheckRuleResponse ToProto(const EnvelopeCheck& check) {
  v1::CheckRuleResponse response;
  for (const PlacedDiagnostic& placed : check.diagnostics) {
    v1::Diagnostic& added = *response.add_diagnostics();
    const rules::Diagnostic& one = placed.diagnostic;
    added.set_gravity(one.gravity == rules::Gravity::kError ? "error" : "warning");
    added.set_code(one.code);
    added.set_message(one.message);
    added.set_suggestion(one.suggestion);
    added.set_line(placed.line);
    added.set_column(placed.column);
    added.set_length(static_cast<std::int32_t>(one.span.end - one.span.begin));
    added.set_rendered(placed.rendered);
  }
  for (const CheckedRule& checked : check.rules) {
    v1::CheckedRule& added = *response.add_rules();
    const rules::Rule& rule = *checked.rule;
    added.set_rule_id(rule.definition().rule_id);
    added.set_definition(rules::CanonicalText(rule.definition()));
    added.set_content_hash(rule.content_hash());
    added.set_plain_words(rules::Describe(rule, *rule.catalog(), rules::Language::kEnglish));
    added.set_plain_words_zh(rules::Describe(rule, *rule.catalog(), rules::Language::kChinese));
    for (const std::uint32_t item : rule.facts().items) {
      added.add_items(rule.catalog()->items[item].code);
    }
    added.set_look_back_seconds(rule.facts().look_back_seconds);
    added.set_cost(static_cast<std::int64_t>(rule.facts().cost));
    added.set_unblinding(rule.facts().unblinding);
    for (const rules::RuleTestResult& test : checked.tests) {
      v1::RuleTestResult& result = *added.add_tests();
      result.set_name(test.name);
      result.set_passed(test.passed);
      result.set_message(test.message);
    }
  }
  return response;
}

v1::StartBacktestRequest ToProto(std::string study_id, BacktestOrder order) {
  v1::StartBacktestRequest message;
  message.set_study_id(std::move(study_id));
  message.set_rule_id(std::move(order.rule_id));
  message.set_version(order.version);
  message.set_envelope(std::move(order.envelope));
  message.set_mode(order.as_known ? "as_known" : "as_corrected");
  message.set_compare_with(order.compare_with);
  return message;
}

BacktestOrder OrderOf(v1::StartBacktestRequest request) {
  return {.rule_id = std::move(*request.mutable_rule_id()),
          .version = request.version(),
          .envelope = std::move(*request.mutable_envelope()),
          .as_known = request.mode() == "as_known",
          .compare_with = request.compare_with()};
}

}  // namespace vedette::rule
