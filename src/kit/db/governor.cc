// SPDX-License-Identifier: Apache-2.0
#include "kit/db/governor.h"

#include <utility>

namespace vedette::db {
namespace {

constexpr std::size_t kSlowKept = 32;

}  // namespace

Outcome OutcomeOfStatement(const Error* error) {
  if (error == nullptr) return Outcome::kSuccess;
  switch (error->code) {
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return Outcome::kFailure;
    case Code::kCancelled:
    case Code::kResourceExhausted:
      return Outcome::kNeither;
    default:
      return Outcome::kSuccess;
  }
}

Governor::Governor(std::string service, Governance governance, MetricsRegistry* registry)
    : service_(std::move(service)),
      governance_(governance),
      registry_(registry),
      breaker_("database " + service_,
               governance_.breaker,
               clock_,
               random_,
               CountersOf(service_, registry)) {}

BreakerCounters Governor::CountersOf(const std::string& service, MetricsRegistry* registry) {
  if (registry == nullptr) return {};
  const MetricLabels labels{{"kind", "database"}, {"name", service}};
  return {.allowed = &registry->GetCounter("vedette_breaker_allowed_total",
                                           "Calls that breakers let through.", labels),
          .refused = &registry->GetCounter("vedette_breaker_refused_total",
                                           "Calls refused because what they need fails too often.",
                                           labels),
          .failed = &registry->GetCounter("vedette_breaker_failed_total",
                                          "Calls let through that failed.", labels)};
}

Span Governor::Start(std::string_view statement, const TraceContext& parent) {
  if (governance_.tracer == nullptr || !parent.IsValid()) return {};
  Span span = governance_.tracer->Start(statement, SpanKind::kClient, parent);
  span.Set("db.system", governance_.system);
  return span;
}

void Governor::Observe(std::string_view statement, std::chrono::nanoseconds duration) {
  if (duration <= governance_.slow_statement) return;
  if (registry_ != nullptr) {
    registry_
        ->GetCounter("vedette_db_slow_statements_total",
                     "Statements that took longer than slow_statement.",
                     {{"service", service_}, {"statement", std::string(statement)}})
        .Add();
  }
  const std::lock_guard lock(mutex_);
  ++slow_count_;
  slow_.push_front(
      {statement, clock_.Now(), std::chrono::duration_cast<std::chrono::microseconds>(duration)});
  if (slow_.size() > kSlowKept) slow_.pop_back();
}

void Governor::Fill(DatabaseState* state) const {
  state->service = service_;
  state->breaker = breaker_.Snapshot();
  const std::lock_guard lock(mutex_);
  state->slow_count = slow_count_;
  state->slow.assign(slow_.begin(), slow_.end());
}

}  // namespace vedette::db
