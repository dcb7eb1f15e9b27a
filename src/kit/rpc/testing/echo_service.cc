// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/testing/echo_service.h"

#include <stdexcept>
#include <utility>

namespace vedette::rpc::testing {

Error EchoService::TheError() {
  Error error{Code::kFailedPrecondition, "Die Tür ist „zu“; 門已關閉."};
  error.violations = {{"parts[3].itemCode", "is not in the dictionary"}, {"age", "is \"odd\""}};
  error.retry_after = std::chrono::seconds(7);
  return error;
}

Task<Status> EchoService::Hang() {
  hanging.Set();
  const Signal never;
  if (co_await never.Wait()) co_return Status();
  ++cancelled;
  gave_up.Set();
  co_return Fail(Code::kCancelled, "The caller left.");
}

Task<Result<v1::EchoResponse>> EchoService::Echo(CallContext context, v1::EchoRequest request) {
  ++started;
  last_deadline = context.deadline;
  if (request.behaviour() == "fail") co_return Fail(TheError());
  if (request.behaviour() == "throw") throw std::runtime_error("defect " + request.secret());
  if (request.behaviour() == "hang") VEDETTE_CO_CHECK_OK(co_await Hang());
  v1::EchoResponse response;
  *response.mutable_request() = std::move(request);
  response.set_caller(context.principal->subject);
  co_return response;
}

Task<Result<v1::EchoResponse>> EchoService::EchoOnSite(CallContext context,
                                                       v1::EchoOnSiteRequest request) {
  ++started;
  v1::EchoResponse response;
  response.set_caller(context.principal->subject);
  response.mutable_request()->set_study_id(request.study_id());
  std::string text = request.loud() ? "LOUD" : "quiet";
  for (const std::string& word : request.words()) text += "," + word;
  text += "," + std::to_string(request.number()) + "," + v1::Mood_Name(request.mood());
  response.mutable_request()->set_text(text);
  co_return response;
}

Task<Result<v1::WhoAmIResponse>> EchoService::WhoAmI(CallContext context, v1::WhoAmIRequest) {
  ++started;
  v1::WhoAmIResponse response;
  response.set_subject(context.principal->subject);
  response.set_is_service(context.principal->is_service);
  response.set_trace_id(context.trace.TraceIdHex());
  co_return response;
}

Task<Result<v1::PingResponse>> EchoService::Ping(CallContext context, v1::PingRequest) {
  ++started;
  v1::PingResponse response;
  response.set_answer(context.principal->subject.empty() ? "nobody" : context.principal->subject);
  co_return response;
}

Task<Result<v1::PingResponse>> EchoService::Internal(CallContext, v1::PingRequest) {
  ++started;
  v1::PingResponse response;
  response.set_answer("inside");
  co_return response;
}

Task<Status> EchoService::Count(CallContext,
                                v1::CountRequest request,
                                StreamWriter<v1::Tick>& writer) {
  ++started;
  if (!co_await writer.Accept()) co_return Fail(Code::kCancelled, "The receiver left.");
  if (request.behaviour() == "hang") co_return co_await Hang();
  std::int64_t sequence = request.after();
  for (std::int64_t n = 0; request.limit() == 0 || n < request.limit(); ++n) {
    if (request.behaviour() == "fail-late" && n == 2) co_return Fail(TheError());
    v1::Tick tick;
    tick.set_sequence(++sequence);
    tick.set_text("tick\n" + std::to_string(sequence));
    if (!co_await writer.Write(std::move(tick))) {
      ++cancelled;
      gave_up.Set();
      co_return Fail(Code::kCancelled, "The receiver left.");
    }
    ++written;
  }
  co_return Status();
}

Task<Result<std::shared_ptr<const Principal>>> TokenTable::Authenticate(std::string token,
                                                                        Deadline) {
  auto principal = PrincipalOf(token);
  if (principal == nullptr) co_return Fail(Code::kUnauthenticated, "The token has expired.");
  co_return principal;
}

std::shared_ptr<const Principal> PrincipalOf(const std::string& token) {
  if (token == "maria") {
    return std::make_shared<const Principal>(
        Principal{"u-maria", "maria", false, {{"investigator", "S1", "701"}}});
  }
  if (token == "central") {
    return std::make_shared<const Principal>(
        Principal{"u-central", "central", false, {{"monitor", "S1", "*"}}});
  }
  if (token == "service") {
    return std::make_shared<const Principal>(Principal{"gateway", "gateway", true, {}});
  }
  return nullptr;
}

CallContext ContextOf(const std::string& token) {
  CallContext context;
  if (token.empty()) return context;
  context.principal = PrincipalOf(token);
  context.bearer_token = std::make_shared<const std::string>(token);
  return context;
}

Authorizer EchoAuthorizer() {
  return Authorizer({{"investigator", {"echo.say"}}, {"monitor", {"echo.say"}}});
}

}  // namespace vedette::rpc::testing
