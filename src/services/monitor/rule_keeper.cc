// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace vedette::monitor {
namespace {

constexpr std::chrono::seconds kCallTimeout(10);
constexpr std::chrono::minutes kIdleCheck(1);
constexpr std::chrono::seconds kCatalogAge(30);

// What is known of a period only becomes more: messages may overtake each other.
ActivePeriod Merge(ActivePeriod a, ActivePeriod b) {
  return {std::min(a.from, b.from), std::min(a.until, b.until)};
}

}  // namespace

RuleKeeper::RuleKeeper(Dependencies dependencies, Options options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      behind_(dependencies_.metrics.GetGauge(
          "vedette_monitor_rules_catching_up",
          "Rule versions that some events may not have been judged by yet.")),
      outdated_(dependencies_.metrics.GetGauge(
          "vedette_monitor_rules_outdated",
          "Rule versions at work that the study's dictionary of now does not fit.")) {}

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
  VEDETTE_CO_TRY(auto catalogs, co_await dependencies_.store.LoadCatalogs(Context().deadline));
  std::vector<CompiledVersion> versions;
  versions.reserve(rules.size());
  for (KnownRule& rule : rules) {
    const auto catalog = std::ranges::find_if(catalogs, [&](const CatalogSnapshot& snapshot) {
      return snapshot.study_id == rule.study_id && snapshot.revision == rule.catalog_revision;
    });
    CompiledVersion version{.known = std::move(rule)};
    if (catalog != catalogs.end()) {
      version.catalog = catalog->catalog;
      version.rule = CompileVersion(version.known, catalog->catalog);
    }
    if (version.rule == nullptr) {
      dependencies_.logger.Error("A kept rule does not compile and is not at work",
                                 {{"study", version.known.study_id},
                                  {"rule", version.known.rule_id},
                                  {"version_id", version.known.version_id}});
    }
    versions.push_back(std::move(version));
  }
  for (CatalogSnapshot& snapshot : catalogs) {
    Read& read = catalogs_[snapshot.study_id];
    if (read.catalog.revision < snapshot.revision) read.catalog = std::move(snapshot);
  }
  dependencies_.book.Load(std::move(versions));
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
    const std::string id = update.version_id;
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
    if (!known || Merge(known->known.period, update.period) != known->known.period) {
      news.push_back(update);
    }
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
    for (std::string& study_id : dependencies_.book.StudyIds()) {
      const Status refreshed = co_await Refresh(std::move(study_id));
      if (!refreshed) status = refreshed;
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

Task<Result<CatalogSnapshot>> RuleKeeper::Catalog(std::string study_id,
                                                  std::chrono::nanoseconds age) {
  const SteadyTime now = dependencies_.clock.SteadyNow();
  Read& read = catalogs_[study_id];
  if (read.catalog.catalog != nullptr && read.at != SteadyTime{} && now - read.at < age) {
    co_return read.catalog;
  }
  VEDETTE_CO_TRY(auto fresh, co_await dependencies_.peers.Catalog(Context(), study_id));
  read.at = now;
  // What rules do not see leaves them as they are.
  if (read.catalog.catalog == nullptr || fresh.items != read.catalog.items ||
      fresh.design != read.catalog.design) {
    VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutCatalog(Context().deadline, fresh));
    read.catalog = std::move(fresh);
  }
  co_return read.catalog;
}

Task<Status> RuleKeeper::Adopt(RuleUpdate update) {
  const std::string id = update.version_id;
  if (auto known = dependencies_.book.Find(id)) {
    known->known.period = Merge(known->known.period, update.period);
    VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutRule(Context().deadline, known->known));
    std::vector<CompiledVersion> changed;
    changed.push_back(*std::move(known));
    dependencies_.book.Put(std::move(changed));
    co_return Status{};
  }
  // What the study is now: a catalog from before the rule was written may lack what it reads, and a
  // rule about visits fits one without any.
  VEDETTE_CO_TRY(auto catalog, co_await Catalog(update.study_id, std::chrono::nanoseconds(0)));
  auto rule = CompileVersion(update, catalog.catalog);
  if (rule == nullptr) {
    dependencies_.logger.Error(
        "A rule does not fit its study's dictionary and is not at work",
        {{"study", update.study_id}, {"rule", update.rule_id}, {"version_id", id}});
    co_return Fail(Code::kFailedPrecondition, "The rule does not fit its study's dictionary.");
  }
  CompiledVersion version{.known = std::move(update), .rule = std::move(rule)};
  version.catalog = catalog.catalog;
  version.known.catalog_revision = catalog.revision;
  // Where our clock is behind, events that come from now on would be dated before its first moment.
  version.known.period.from = std::min(version.known.period.from, dependencies_.clock.Now());
  VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutRule(Context().deadline, version.known));
  dependencies_.logger.Info("Rule at work", {{"study", version.known.study_id},
                                             {"rule", version.known.rule_id},
                                             {"version", version.known.version}});
  std::vector<CompiledVersion> added;
  added.push_back(std::move(version));
  dependencies_.book.Put(std::move(added));
  co_return Status{};
}

Task<Status> RuleKeeper::Refresh(std::string study_id) {
  VEDETTE_CO_TRY(const auto catalog, co_await Catalog(study_id, kCatalogAge));
  std::vector<CompiledVersion> changed;
  std::int64_t outdated = 0;
  for (CompiledVersion& version : dependencies_.book.OfStudy(study_id)) {
    if (version.known.catalog_revision == catalog.revision) continue;
    auto rule = CompileVersion(version.known, catalog.catalog);
    if (rule == nullptr) {
      ++outdated;
      if (warned_.insert({version.known.version_id, catalog.revision}).second) {
        dependencies_.logger.Warning(
            "A rule does not fit its study's changed dictionary and stays at work with the old one",
            {{"study", study_id}, {"rule", version.known.rule_id}});
      }
      continue;
    }
    version.rule = std::move(rule);
    version.catalog = catalog.catalog;
    version.known.catalog_revision = catalog.revision;
    VEDETTE_CO_CHECK_OK(co_await dependencies_.store.PutRule(Context().deadline, version.known));
    changed.push_back(std::move(version));
  }
  if (!changed.empty()) dependencies_.book.Put(std::move(changed));
  outdated_by_study_[study_id] = outdated;
  std::int64_t total = 0;
  for (const auto& [study, count] : outdated_by_study_) total += count;
  outdated_.Set(static_cast<double>(total));
  co_return Status{};
}

Task<Status> RuleKeeper::CatchUp(std::string version_id) {
  std::int64_t up_to = std::numeric_limits<std::int64_t>::max();
  std::int64_t changes = 0;
  while (!closed()) {
    VEDETTE_CO_TRY(const auto progress,
                   co_await dependencies_.writer.CatchUp(version_id, up_to, Context().deadline));
    changes += progress.changes;
    if (progress.changes > 0) dependencies_.feed.Wake();
    if (progress.done) {
      dependencies_.book.MarkCovered(version_id);
      if (changes > 0) {
        dependencies_.logger.Info("Rule caught up",
                                  {{"version_id", version_id}, {"changes", changes}});
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
