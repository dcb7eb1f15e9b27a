// SPDX-License-Identifier: Apache-2.0
#include "app/status_sections.h"

#include <cmath>
#include <string>
#include <utility>

#include "kit/telemetry/process_status.h"

namespace vedette::app {
namespace {

std::string Percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

StatusCell Refusal(double probability) {
  return {Percent(probability), probability > 0 ? StatusTone::kBad : StatusTone::kPlain};
}

StatusCell OnOff(bool off) {
  return {off ? "off" : "on", off ? StatusTone::kWarning : StatusTone::kGood};
}

std::string LimitText(const RateLimit& limit) {
  if (!limit.IsSet()) return "none";
  return std::to_string(std::lround(limit.rate)) + " a second, at once " +
         std::to_string(limit.burst);
}

StatusTable Load(Governance& governance) {
  StatusTable table{{"class", "passed", "failed", "refused", "in flight", "limit", "state"}, {}};
  for (const Shedder::State& state : governance.shedder().Snapshot()) {
    table.rows.push_back({RateClassName(state.rate_class), state.passed, state.failed,
                          state.refused, state.flying, std::round(state.limit * 10) / 10,
                          state.shedding ? StatusCell("shedding", StatusTone::kBad)
                                         : StatusCell("takes all", StatusTone::kGood)});
  }
  return table;
}

StatusPairs Processors(Governance& governance) {
  const auto usage = governance.cpu().Usage();
  return {{{"processors busy", usage ? StatusCell(Percent(*usage / 1000)) : "unknown"}}};
}

StatusTable Operations(Governance& governance) {
  StatusTable table{{"operation", "class", "feature", "calls", "failed", "refused", "refusing"},
                    {}};
  for (const auto& operation : governance.ingress().Snapshot().operations) {
    const Breaker::State state = operation.breaker.value_or(Breaker::State());
    if (state.total == 0) continue;
    table.rows.push_back({operation.label, RateClassName(operation.rate_class), operation.feature,
                          state.total, state.failed, state.refused,
                          Refusal(state.refusal_probability)});
  }
  return table;
}

StatusPairs Limits(Governance& governance) {
  const auto state = governance.ingress().Snapshot();
  StatusPairs pairs{{{"capture, a user", LimitText(state.limits.capture)},
                     {"interactive, a user", LimitText(state.limits.interactive)},
                     {"report, a user", LimitText(state.limits.report)},
                     {"without a user, an address", LimitText(state.limits.open)},
                     {"open streams", state.streams}}};
  if (RedisLimiter* limiter = governance.redis_limiter()) {
    const RedisLimiter::State shared = limiter->Snapshot();
    pairs.entries.emplace_back("counted in",
                               shared.redis ? StatusCell("Redis", StatusTone::kGood)
                                            : StatusCell("this process", StatusTone::kWarning));
    pairs.entries.emplace_back("times Redis was away", shared.rescues);
  }
  return pairs;
}

StatusTable Features(Governance& governance) {
  StatusTable table{{"feature", "state", "by"}, {}};
  for (const Degradation::Feature& feature : governance.degradation().Snapshot()) {
    const char* const by = feature.by_hand ? "hand" : feature.off ? "load" : "";
    table.rows.push_back({feature.name, OnOff(feature.off), by});
  }
  return table;
}

StatusTable Breakers(Governance& governance) {
  StatusTable table{{"name", "calls", "failed", "refused", "refusing", "last reason"}, {}};
  for (const BreakerRegistry::Entry& entry : governance.breakers().Snapshot()) {
    table.rows.push_back({entry.name, entry.state.total, entry.state.failed, entry.state.refused,
                          Refusal(entry.state.refusal_probability),
                          entry.state.reasons.empty() ? "" : entry.state.reasons.front().second});
  }
  return table;
}

StatusTable Peers(const Wiring& wiring) {
  StatusTable table{{"service", "instance", "connection", "latency", "success", "calls", "streams",
                     "ejected", "refusing"},
                    {}};
  for (const rpc::ChannelState& channel : wiring.Channels()) {
    for (const rpc::ChannelState::Instance& instance : channel.instances) {
      double refusing = 0;
      for (const auto& method : instance.methods) {
        refusing = std::max(refusing, method.breaker.refusal_probability);
      }
      table.rows.push_back(
          {channel.service, instance.address,
           StatusCell(instance.connection,
                      instance.connection == "ready" ? StatusTone::kGood : StatusTone::kWarning),
           FormatDuration(instance.latency), Percent(instance.success), instance.calls,
           instance.streams,
           instance.ejected ? StatusCell("yes", StatusTone::kBad) : StatusCell("no"),
           Refusal(refusing)});
    }
  }
  return table;
}

StatusTable Databases(const Wiring& wiring) {
  StatusTable table{
      {"service", "kind", "connections", "running", "waiting", "slow statements", "refusing"}, {}};
  for (const db::DatabaseState& state : wiring.Databases()) {
    table.rows.push_back({state.service, state.dialect, state.connections, state.running,
                          state.waiting, state.slow_count,
                          Refusal(state.breaker ? state.breaker->refusal_probability : 0)});
  }
  return table;
}

StatusTable Caches(const Wiring& wiring) {
  StatusTable table{{"cache", "hits", "misses", "hit ratio", "failed queries", "store failures"},
                    {}};
  for (const cache::CacheSnapshot& cache : wiring.Caches()) {
    table.rows.push_back({cache.name, cache.hits, cache.misses, Percent(cache.hit_ratio()),
                          cache.query_failures, cache.store_failures});
  }
  return table;
}

StatusTable Queues(const Wiring& wiring) {
  StatusTable table{{"outbox", "waiting", "oldest", "published", "failures", "held keys"}, {}};
  if (const auto outbox = wiring.Outbox()) {
    table.rows.push_back(
        {outbox->service, outbox->waiting, FormatDuration(outbox->oldest), outbox->published,
         outbox->failures,
         StatusCell(outbox->held_keys,
                    outbox->held_keys > 0 ? StatusTone::kWarning : StatusTone::kPlain)});
  }
  return table;
}

StatusTable Jobs(const Wiring& wiring) {
  StatusTable table{{"queue", "waiting", "running", "given up", "oldest due", "running here",
                     "done", "tried again", "handed back", "lost"},
                    {}};
  if (const auto jobs = wiring.Jobs()) {
    const auto ended = [&](queue::JobOutcome outcome) {
      return jobs->outcomes[static_cast<std::size_t>(outcome)];
    };
    table.rows.push_back(
        {jobs->service, jobs->depth.waiting, jobs->depth.running,
         StatusCell(jobs->depth.dead,
                    jobs->depth.dead > 0 ? StatusTone::kWarning : StatusTone::kPlain),
         FormatDuration(jobs->depth.oldest),
         std::to_string(jobs->running.size()) + " of " + std::to_string(jobs->concurrency),
         ended(queue::JobOutcome::kDone), ended(queue::JobOutcome::kRetried),
         ended(queue::JobOutcome::kReleased), ended(queue::JobOutcome::kLost)});
  }
  return table;
}

StatusTable HeldMessages(const Wiring& wiring) {
  StatusTable table{{"message", "topic", "waits since", "failures", "next attempt"}, {}};
  if (const auto outbox = wiring.Outbox()) {
    for (const queue::HeldMessage& message : outbox->held) {
      table.rows.push_back({message.sequence, message.topic, FormatTime(message.created_at),
                            StatusCell(message.failures, StatusTone::kWarning),
                            FormatTime(message.next_attempt)});
    }
  }
  return table;
}

StatusTable SlowStatements(const Wiring& wiring) {
  StatusTable table{{"service", "statement", "took"}, {}};
  for (const db::DatabaseState& state : wiring.Databases()) {
    for (const db::SlowStatement& slow : state.slow) {
      table.rows.push_back({state.service, slow.name, FormatDuration(slow.duration)});
    }
  }
  return table;
}

StatusTable Discovery(Governance& governance) {
  StatusTable table{{"target", "instances", "source", "list"}, {}};
  for (const discovery::ResolverState& state : governance.discovery().Snapshot()) {
    std::string instances;
    for (const std::string& one : state.instances) {
      instances += (instances.empty() ? "" : ", ") + one;
    }
    table.rows.push_back({state.target, instances,
                          state.connected ? StatusCell("answers", StatusTone::kGood)
                                          : StatusCell("away", StatusTone::kWarning),
                          state.kept_last_good ? "the last good one" : "current"});
  }
  return table;
}

StatusPairs Live(Governance& governance) {
  const config::LiveState state = governance.live().State();
  StatusPairs pairs{
      {{"source", state.source.empty() ? "the start" : state.source},
       {"revision", state.revision},
       {"taken", state.accepted},
       {"refused",
        StatusCell(state.refused, state.refused > 0 ? StatusTone::kWarning : StatusTone::kPlain)}}};
  for (const config::FieldText& field : state.fields) {
    pairs.entries.emplace_back(field.path, field.value);
  }
  return pairs;
}

StatusPairs Redis(Governance& governance) {
  redis::Client* client = governance.redis();
  if (client == nullptr) return {{{"used", "no"}}};
  return {{{"connected", client->IsConnected() ? StatusCell("yes", StatusTone::kGood)
                                               : StatusCell("no", StatusTone::kBad)}}};
}

StatusPairs Traces(Governance& governance) {
  OtlpTracer* tracer = governance.otlp();
  if (tracer == nullptr) return {{{"exported", "no"}}};
  const OtlpTracer::Snapshot state = tracer->Read();
  return {{{"exported", state.exported},
           {"waiting", state.queued},
           {"dropped", state.dropped_queue_full + state.dropped_undelivered},
           {"receiver", state.connected ? StatusCell("answers", StatusTone::kGood)
                                        : StatusCell("away", StatusTone::kWarning)}}};
}

}  // namespace

void AddStatusSections(StatusRegistry& status, Governance& governance, const Wiring& wiring) {
  status.Add("processors", "Processors", [&] { return Processors(governance); });
  status.Add("load", "Load by class", [&] { return Load(governance); });
  status.Add("operations", "Operations of the last seconds",
             [&] { return Operations(governance); });
  status.Add("limits", "Budgets of callers", [&] { return Limits(governance); });
  status.Add("features", "Features", [&] { return Features(governance); });
  status.Add("breakers", "Breakers", [&] { return Breakers(governance); });
  status.Add("peers", "Peers", [&] { return Peers(wiring); });
  status.Add("discovery", "Discovery", [&] { return Discovery(governance); });
  status.Add("databases", "Databases", [&] { return Databases(wiring); });
  status.Add("slow_statements", "Slow statements", [&] { return SlowStatements(wiring); });
  status.Add("slow", "Slow operations", [&] { return governance.slow_operations().Table(); });
  status.Add("caches", "Caches", [&] { return Caches(wiring); });
  status.Add("queues", "Queues", [&] { return Queues(wiring); });
  status.Add("jobs", "Background jobs", [&] { return Jobs(wiring); });
  status.Add("held_messages", "Messages that hold back others",
             [&] { return HeldMessages(wiring); });
  status.Add("redis", "Redis", [&] { return Redis(governance); });
  status.Add("traces", "Traces", [&] { return Traces(governance); });
  status.Add("live", "Live values", [&] { return Live(governance); });
}

}  // namespace vedette::app
