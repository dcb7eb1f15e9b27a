// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "model/dictionary.h"
#include "services/rule/store.h"
#include "services/rule/types.h"
#include "services/rule/watchers.h"

namespace vedette::rule {

// Where the study's dictionary comes from: the trial service.
class DictionarySource {
 public:
  virtual ~DictionarySource() = default;
  virtual Task<Result<std::shared_ptr<const StudyDictionary>>> Load(CallContext context,
                                                                    std::string study_id) = 0;
};

// Takes a list of versions; false once nobody listens.
class VersionSink {
 public:
  virtual ~VersionSink() = default;
  virtual Task<bool> Write(bool complete, std::vector<RuleVersion> versions) = 0;
};

// What rule does, for a caller whose permission on the study the guard has checked. Thread-safe.
class RuleLogic {
 public:
  struct Dependencies {
    RuleStore& store;
    DictionarySource& dictionaries;
    const Authorizer& authorizer;
    const Clock& clock;
    Logger logger;
  };

  // `poll_interval`: how often a watcher looks for changes that another process made.
  RuleLogic(Dependencies dependencies, std::chrono::milliseconds poll_interval);

  // The next version of spec.rule_id, a draft. Writing, activating and retiring need the permission
  // on all sites of the study.
  Task<Result<RuleVersion>> CreateVersion(CallContext context, rules::RuleSpec spec);
  Task<Result<RuleVersion>> Activate(CallContext context,
                                     std::string study_id,
                                     std::string rule_id,
                                     std::int32_t number);
  Task<Result<RuleVersion>> Retire(CallContext context, std::string study_id, std::string rule_id);

  Task<Result<std::vector<RuleVersion>>> List(CallContext context,
                                              std::string study_id,
                                              std::optional<RuleStatus> status);
  Task<Result<std::vector<RuleVersion>>> GetVersions(CallContext context,
                                                     std::string study_id,
                                                     std::vector<std::string> ids);

  // Every version that is or was at work, then those that changed, until the sink or the logic
  // closes. What a version says never changes, and what it tells of its status only moves forward.
  Task<Status> Watch(CallContext context, VersionSink& sink);

  // Ends all watching.
  void Close() { watchers_.Close(); }

 private:
  Status CheckWholeStudy(const Principal& principal,
                         const char* permission,
                         const std::string& study_id) const;
  Task<Status> ApplyAll(RuleChange change, std::vector<StatusChange> changes);

  Dependencies dependencies_;
  std::chrono::milliseconds poll_interval_;
  Watchers watchers_;
};

}  // namespace vedette::rule
