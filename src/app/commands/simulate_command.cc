// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iterator>

#include "app/commands/command.h"
#include "app/simulate/feeder.h"
#include "app/simulate/rule_publisher.h"
#include "app/simulate/study_model.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"

namespace vedette::app {
namespace {

using std::chrono::days;
using std::chrono::seconds;

struct Options {
  std::int64_t history_days;
  std::size_t subjects;
  std::uint64_t seed;
};

// How much of the history is there before the rules are: what they are back-tested on.
constexpr int kShareBeforeRules = 3;

struct Plan {
  const Arguments& arguments;
  const Clock& clock;
  Session& session;
  Timestamp start;
  const simulate::StudyModel& model;
  simulate::Feeder& feeder;
};

struct Sent {
  std::size_t observations = 0;
  std::int64_t alerts = 0;
};

Task<Status> SendDays(const Plan& plan, Timestamp from, Timestamp to, Sent* sent) {
  for (Timestamp day = from; day < to; day += days(1)) {
    auto observations = plan.model.Scheduled(day, std::min<Timestamp>(day + days(1), to));
    sent->observations += observations.size();
    VEDETTE_CO_TRY(const std::int64_t raised, co_await plan.feeder.Send(std::move(observations)));
    sent->alerts += raised;
  }
  co_return Status();
}

// Written and back-tested by the administrator, signed by the demo user where there is one.
Task<Status> PublishRules(const Plan& plan, std::vector<rules::RuleDefinition> rules) {
  simulate::RulePublisher publisher(std::string(simulate::StudyModel::Id()), plan.session,
                                    plan.clock);
  if (!plan.arguments.Has("demo-user")) {
    co_return co_await publisher.Publish(std::move(rules), nullptr);
  }
  const std::string name = plan.arguments.Get("demo-user");
  VEDETTE_CO_TRY(const Sensitive<std::string> password,
                 ReadSecretFile(plan.arguments.Get("demo-password-file")));
  VEDETTE_CO_CHECK_OK(co_await plan.feeder.AddUser({name, password}));
  VEDETTE_CO_TRY(LogInDetails details, ReadLogInDetails(plan.arguments));
  details.user = name;
  details.password = password;
  VEDETTE_CO_TRY(const std::unique_ptr<Session> session,
                 Session::Create(std::move(details), plan.clock));
  const simulate::Signer signer{*session, password};
  co_return co_await publisher.Publish(std::move(rules), &signer);
}

bool IsOfVisits(const rules::RuleDefinition& rule) {
  return rule.scope == rules::EvaluationScope::kVisit;
}

Task<Status> SendHistory(const Plan& plan, Timestamp now) {
  Sent sent;
  const Timestamp with_rules =
      plan.start + std::chrono::floor<days>(now - plan.start) / kShareBeforeRules;
  VEDETTE_CO_TRY(std::vector<rules::RuleDefinition> rules, simulate::ReadRulePack());
  std::vector<rules::RuleDefinition> visit_rules;
  std::ranges::copy_if(rules, std::back_inserter(visit_rules), IsOfVisits);
  std::erase_if(rules, IsOfVisits);
  VEDETTE_CO_CHECK_OK(co_await SendDays(plan, plan.start, with_rules, &sent));
  VEDETTE_CO_CHECK_OK(co_await PublishRules(plan, std::move(rules)));
  VEDETTE_CO_CHECK_OK(co_await SendDays(plan, with_rules, now, &sent));
  // Not before: a visit would look missed because its day is not sent yet.
  VEDETTE_CO_CHECK_OK(co_await PublishRules(plan, std::move(visit_rules)));
  std::fprintf(stderr, "history: %zu observations, %lld new alerts\n", sent.observations,
               static_cast<long long>(sent.alerts));
  co_return Status();
}

// Sends each second what it brings. A failure is told and tried again, with the same keys.
Task<Status> StayLive(const Plan& plan, Timestamp from) {
  Timestamp next = from;
  while (true) {
    const Timestamp now = std::chrono::floor<seconds>(plan.clock.Now());
    if (next >= now) {
      co_await SleepFor(std::chrono::milliseconds(200));
      continue;
    }
    auto observations = plan.model.Scheduled(next, next + seconds(1));
    for (auto& observation : plan.model.Wearable(next))
      observations.push_back(std::move(observation));
    const auto raised = co_await plan.feeder.Send(std::move(observations));
    if (raised) {
      next += seconds(1);
      continue;
    }
    std::fprintf(stderr, "error: %s Trying again.\n", raised.error().message.c_str());
    co_await SleepFor(seconds(2));
  }
}

Task<Status> Run(const Plan& plan) {
  const Timestamp now = std::chrono::floor<seconds>(plan.clock.Now());
  VEDETTE_CO_CHECK_OK(co_await plan.feeder.SetUp());
  VEDETTE_CO_CHECK_OK(co_await SendHistory(plan, now));
  if (!plan.arguments.Has("live")) co_return Status();
  std::fprintf(stderr, "live\n");
  co_return co_await StayLive(plan, now);
}

Task<Status> Simulate(const Arguments& arguments,
                      const Clock& clock,
                      Session& session,
                      Options options) {
  VEDETTE_CO_TRY(const std::optional<Timestamp> creation, co_await simulate::FindCreation(session));
  const Timestamp start =
      std::chrono::floor<days>(creation.value_or(clock.Now())) - days(options.history_days);
  const simulate::StudyModel model(
      {.seed = options.seed, .subjects = options.subjects, .start = start});
  simulate::Feeder feeder(model, session);
  const Plan plan{arguments, clock, session, start, model, feeder};
  co_return co_await Run(plan);
}

Result<int> RunCommand(const Arguments& arguments, const Clock& clock) {
  VEDETTE_TRY(LogInDetails details, ReadLogInDetails(arguments));
  VEDETTE_TRY(const std::int64_t history_days, arguments.GetInt("days", 0, 3650));
  VEDETTE_TRY(const std::int64_t subjects, arguments.GetInt("subjects", 1, 100'000));
  VEDETTE_TRY(const std::int64_t seed, arguments.GetInt("seed", 0, INT64_MAX));
  const Options options{history_days, static_cast<std::size_t>(subjects),
                        static_cast<std::uint64_t>(seed)};
  std::signal(SIGPIPE, SIG_IGN);
  VEDETTE_TRY(const std::unique_ptr<Session> session, Session::Create(std::move(details), clock));
  Runtime runtime(1);
  VEDETTE_CHECK_OK(
      Await<Status>(runtime, [&] { return Simulate(arguments, clock, *session, options); }));
  return 0;
}

}  // namespace

Command SimulateCommand() {
  Command command{{"simulate", "",
                   "Makes a believable study in a running system: sites, subjects, rules, history, "
                   "and live data.",
                   ConnectionOptions()},
                  RunCommand};
  const std::vector<Option> own = {
      {"days", "N", "days of history", "45"},
      {"subjects", "N", "subjects of the study", "60"},
      {"seed", "N", "another seed, another study", "1"},
      {"live", "", "go on with live data until stopped"},
      {"demo-user", "NAME", "create this medical monitor, who signs the rules"},
      {"demo-password-file", "FILE", "with this password"}};
  command.spec.options.insert(command.spec.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace vedette::app
