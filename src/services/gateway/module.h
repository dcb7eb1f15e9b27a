// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "kit/config/section.h"
#include "kit/http/router.h"
#include "kit/rpc/forward.h"
#include "kit/service/module.h"

namespace vedette::identity::v1 {
class IdentityApi;
}
namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::subject::v1 {
class SubjectApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}
namespace vedette::monitor::v1 {
class MonitorApi;
}

namespace vedette::gateway {

struct GatewayConfig {
  std::string web_root;

  void Describe(config::Section& section) {
    section.Field("web_root", web_root,
                  {.text = "Folder of the built page; empty serves the API alone."});
  }
};

// Guards or clients: the gateway does not know which.
struct GatewayDependencies {
  identity::v1::IdentityApi& identity;
  trial::v1::TrialApi& trial;
  subject::v1::SubjectApi& subject;
  rule::v1::RuleApi& rule;
  monitor::v1::MonitorApi& monitor;
  rpc::RestAdapter& rest;
  Logger logger;
};

// The edge: REST routes of every contract, the OpenAPI document, the page. Owns no data.
class GatewayModule final : public Module {
 public:
  GatewayModule(GatewayDependencies dependencies, GatewayConfig config);
  ~GatewayModule() override;

  // Before the server starts.
  Status AddRoutes(http::Router& router);

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

 private:
  GatewayDependencies dependencies_;
  GatewayConfig config_;
};

}  // namespace vedette::gateway
