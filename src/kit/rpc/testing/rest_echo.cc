// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/testing/rest_echo.h"

#include <google/protobuf/message.h>
#include <simdjson.h>

#include <charconv>
#include <utility>

namespace vedette::rpc::testing {
namespace {

http::Request MakeRequest(std::string method, std::string path, const CallContext& context) {
  http::Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.trace = context.trace.Child();
  if (context.bearer_token != nullptr) {
    request.headers.Set("Authorization", "Bearer " + *context.bearer_token);
  }
  return request;
}

// Takes the events of a stream apart again.
class EventReader final : public http::ResponseStream {
 public:
  EventReader(StreamWriter<v1::Tick>& writer, const JsonCodec::Plan& plan)
      : writer_(writer), plan_(plan) {}

  Task<bool> Write(std::string chunk) override {
    std::string data;
    for (std::size_t at = 0; at < chunk.size();) {
      const std::size_t end = std::min(chunk.find('\n', at), chunk.size());
      const std::string line = chunk.substr(at, end - at);
      if (line.starts_with("data: ")) data += line.substr(6);
      if (line.starts_with("event: ")) last_event = line.substr(7);
      if (line.starts_with("id: ")) last_id = line.substr(4);
      at = end + 1;
    }
    if (last_event == "error") {
      http::Response problem;
      problem.body = data;
      error = ReadProblem(problem);
      co_return true;
    }
    v1::Tick tick;
    if (!JsonCodec::Read(plan_, data, tick)) co_return false;
    co_return co_await writer_.Write(std::move(tick));
  }

  std::string last_event;
  std::string last_id;
  std::optional<Error> error;

 private:
  StreamWriter<v1::Tick>& writer_;
  const JsonCodec::Plan& plan_;
};

}  // namespace

Error ReadProblem(const http::Response& response) {
  simdjson::dom::parser parser;
  simdjson::padded_string padded(response.body);
  const simdjson::dom::element problem = parser.parse(padded);
  Error error{*CodeFromName(std::string_view(problem["code"])),
              std::string(std::string_view(problem["detail"]))};
  simdjson::dom::array errors;
  if (!problem["errors"].get(errors)) {
    for (const auto item : errors) {
      error.violations.push_back({std::string(std::string_view(item["field"])),
                                  std::string(std::string_view(item["description"]))});
    }
  }
  if (const auto after = response.headers.Get("Retry-After")) {
    error.retry_after = std::chrono::seconds(std::stoi(std::string(*after)));
  }
  return error;
}

Task<http::Response> RestEcho::Send(http::Request request) {
  http::Router::Match match = router_.Find(request.method, request.path);
  if (match.route == nullptr) {
    co_return http::ProblemResponse({Code::kNotFound, "There is no such route."});
  }
  request.path_variables = std::move(match.variables);
  co_return co_await match.route->handler(std::move(request));
}

Task<Status> RestEcho::Exchange(CallContext context,
                                http::Request request,
                                google::protobuf::Message& response) {
  http::Response answer = co_await Send(std::move(request));
  if (answer.status >= 300) co_return Fail(ReadProblem(answer));
  co_return JsonCodec::Read(codec_.Compile(response.GetDescriptor()), answer.body, response);
}

Task<Result<v1::EchoResponse>> RestEcho::Echo(CallContext context, v1::EchoRequest request) {
  http::Request http =
      MakeRequest("POST", "/api/testing/studies/" + request.study_id() + "/echo", context);
  JsonCodec::Write(codec_.Compile(v1::EchoRequest::descriptor()), request, http.body);
  v1::EchoResponse response;
  VEDETTE_CO_CHECK_OK(co_await Exchange(context, std::move(http), response));
  co_return response;
}

Task<Result<v1::EchoResponse>> RestEcho::EchoOnSite(CallContext context,
                                                    v1::EchoOnSiteRequest request) {
  http::Request http = MakeRequest(
      "GET", "/api/testing/studies/" + request.study_id() + "/sites/" + request.site_id() + "/echo",
      context);
  http.query = "number=" + std::to_string(request.number()) +
               "&mood=" + v1::Mood_Name(request.mood()) +
               "&loud=" + (request.loud() ? "true" : "false");
  for (const std::string& word : request.words()) http.query += "&words=" + word;
  v1::EchoResponse response;
  VEDETTE_CO_CHECK_OK(co_await Exchange(context, std::move(http), response));
  co_return response;
}

Task<Result<v1::WhoAmIResponse>> RestEcho::WhoAmI(CallContext context, v1::WhoAmIRequest) {
  v1::WhoAmIResponse response;
  VEDETTE_CO_CHECK_OK(
      co_await Exchange(context, MakeRequest("GET", "/api/testing/me", context), response));
  co_return response;
}

Task<Result<v1::PingResponse>> RestEcho::Ping(CallContext context, v1::PingRequest) {
  v1::PingResponse response;
  VEDETTE_CO_CHECK_OK(
      co_await Exchange(context, MakeRequest("GET", "/api/testing/ping", context), response));
  co_return response;
}

Task<Result<v1::PingResponse>> RestEcho::Internal(CallContext, v1::PingRequest) {
  co_return Fail(Code::kNotFound, "There is no such route.");
}

Task<Status> RestEcho::Count(CallContext context,
                             v1::CountRequest request,
                             StreamWriter<v1::Tick>& writer) {
  http::Request http =
      MakeRequest("GET", "/api/testing/studies/" + request.study_id() + "/count", context);
  http.query = "limit=" + std::to_string(request.limit()) + "&behaviour=" + request.behaviour();
  if (request.after() != 0) http.headers.Set("Last-Event-ID", std::to_string(request.after()));
  http::Response answer = co_await Send(std::move(http));
  if (answer.status >= 300) co_return Fail(ReadProblem(answer));
  EventReader events(writer, codec_.Compile(v1::Tick::descriptor()));
  co_await answer.stream(events);
  if (events.error) co_return Fail(*events.error);
  co_return Status();
}

}  // namespace vedette::rpc::testing
