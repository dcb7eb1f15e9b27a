// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "services/rule/authoring.h"
#include "services/rule/backtest_plan.h"
#include "services/rule/backtests.h"
#include "services/rule/catalog_source.h"
#include "services/rule/signatures.h"
#include "services/rule/store.h"
#include "services/rule/types.h"
#include "services/rule/watchers.h"

namespace vedette::rule {

// Takes a list of versions; false once nobody listens.
class VersionSink {
 public:
  virtual ~VersionSink() = default;
  virtual Task<bool> Write(bool complete, std::vector<RuleVersion> versions) = 0;
};

struct RuleOptions {
  std::chrono::milliseconds poll_interval = std::chrono::seconds(5);
  // Whether a version needs tests, a back-test and a second person's signature to go to work.
  bool require_signature = true;
};

// What rule does, for a caller whose permission on the study the guard has checked. Thread-safe.
class RuleLogic {
 public:
  struct Dependencies {
    RuleStore& store;
    CatalogSource& catalogs;
    Backtests& backtests;
    SignatureCheck& signatures;
    const Authorizer& authorizer;
    const Clock& clock;
    Logger logger;
  };

  RuleLogic(Dependencies dependencies, RuleOptions options);

  // The next version of the rule, a draft. Writing, signing, activating and retiring need the
  // permission on all sites of the study.
  Task<Result<RuleVersion>> CreateVersion(CallContext context,
                                          std::string study_id,
                                          std::string rule_id,
                                          std::string envelope);
  Task<Result<RuleVersion>> CreateVersion(CallContext context,
                                          std::string study_id,
                                          Threshold threshold);
  Task<Result<EnvelopeCheck>> Check(CallContext context,
                                    std::string study_id,
                                    std::string envelope);
  Task<Result<RuleVersion>> Sign(CallContext context,
                                 std::string study_id,
                                 std::string rule_id,
                                 std::int32_t number,
                                 Sensitive<std::string> password,
                                 std::string meaning);
  Task<Result<RuleVersion>> Activate(CallContext context,
                                     std::string study_id,
                                     std::string rule_id,
                                     std::int32_t number);
  Task<Result<RuleVersion>> Retire(CallContext context, std::string study_id, std::string rule_id);

  Task<Result<std::vector<RuleVersion>>> List(CallContext context,
                                              std::string study_id,
                                              std::string status);
  // `number` 0: the newest. kNotFound.
  Task<Result<RuleVersion>> GetVersion(CallContext context,
                                       std::string study_id,
                                       std::string rule_id,
                                       std::int32_t number);
  Task<Result<std::vector<RuleVersion>>> GetVersions(CallContext context,
                                                     std::string study_id,
                                                     std::vector<std::string> ids);

  // A back-test reads all sites, and so needs the permission on all of them; one of a rule that
  // tells the treatment needs the permission to see it, too.
  Task<Result<Backtest>> StartBacktest(CallContext context,
                                       std::string study_id,
                                       BacktestOrder order);
  // What names subjects and sites only for a caller who may see all of the study; what tells the
  // treatment only for one who may see that.
  Task<Result<Backtest>> GetBacktest(CallContext context, std::string study_id, std::string id);
  Task<Result<Backtest>> CancelBacktest(CallContext context, std::string study_id, std::string id);

  // Every version that is or was at work, then those that changed, until the sink or the logic
  // closes. What a version says never changes, and what it tells of its status only moves forward.
  Task<Status> Watch(CallContext context, VersionSink& sink);

  // Ends all watching.
  void Close() { watchers_.Close(); }

 private:
  bool CoversStudy(const Principal& principal,
                   const char* permission,
                   const std::string& study_id) const;
  Status CheckWholeStudy(const Principal& principal,
                         const char* permission,
                         const std::string& study_id) const;
  Task<Result<RuleVersion>> Write(CallContext context,
                                  rules::RuleDefinition definition,
                                  std::shared_ptr<const rules::Catalog> catalog);
  Task<Status> ApplyAll(RuleChange change, std::vector<StatusChange> changes);
  // What the caller may see of it.
  Backtest Shown(const Principal& principal, Backtest backtest) const;
  Task<Result<BacktestPlan>> Plan(CallContext context, std::string study_id, BacktestOrder order);

  Dependencies dependencies_;
  const RuleOptions options_;
  Watchers watchers_;
};

}  // namespace vedette::rule
