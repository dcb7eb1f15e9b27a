// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/bounded_cache.h"
#include "services/monitor/dictionary_cache.h"
#include "services/monitor/peers.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/store.h"
#include "services/monitor/thresholds.h"

namespace vedette::monitor {

struct AlertPage {
  std::vector<EnrichedAlert> alerts;
  std::int64_t next_before = 0;  // 0 at the end
};

struct SubjectSeries {
  std::string subject_number;
  std::string unit;
  std::vector<SeriesPoint> points;
  std::vector<Threshold> thresholds;  // of rules at work now
};

struct AlertDetail {
  EnrichedAlert alert;
  v1::Evidence evidence;
  std::vector<AlertChange> trail;
};

// Takes alerts of a live stream; false once nobody listens.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  // No change from here on is missed.
  virtual Task<bool> Accept() = 0;
  virtual Task<bool> Write(EnrichedAlert alert) = 0;
};

// What people read, on the sites they may see, for a caller whose permission on the study the guard
// has checked. Names of subjects and rules are looked up at the time of reading, concurrently; when
// one cannot be had the call fails. Thread-safe.
class AlertReader {
 public:
  struct Dependencies {
    MonitorStore& store;
    AlertFeed& feed;
    Peers& peers;
    DictionaryCache& dictionaries;
    RuleBook& rules;
    const Authorizer& authorizer;
    const Clock& clock;
  };

  explicit AlertReader(Dependencies dependencies);

  // `site_id` empty: all that the caller may see. A site outside of that is kPermissionDenied.
  Task<Result<AlertPage>> List(CallContext context, AlertQuery query, std::string site_id);
  // An alert that tells the treatment is not there for those who must not see it.
  Task<Result<EnrichedAlert>> Get(CallContext context, std::string study_id, std::string alert_id);
  Task<Result<AlertDetail>> GetDetail(CallContext context,
                                      std::string study_id,
                                      std::string alert_id);
  Task<Result<AlertSummary>> Summarize(CallContext context, std::string study_id);
  // Of an item that tells the treatment only for who may see that.
  Task<Result<SubjectSeries>> Series(CallContext context,
                                     std::string study_id,
                                     std::string subject_id,
                                     std::string item,
                                     std::int64_t limit);
  // Until the sink or the feed closes, or the caller's token is over: kUnauthenticated then.
  Task<Status> Watch(CallContext context,
                     std::string study_id,
                     std::int64_t after,
                     AlertSink& sink);

 private:
  ReaderScope ScopeOf(const Principal& principal, const std::string& study_id) const;
  Task<Result<std::vector<EnrichedAlert>>> Enrich(CallContext context,
                                                  std::string study_id,
                                                  Alerts alerts);
  Task<Result<std::shared_ptr<const AlertRecord>>> Find(const CallContext& context,
                                                        std::string study_id,
                                                        std::string alert_id);
  Task<Result<StringMap<RuleNames>>> NamesOfRules(CallContext context,
                                                  std::string study_id,
                                                  std::vector<std::string> version_ids);

  Dependencies dependencies_;
  BoundedCache<RuleNames> rule_names_;  // by version id, whose names never change
};

}  // namespace vedette::monitor
