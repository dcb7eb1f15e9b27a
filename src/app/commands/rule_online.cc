// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_online.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/client/session.h"
#include "app/commands/command.h"
#include "app/commands/rule_files.h"
#include "app/commands/rule_online_report.h"
#include "app/commands/rule_terminal.h"
#include "app/commands/text_difference.h"
#include "base/suggest.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "rules/envelope/envelope.h"

namespace vedette::app {
namespace {

namespace pb = rule::v1;

constexpr std::chrono::seconds kTimeout(60);
constexpr std::chrono::milliseconds kPoll(100);

// What an action works with.
struct Online {
  const Arguments& arguments;
  std::string study_id;
  Session& session;
  const Sensitive<std::string>& password;
  std::unique_ptr<pb::RuleApi> rule;
  CancelledByTerminal& cancelled;
  std::int32_t version;
  std::int32_t compare_with;
};

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

Result<std::vector<std::string>> Words(const Arguments& arguments, std::string_view what) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.size() < 2) {
    return Fail(Code::kInvalidArgument, "which " + std::string(what) + "? Give one or more");
  }
  return std::vector<std::string>(words.begin() + 1, words.end());
}

Result<std::string> OneRule(const Arguments& arguments) {
  if (arguments.positional().size() != 2) {
    return Fail(Code::kInvalidArgument, "which rule? Give one by its id");
  }
  return arguments.positional()[1];
}

// A request of the study's, for the rule the command names.
template <class Request>
Request About(const Online& online, const std::string& rule_id) {
  Request request;
  request.set_study_id(online.study_id);
  request.set_rule_id(rule_id);
  return request;
}

Task<Result<int>> List(const Online& online) {
  VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
  pb::ListRulesRequest request;
  request.set_study_id(online.study_id);
  VEDETTE_CO_TRY(const pb::ListRulesResponse rules,
                 co_await online.rule->ListRules(context, std::move(request)));
  for (const pb::RuleVersion& version : rules.rules()) Print(VersionLine(version));
  co_return 0;
}

Task<Result<int>> Check(const Online& online) {
  VEDETTE_CO_TRY(const auto paths, Words(online.arguments, "files"));
  bool findings = false;
  for (const std::string& path : paths) {
    VEDETTE_CO_TRY(std::string text, ReadWholeFile(path));
    VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
    pb::CheckRuleRequest request;
    request.set_study_id(online.study_id);
    request.set_envelope(std::move(text));
    VEDETTE_CO_TRY(const pb::CheckRuleResponse check,
                   co_await online.rule->CheckRule(context, std::move(request)));
    Print(CheckText(path, check));
    findings |= HasFindings(check);
  }
  co_return findings ? 1 : 0;
}

Task<Result<int>> Put(const Online& online) {
  VEDETTE_CO_TRY(const std::vector<RuleFile> files, ReadRuleFiles(online.arguments));
  const std::string only = online.arguments.Get("rule");
  std::size_t written = 0;
  for (const RuleFile& file : files) {
    if (!file.mistakes.empty()) {
      co_return Fail(Code::kInvalidArgument, "the rules have mistakes\n" + file.mistakes);
    }
    for (const rules::RuleDefinition& definition : file.content.rules) {
      if (!only.empty() && definition.rule_id != only) continue;
      VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
      auto request = About<pb::CreateRuleVersionRequest>(online, definition.rule_id);
      request.set_envelope(rules::CanonicalText(definition));
      VEDETTE_CO_TRY(const pb::RuleVersion version,
                     co_await online.rule->CreateRuleVersion(context, std::move(request)));
      Print(VersionLine(version));
      ++written;
    }
  }
  if (written == 0) co_return Fail(Code::kNotFound, "there is no rule " + only + " in these files");
  co_return 0;
}

Task<Result<pb::RuleVersion>> GetVersion(const Online& online,
                                         std::string rule_id,
                                         std::int32_t number) {
  VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
  auto request = About<pb::GetRuleVersionRequest>(online, rule_id);
  request.set_version(number);
  co_return co_await online.rule->GetRuleVersion(context, std::move(request));
}

Task<Result<int>> Explain(const Online& online) {
  VEDETTE_CO_TRY(const auto rule_ids, Words(online.arguments, "rules"));
  for (const std::string& rule_id : rule_ids) {
    VEDETTE_CO_TRY(const pb::RuleVersion version,
                   co_await GetVersion(online, rule_id, online.version));
    Print(VersionText(version, online.arguments.Get("lang") == "zh"));
  }
  co_return 0;
}

// Waits for the end of a back-test that was started; Ctrl-C cancels it.
Task<Result<pb::Backtest>> Await(const Online& online, pb::Backtest backtest) {
  BacktestProgress progress(backtest.rule_id());
  bool told = false;
  while (backtest.ended_at() == 0) {
    progress.Update(backtest.progress());
    if (online.cancelled.Asked() && !std::exchange(told, true)) {
      VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
      pb::CancelBacktestRequest cancel;
      cancel.set_study_id(online.study_id);
      cancel.set_backtest_id(backtest.id());
      VEDETTE_CO_CHECK_OK(co_await online.rule->CancelBacktest(context, std::move(cancel)));
    }
    co_await SleepFor(kPoll);
    VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
    pb::GetBacktestRequest get;
    get.set_study_id(online.study_id);
    get.set_backtest_id(backtest.id());
    VEDETTE_CO_TRY(backtest, co_await online.rule->GetBacktest(context, std::move(get)));
  }
  if (backtest.status() == "failed") co_return Fail(Code::kInternal, backtest.error());
  co_return backtest;
}

Task<Result<pb::Backtest>> RunBacktest(const Online& online, std::string rule_id) {
  auto request = About<pb::StartBacktestRequest>(online, rule_id);
  request.set_version(online.version);
  request.set_compare_with(online.compare_with);
  request.set_mode(online.arguments.Get("mode") == "as-known" ? "as_known" : "as_corrected");
  VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
  VEDETTE_CO_TRY(pb::Backtest started,
                 co_await online.rule->StartBacktest(context, std::move(request)));
  co_return co_await Await(online, std::move(started));
}

Task<Result<int>> Backtest(const Online& online) {
  VEDETTE_CO_TRY(const auto rule_ids, Words(online.arguments, "rules"));
  for (const std::string& rule_id : rule_ids) {
    VEDETTE_CO_TRY(const pb::Backtest backtest, co_await RunBacktest(online, rule_id));
    Print(BacktestText(backtest));
    if (backtest.status() == "cancelled") co_return 1;
  }
  co_return 0;
}

Task<Result<int>> Diff(const Online& online) {
  VEDETTE_CO_TRY(const std::string rule_id, OneRule(online.arguments));
  if (online.compare_with == 0) {
    co_return Fail(Code::kInvalidArgument, "with which version? Give --compare-with N");
  }
  VEDETTE_CO_TRY(const pb::RuleVersion before,
                 co_await GetVersion(online, rule_id, online.compare_with));
  VEDETTE_CO_TRY(const pb::RuleVersion after, co_await GetVersion(online, rule_id, online.version));
  if (before.version() == after.version()) {
    Print(rule_id + ": the same version\n");
    co_return 0;
  }
  VEDETTE_CO_TRY(const pb::Backtest backtest, co_await RunBacktest(online, rule_id));
  Print(DifferenceText(backtest));
  Print("\n" + LineDifference(before.definition(), after.definition()));
  co_return 1;
}

Task<Result<int>> Sign(const Online& online) {
  VEDETTE_CO_TRY(const auto rule_ids, Words(online.arguments, "rules"));
  for (const std::string& rule_id : rule_ids) {
    VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
    auto read = About<pb::GetRuleVersionRequest>(online, rule_id);
    read.set_version(online.version);
    VEDETTE_CO_TRY(const pb::RuleVersion shown,
                   co_await online.rule->GetRuleVersion(context, std::move(read)));
    Print("Signing " + rule_id + " version " + std::to_string(shown.version()) + ": " +
          shown.plain_words());
    auto request = About<pb::SignRuleRequest>(online, rule_id);
    request.set_version(shown.version());
    request.set_password(online.password.Reveal());
    request.set_meaning(online.arguments.Get("meaning"));
    VEDETTE_CO_TRY(const pb::RuleVersion version,
                   co_await online.rule->SignRule(context, std::move(request)));
    Print(VersionLine(version));
  }
  co_return 0;
}

Task<Result<int>> Activate(const Online& online) {
  VEDETTE_CO_TRY(const auto rule_ids, Words(online.arguments, "rules"));
  for (const std::string& rule_id : rule_ids) {
    VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
    auto request = About<pb::ActivateRuleRequest>(online, rule_id);
    request.set_version(online.version);
    VEDETTE_CO_TRY(const pb::RuleVersion version,
                   co_await online.rule->ActivateRule(context, std::move(request)));
    Print(VersionLine(version));
  }
  co_return 0;
}

Task<Result<int>> Retire(const Online& online) {
  VEDETTE_CO_TRY(const auto rule_ids, Words(online.arguments, "rules"));
  for (const std::string& rule_id : rule_ids) {
    VEDETTE_CO_TRY(const CallContext context, co_await online.session.Context(kTimeout));
    VEDETTE_CO_TRY(
        const pb::RuleVersion version,
        co_await online.rule->RetireRule(context, About<pb::RetireRuleRequest>(online, rule_id)));
    Print(VersionLine(version));
  }
  co_return 0;
}

struct Action {
  std::string_view name;
  Task<Result<int>> (*run)(const Online& online);
};

constexpr Action kActions[] = {{"list", List},         {"check", Check}, {"put", Put},
                               {"explain", Explain},   {"diff", Diff},   {"backtest", Backtest},
                               {"activate", Activate}, {"sign", Sign},   {"retire", Retire}};

Result<const Action*> FindAction(const Arguments& arguments) {
  std::vector<std::string_view> names;
  std::string all;
  for (const Action& action : kActions) {
    names.push_back(action.name);
    all += (all.empty() ? "" : ", ") + std::string(action.name);
  }
  if (arguments.positional().empty()) {
    return Fail(Code::kInvalidArgument, "what shall be done? " + all);
  }
  const std::string& word = arguments.positional().front();
  const auto* found = std::ranges::find(kActions, word, &Action::name);
  if (found != std::end(kActions)) return found;
  const std::string_view near = Suggest(word, names);
  return Fail(Code::kInvalidArgument,
              "there is no `rule " + word + " --study`" +
                  (near.empty() ? "" : "; did you mean `rule " + std::string(near) + "`?"));
}

}  // namespace

Result<int> RunOnlineRuleCommand(const Arguments& arguments, const Clock& clock) {
  VEDETTE_TRY(const Action* action, FindAction(arguments));
  VEDETTE_TRY(const std::int64_t version, arguments.GetInt("version", 0, INT32_MAX));
  VEDETTE_TRY(const std::int64_t compare_with, arguments.GetInt("compare-with", 0, INT32_MAX));
  VEDETTE_TRY(LogInDetails details, ReadLogInDetails(arguments));
  const Sensitive<std::string> password = details.password;
  CancelledByTerminal cancelled;
  VEDETTE_TRY(const std::unique_ptr<Session> session, Session::Create(std::move(details), clock));
  const Online online{arguments,
                      arguments.Get("study"),
                      *session,
                      password,
                      pb::MakeRuleClient(session->channel()),
                      cancelled,
                      static_cast<std::int32_t>(version),
                      static_cast<std::int32_t>(compare_with)};
  Runtime runtime(1);
  return vedette::Await<Result<int>>(runtime, [&] { return action->run(online); });
}

}  // namespace vedette::app
