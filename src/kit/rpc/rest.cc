// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/rest.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "kit/http/percent.h"
#include "kit/rpc/caller.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/json.h"
#include "kit/rpc/partner_signatures.h"
#include "kit/rpc/rest_gate.h"
#include "kit/rpc/rest_stream.h"
#include "kit/rpc/timed_call.h"
#include "kit/rpc/validation.h"
#include "kit/task/turn.h"

namespace vedette::rpc {
namespace {

namespace pb = google::protobuf;

// One route with what is compiled of it.
struct Route {
  const Operation& operation;
  void* api;
  bool has_body;
  const JsonCodec::Plan& request_plan;
  const JsonCodec::Plan& response_plan;
  EventFormat events;
  Entrance* entrance = nullptr;  // null: not governed
  bool resumes = false;          // the request has a field `after` that Last-Event-ID goes into
};

std::optional<std::string> DecodeQueryPart(std::string_view part) {
  std::string spaced(part);
  std::ranges::replace(spaced, '+', ' ');
  return http::PercentDecode(spaced);
}

Status ReadQuery(const Route& route, std::string_view query, Message& request) {
  std::vector<FieldViolation> violations;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = DecodeQueryPart(pair.substr(0, equals));
    const auto value = DecodeQueryPart(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      return Fail(Code::kInvalidArgument, "The query holds a malformed percent-encoding.");
    }
    if (auto wrong = JsonCodec::ReadText(route.request_plan, *name, *value, request)) {
      violations.push_back(std::move(*wrong));
    }
  }
  if (!violations.empty()) return Fail(InvalidRequest(std::move(violations)));
  return {};
}

// A body may repeat what the path says, but not contradict it.
Status ReadPath(const Route& route, const http::Request& http, Message& request) {
  const pb::Reflection& reflection = *request.GetReflection();
  for (const auto& [name, text] : http.path_variables) {
    const pb::FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) continue;
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
      std::string scratch;
      const std::string& given = reflection.GetStringReference(request, field, &scratch);
      if (!given.empty() && given != text) {
        return Fail(InvalidRequest({{field->json_name(), "differs from the one in the path"}}));
      }
    }
    if (auto wrong = JsonCodec::ReadText(route.request_plan, name, text, request)) {
      return Fail(InvalidRequest({std::move(*wrong)}));
    }
  }
  return {};
}

Status ReadRequest(const Route& route, http::Request& http, Message& request) {
  if (route.has_body) {
    VEDETTE_CHECK_OK(JsonCodec::Read(route.request_plan, http.body, request));
  }
  VEDETTE_CHECK_OK(ReadQuery(route, http.query, request));
  if (route.resumes) {
    if (const auto id = http.headers.Get("Last-Event-ID"); id && !id->empty()) {
      if (JsonCodec::ReadText(route.request_plan, "after", *id, request)) {
        return Fail(InvalidRequest({{"Last-Event-ID", "must be a whole number"}}));
      }
    }
  }
  return ReadPath(route, http, request);
}

// An error as a response, with what RFC 6750 wants beside a 401.
http::Response Problem(const Error& error) {
  http::Response response = http::ProblemResponse(error);
  if (error.code == Code::kUnauthenticated) response.headers.Set("WWW-Authenticate", "Bearer");
  return response;
}

bool HasAfter(const Message& request) {
  const pb::FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("after");
  return field != nullptr && !field->is_repeated() &&
         field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT64;
}

}  // namespace

struct RestAdapter::Impl {
  Authenticator& authenticator;
  RestOptions options;
  Ingress* ingress;
  const PartnerSignatures* partners;
  JsonCodec codec;
  std::deque<Route> routes;
  std::shared_ptr<StreamRegistry> streams = std::make_shared<StreamRegistry>();

  Task<http::Response> Handle(const Route& route, http::Request http) {
    // Only the server asks gates; without it a request has no passage.
    RestPassage* const passage = RestPassage::Of(http);
    CallContext context;
    context.trace = http.trace;
    if (passage != nullptr) {
      if (Status timed = passage->SetDeadline(http, context.deadline); !timed) {
        co_return Finish(passage, Problem(timed.error()), &timed.error());
      }
    }
    std::unique_ptr<Message> request(route.operation.request().New());
    if (Status ready = co_await Prepare(route, http, passage, context, *request); !ready) {
      co_return Finish(passage, Problem(ready.error()), &ready.error());
    }
    if (route.operation.stream != nullptr) {
      co_return co_await Stream(route, passage, std::move(context), std::move(request));
    }
    const Result<std::unique_ptr<Message>> result =
        co_await CallInTime(route.operation, route.api, std::move(context), std::move(request));
    if (!result) co_return Finish(passage, Problem(result.error()), &result.error());
    http::Response response;
    response.status = route.operation.info->success_status;
    response.headers.Set("Content-Type", "application/json");
    JsonCodec::Write(route.response_plan, **result, response.body);
    co_return Finish(passage, std::move(response), nullptr);
  }

  // Who calls, whether they may, and what they ask.
  Task<Status> Prepare(const Route& route,
                       http::Request& http,
                       RestPassage* passage,
                       CallContext& context,
                       Message& request) {
    const MethodInfo& info = *route.operation.info;
    const auto header = http.headers.Get("Authorization");
    if (passage != nullptr) co_await TakeTurn();
    VEDETTE_CO_CHECK_OK(co_await IdentifyCaller(
        authenticator, info, header ? std::optional(std::string(*header)) : std::nullopt, context));
    // Who is not signed in is not told what is wrong with the request.
    if (!info.open && context.principal == nullptr) {
      co_return Fail(Code::kUnauthenticated, "Sign in to do this.");
    }
    if (partners != nullptr && context.principal != nullptr) {
      VEDETTE_CO_CHECK_OK(co_await partners->Check(context.principal, http, context.deadline));
    }
    if (passage != nullptr) {
      VEDETTE_CO_CHECK_OK(co_await passage->Limit(context.principal, http, context.deadline));
    }
    co_return ReadRequest(route, http, request);
  }

  Task<http::Response> Stream(const Route& route,
                              RestPassage* passage,
                              CallContext context,
                              std::unique_ptr<Message> request) {
    StreamAnswer answer = co_await CallStream(route.operation, route.api, std::move(context),
                                              std::move(request), route.events, streams);
    if (answer.error) co_return Finish(passage, Problem(*answer.error), &*answer.error);
    answer.response.heartbeat = options.heartbeat;
    if (passage == nullptr) co_return std::move(answer.response);
    passage->Established(answer.response);
    co_return std::move(answer.response);
  }

  static http::Response Finish(RestPassage* passage, http::Response response, const Error* error) {
    if (passage == nullptr) return response;
    return passage->Answer(std::move(response), error);
  }
};

RestAdapter::RestAdapter(Authenticator& authenticator,
                         RestOptions options,
                         Ingress* ingress,
                         const PartnerSignatures* partners)
    : impl_(new Impl{authenticator, options, ingress, partners, {}, {}}) {}
RestAdapter::~RestAdapter() = default;

void RestAdapter::Add(http::Router& router,
                      const Operation& operation,
                      void* api,
                      RouteSpec route) {
  const Message& request = operation.request();
  const JsonCodec::Plan& response_plan = impl_->codec.Compile(operation.response().GetDescriptor());
  impl_->routes.push_back({operation, api, route.has_body,
                           impl_->codec.Compile(request.GetDescriptor()), response_plan,
                           MakeEventFormat(response_plan, operation.response()),
                           impl_->ingress ? &impl_->ingress->At(*operation.info) : nullptr,
                           operation.info->streams && HasAfter(request)});
  const Route& added = impl_->routes.back();
  router.Add(std::string(route.verb), std::string(route.pattern),
             [impl = impl_.get(), &added](http::Request http) {
               return impl->Handle(added, std::move(http));
             },
             {.max_body_bytes = operation.info->max_request_bytes,
              .gate = added.entrance
                          ? MakeRestGate(*added.entrance, impl_->ingress->options().trusted_proxies,
                                         impl_->ingress->clock())
                          : http::Gate()});
}

Task<void> RestAdapter::Stop() { return impl_->streams->Stop(); }

}  // namespace vedette::rpc
