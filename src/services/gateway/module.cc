// SPDX-License-Identifier: Apache-2.0
#include "services/gateway/module.h"

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include "kit/http/static_files.h"
#include "kit/rpc/openapi_text.h"

namespace vedette::gateway {
namespace {

// Below /api/ a path that no contract names is a mistake, not a page.
Task<http::Response> AnswerUnknownApi(http::Request) {
  co_return http::ProblemResponse(Error{Code::kNotFound, "There is no such operation."});
}

Task<http::Response> AnswerOpenApi(http::Request) {
  http::Response response;
  response.headers.Set("Content-Type", "application/json");
  response.body = OpenApiDocument();
  co_return response;
}

}  // namespace

GatewayModule::GatewayModule(GatewayDependencies dependencies, GatewayConfig config)
    : dependencies_(std::move(dependencies)), config_(std::move(config)) {}

GatewayModule::~GatewayModule() = default;

Status GatewayModule::AddRoutes(http::Router& router) {
  rpc::RestAdapter& rest = dependencies_.rest;
  identity::v1::AddIdentityRoutes(router, dependencies_.identity, rest);
  trial::v1::AddTrialRoutes(router, dependencies_.trial, rest);
  subject::v1::AddSubjectRoutes(router, dependencies_.subject, rest);
  rule::v1::AddRuleRoutes(router, dependencies_.rule, rest);
  monitor::v1::AddMonitorRoutes(router, dependencies_.monitor, rest);
  router.Add("GET", "/api/openapi.json", AnswerOpenApi);
  if (config_.web_root.empty()) return {};
  router.Add("GET", "/api/**", AnswerUnknownApi);
  VEDETTE_TRY(std::shared_ptr<const http::StaticFiles> page,
              http::StaticFiles::Load(config_.web_root));
  http::AddStaticRoutes(router, "/**", std::move(page));
  return {};
}

Task<Status> GatewayModule::Start() { co_return Status(); }
Task<void> GatewayModule::Stop() { co_return; }
Status GatewayModule::Ready() const { return {}; }

}  // namespace vedette::gateway
