// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/alerts.h"
#include "services/monitor/log_writer.h"
#include "services/monitor/peers.h"
#include "services/monitor/policy.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/store.h"

namespace vedette::monitor {

// Where people act on alerts and silence them, for a caller whose permission on the study the guard
// has checked. What is signed is confirmed by the caller's password first. Thread-safe.
class AlertDesk {
 public:
  struct Dependencies {
    MonitorStore& store;
    AlertReader& reader;
    LogWriter& writer;
    AlertFeed& feed;
    Peers& peers;
    RuleBook& rules;
    const Authorizer& authorizer;
    const Clock& clock;
  };

  explicit AlertDesk(Dependencies dependencies) : dependencies_(dependencies) {}

  // The alert as it is then. kConflict when it has changed since `seen`.
  Task<Result<EnrichedAlert>> Act(CallContext context,
                                  std::string study_id,
                                  std::string alert_id,
                                  ActionRequest request,
                                  std::string password,
                                  std::int64_t seen);

  Task<Result<Silence>> CreateSilence(CallContext context, Silence silence, std::string password);
  // Those of sites that the caller may see alerts of. What names a subject but no site is for who
  // may see all.
  Task<Result<std::vector<Silence>>> ListSilences(CallContext context, std::string study_id);
  Task<Result<Silence>> EndSilence(CallContext context,
                                   std::string study_id,
                                   std::string silence_id);

 private:
  Task<Result<Silence>> FindSilence(CallContext context, std::string study_id, Uuid id);
  Status CheckSite(const CallContext& context, const Silence& silence) const;
  Task<Result<std::string>> Sign(const CallContext& context, std::string password);

  Dependencies dependencies_;
};

}  // namespace vedette::monitor
