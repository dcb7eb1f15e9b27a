// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "model/dictionary.h"
#include "services/monitor/prepare.h"
#include "services/monitor/types.h"

namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::subject::v1 {
class SubjectApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}

namespace vedette::monitor {

struct SubjectCard {
  std::string number;
  std::string site_id;
  std::string name;  // masked
};

// A version that is or was at work, as its author wrote it.
struct RuleUpdate {
  rules::RuleSpec spec;
  rules::ActivePeriod period;
};

// The services that monitor asks, in its own name: whoever may record need not be allowed to read
// subjects or rules. Each call takes the deadline and trace of `context`. Thread-safe.
class Peers {
 public:
  Peers(trial::v1::TrialApi& trial, subject::v1::SubjectApi& subject, rule::v1::RuleApi& rule);

  Task<Result<std::shared_ptr<const StudyDictionary>>> Dictionary(CallContext context,
                                                                  std::string study_id);
  // By number; unknown numbers are left out.
  Task<Result<StringMap<SubjectRef>>> Resolve(CallContext context,
                                              std::string study_id,
                                              std::vector<std::string> numbers);
  // By id; unknown ids are left out.
  Task<Result<StringMap<SubjectCard>>> Subjects(CallContext context,
                                                std::string study_id,
                                                std::vector<std::string> ids);
  // Names by version id; unknown ids are left out.
  Task<Result<StringMap<std::string>>> RuleNames(CallContext context,
                                                 std::string study_id,
                                                 std::vector<std::string> version_ids);

  // Hands over all versions, then those that change, until the stream ends; never with success
  // unless `take` asked for it.
  Task<Status> WatchRules(CallContext context, std::function<bool(std::vector<RuleUpdate>)> take);

 private:
  CallContext Own(CallContext context) const;

  trial::v1::TrialApi& trial_;
  subject::v1::SubjectApi& subject_;
  rule::v1::RuleApi& rule_;
  std::shared_ptr<const Principal> self_;
};

}  // namespace vedette::monitor
