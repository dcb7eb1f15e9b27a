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
#include "services/monitor/rule_book.h"

namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::subject::v1 {
class SubjectApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}
namespace vedette::identity::v1 {
class IdentityApi;
}

namespace vedette::monitor {

struct SubjectCard {
  std::string number;
  std::string site_id;
  std::string name;  // masked
};

// A version that is or was at work, as rule tells it: not yet compiled.
using RuleUpdate = KnownRule;

// From its parts as they are kept.
CatalogSnapshot MakeSnapshot(std::string study_id,
                             std::int64_t revision,
                             std::string items,
                             std::string design);

struct RuleNames {
  std::string name;
  std::string name_zh;
  std::string plain_words;
  std::string plain_words_zh;
};

// The services that monitor asks, in its own name: whoever may record need not be allowed to read
// subjects or rules; only a signature is confirmed in the name of who signs. Each call takes the
// deadline and trace of `context`. Thread-safe.
class Peers {
 public:
  Peers(trial::v1::TrialApi& trial,
        subject::v1::SubjectApi& subject,
        rule::v1::RuleApi& rule,
        identity::v1::IdentityApi& identity);

  Task<Result<std::shared_ptr<const StudyDictionary>>> Dictionary(CallContext context,
                                                                  std::string study_id);
  // What the study's rules may name, compiled.
  Task<Result<CatalogSnapshot>> Catalog(CallContext context, std::string study_id);
  // By number; unknown numbers are left out.
  Task<Result<StringMap<SubjectRef>>> Resolve(CallContext context,
                                              std::string study_id,
                                              std::vector<std::string> numbers);
  // By id; unknown ids are left out.
  Task<Result<StringMap<SubjectCard>>> Subjects(CallContext context,
                                                std::string study_id,
                                                std::vector<std::string> ids);
  // By version id; unknown ids are left out.
  Task<Result<StringMap<RuleNames>>> NamesOfRules(CallContext context,
                                                  std::string study_id,
                                                  std::vector<std::string> version_ids);
  // The name to print beside the caller's signature. kUnauthenticated or what identity says when
  // the password is wrong.
  Task<Result<std::string>> ConfirmSignature(CallContext context, std::string password);

  // Hands over all versions, then those that change, until the stream ends; never with success
  // unless `take` asked for it.
  Task<Status> WatchRules(CallContext context, std::function<bool(std::vector<RuleUpdate>)> take);

 private:
  CallContext Own(CallContext context) const;

  trial::v1::TrialApi& trial_;
  subject::v1::SubjectApi& subject_;
  rule::v1::RuleApi& rule_;
  identity::v1::IdentityApi& identity_;
  std::shared_ptr<const Principal> self_;
};

}  // namespace vedette::monitor
