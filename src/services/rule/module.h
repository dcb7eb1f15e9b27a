// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/service/module.h"

namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}

namespace vedette::rule {

struct RuleConfig {
  std::chrono::milliseconds poll_interval = std::chrono::seconds(5);

  void Describe(config::Section& section) {
    section.Field("poll_interval", poll_interval,
                  {.text = "How often watchers look for rules that another process changed.",
                   .minimum = 100,
                   .maximum = 3'600'000});
  }
};

struct RuleDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  trial::v1::TrialApi& trial;
};

// The role `rule`: versioned rules and who is told of their changes.
class RuleModule final : public Module {
 public:
  RuleModule(RuleDependencies dependencies, RuleConfig config);
  ~RuleModule() override;

  // Unguarded.
  v1::RuleApi& api();

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vedette::rule
