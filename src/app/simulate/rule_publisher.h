// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/client/session.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/task/task.h"
#include "rules/rule.h"

namespace vedette::simulate {

// The rules of the made-up study, as rules.yaml holds them.
Result<std::vector<rules::RuleDefinition>> ReadRulePack();

// Who signs, as a second person.
struct Signer {
  app::Session& session;
  Sensitive<std::string> password;
};

// Brings rules to work in a study the way people do: written, back-tested over what is recorded,
// signed by a second person, activated. Goes on where an earlier run stopped; what is active stays.
class RulePublisher {
 public:
  RulePublisher(std::string study_id, app::Session& author, const Clock& clock);
  ~RulePublisher();

  // Without a signer the rules are activated unsigned, which a system that asks for signatures
  // refuses: kFailedPrecondition then says what to give.
  Task<Status> Publish(std::vector<rules::RuleDefinition> rules, const Signer* signer);

 private:
  struct Api;
  Task<Status> PublishOne(const rules::RuleDefinition& rule, const Signer* signer);
  Task<Result<std::int32_t>> Write(const rules::RuleDefinition& rule);
  Task<Status> Backtest(std::string rule_id, std::int32_t version);
  Task<Status> Sign(std::string rule_id, std::int32_t version, const Signer& signer);
  Task<Status> Activate(std::string rule_id, std::int32_t version, bool is_signed);

  std::string study_id_;
  app::Session& author_;
  const Clock& clock_;
  std::unique_ptr<Api> api_;
};

}  // namespace vedette::simulate
