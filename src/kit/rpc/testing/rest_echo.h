// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/testing/v1/echo.vedette.h>

#include "kit/http/router.h"
#include "kit/rpc/json.h"

namespace vedette::rpc::testing {

namespace v1 = ::vedette::testing::v1;

// The echo contract through its REST routes, without sockets: makes requests for the router's
// handlers and reads their responses back.
class RestEcho final : public v1::EchoApi {
 public:
  explicit RestEcho(const http::Router& router) : router_(router) {}

  Task<Result<v1::EchoResponse>> Echo(CallContext context, v1::EchoRequest request) override;
  Task<Result<v1::EchoResponse>> EchoOnSite(CallContext context,
                                            v1::EchoOnSiteRequest request) override;
  Task<Result<v1::WhoAmIResponse>> WhoAmI(CallContext context, v1::WhoAmIRequest request) override;
  Task<Result<v1::PingResponse>> Ping(CallContext context, v1::PingRequest request) override;
  Task<Result<v1::PingResponse>> Internal(CallContext context, v1::PingRequest request) override;
  Task<Status> Count(CallContext context,
                     v1::CountRequest request,
                     StreamWriter<v1::Tick>& writer) override;

  // One request as it is; 404 when no route takes it.
  Task<http::Response> Send(http::Request request);

 private:
  Task<Status> Exchange(CallContext context,
                        http::Request request,
                        google::protobuf::Message& response);

  const http::Router& router_;
  JsonCodec codec_;
};

// The error that a problem document tells of.
Error ReadProblem(const http::Response& response);

}  // namespace vedette::rpc::testing
