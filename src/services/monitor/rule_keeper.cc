// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace vedette::monitor {
namespace {

constexpr std::chrono::seconds kCallTimeout(10);
constexpr std::chrono::minutes kIdleCheck(1);

// What is known of a period only becomes more: messages may overtake each other.
rules::ActivePeriod Merge(rules::ActivePeriod a, rules::ActivePeriod b) {
  return {std::min(a.from, b.from), std::min(a.until, b.until)};
}

}  // namespace

RuleKeeper::RuleKeeper(Dependencies dependencies, Options options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      behind_(dependencies_.metrics.GetGauge(
          "vedette_monitor_rules_catching_up",
          "Rule versions that some events may not have been judged by yet.")) {}

CallContext RuleKeeper::Context() const {
  return {.deadline = Deadline::After(dependencies_.clock, kCallTimeout)};
}

bool RuleKeeper::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

void RuleKeeper::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.Set();
  closing_.Set();
}

Task<Status> RuleKeeper::Load() {
  VEDETTE_CO_TRY(auto rules, co_await dependencies_.store.LoadRules(Context().deadline));
  dependencies_.book.Load(std::move(rules));
  ShowLag();
  co_return Status{};
}

Task<void> RuleKeeper::Follow() {
  auto retry = options_.first_retry;
  while (!closed()) {
    CallContext context;  // for as long as it lasts
    const Status ended = co_await dependencies_.peers.WatchRules(
        context, [this, &retry](std::vector<RuleUpdate> updates) {
          retry = options_.first_retry;
          return Take(std::move(updates));
        });
    if (closed()) co_return;
    if (!ended) {
      dependencies_.logger.Info(
          "Rules are not being watched; trying again",
          {{"code", Describe(ended.error().code).name}, {"retry_ms", retry.count()}});
    }
    Signal closing;
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) co_return;
      closing_ = closing;
    }
    co_await closing.WaitUntil(dependencies_.clock.SteadyNow() + retry);
    retry = std::min(retry * 2, options_.last_retry);
  }
}

bool RuleKeeper::Take(std::vector<RuleUpdate> updates) {
  const std::scoped_lock lock(mutex_);
  for (RuleUpdate& update : updates) {
    if (update.period.from == Timestamp::max()) continue;  // a draft
    const std::string id = update.spec.version_id;
    const auto [known, added] = told_.try_emplace(id, std::move(update));
    if (!added) known->second.period = Merge(known->second.period, update.period);
  }
  changed_.Set();
  return !closed_;
}

std::vector<RuleUpdate> RuleKeeper::News() const {
  std::vector<RuleUpdate> news;
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, update] : told_) {
    const auto known = dependencies_.book.Find(id);
    if (!known || Merge(known->period, update.period) != known->period) news.push_back(update);
  }
  return news;
}

Task<void> RuleKeeper::Keep() {
  auto retry = options_.first_retry;
  while (true) {
    Signal changed;
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) co_return;
      changed_ = changed;
    }
    Status status;
    for (RuleUpdate& update : News()) {
      const Status adopted = co_await Adopt(std::move(update));
      if (!adopted) status = adopted;
    }
    ShowLag();
    for (std::string& version_id : dependencies_.book.Uncovered()) {
      const Status caught_up = co_await CatchUp(std::move(version_id));
      if (!caught_up) status = caught_up;
    }
    ShowLag();
    if (status) {
      retry = options_.first_retry;
      co_await changed.WaitUntil(dependencies_.clock.SteadyNow() + kIdleCheck);
    } else {
      dependencies_.logger.Warning("Rules are not up to date yet; trying again",
                                   {{"code", Describe(status.error().code).name}});
      co_await changed.WaitUntil(dependencies_.clock.SteadyNow() + retry);
      retry = std::min(retry * 2, options_.last_retry);
    }
  }
}

Task<Status> RuleKeeper::Adopt(RuleUpdate update) {
  const std::string id = update.spec.version_id;
  if (auto known = dependencies_.book.Find(id)) {
    known->period = Merge(known->period, update.period);
    VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutRule(Context().deadline, *known));
    std::vector<KnownRule> changed;
    changed.push_back(*std::move(known));
    dependencies_.book.Put(std::move(changed));
    co_return Status{};
  }
  // A dictionary from before the rule was written may lack its item.
  VEDETTE_CO_TRY(auto dictionary,
                 co_await dependencies_.dictionaries.Get(Context(), update.spec.study_id));
  auto compiled = rules::Compile(update.spec, *dictionary);
  if (!compiled) {
    VEDETTE_CO_TRY(dictionary,
                   co_await dependencies_.dictionaries.GetNewer(Context(), update.spec.study_id));
    compiled = rules::Compile(update.spec, *dictionary);
  }
  if (!compiled) {
    dependencies_.logger.Error(
        "A rule does not fit its study's dictionary and is not at work",
        {{"study", update.spec.study_id}, {"rule", update.spec.rule_id}, {"version_id", id}});
    co_return std::unexpected(std::move(compiled).error());
  }
  KnownRule rule{.spec = (*compiled)->spec(), .period = update.period};
  // Where our clock is behind, events that come from now on would be dated before its first moment.
  rule.period.from = std::min(rule.period.from, dependencies_.clock.Now());
  VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutRule(Context().deadline, rule));
  dependencies_.logger.Info(
      "Rule at work",
      {{"study", rule.spec.study_id}, {"rule", rule.spec.rule_id}, {"version", rule.spec.version}});
  std::vector<KnownRule> added;
  added.push_back(std::move(rule));
  dependencies_.book.Put(std::move(added));
  co_return Status{};
}

Task<Status> RuleKeeper::CatchUp(std::string version_id) {
  std::int64_t up_to = std::numeric_limits<std::int64_t>::max();
  std::int64_t raised = 0;
  while (!closed()) {
    VEDETTE_CO_TRY(const auto progress,
                   co_await dependencies_.writer.CatchUp(version_id, up_to, Context().deadline));
    raised += progress.raised;
    if (progress.raised > 0) dependencies_.feed.Wake();
    if (progress.done) {
      dependencies_.book.MarkCovered(version_id);
      if (raised > 0) {
        dependencies_.logger.Info("Rule caught up",
                                  {{"version_id", version_id}, {"alerts", raised}});
      }
      co_return Status{};
    }
    up_to = progress.up_to;
  }
  co_return Status{};
}

void RuleKeeper::ShowLag() {
  behind_.Set(static_cast<double>(dependencies_.book.Uncovered().size() + News().size()));
}

}  // namespace vedette::monitor
