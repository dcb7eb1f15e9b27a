// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/testing/v1/echo.vedette.h>

#include <atomic>
#include <memory>
#include <string>

#include "kit/auth/authenticator.h"
#include "kit/auth/authorizer.h"
#include "kit/task/signal.h"

namespace vedette::rpc::testing {

namespace v1 = ::vedette::testing::v1;

// Does as it is told by the request's `behaviour`:
//   "fail"    answers with TheError()
//   "throw"   throws, with the request's secret in the text
//   "hang"    waits until it is cancelled
//   "fail-late" (Count) writes two ticks, then answers with TheError()
class EchoService final : public v1::EchoApi {
 public:
  Task<Result<v1::EchoResponse>> Echo(CallContext context, v1::EchoRequest request) override;
  Task<Result<v1::EchoResponse>> EchoOnSite(CallContext context,
                                            v1::EchoOnSiteRequest request) override;
  Task<Result<v1::WhoAmIResponse>> WhoAmI(CallContext context, v1::WhoAmIRequest request) override;
  Task<Result<v1::PingResponse>> Ping(CallContext context, v1::PingRequest request) override;
  Task<Result<v1::PingResponse>> Internal(CallContext context, v1::PingRequest request) override;
  Task<Status> Count(CallContext context,
                     v1::CountRequest request,
                     StreamWriter<v1::Tick>& writer) override;

  // An error with everything an error can hold.
  static Error TheError();

  std::atomic<int> started = 0;         // calls that reached the service
  std::atomic<int> cancelled = 0;       // of those that hung
  std::atomic<int> written = 0;         // ticks that the receiver took
  std::atomic<Deadline> last_deadline;  // of the last Echo
  Signal hanging;                       // set when a call hangs
  Signal gave_up;                       // set when a hanging call was cancelled

 private:
  Task<Status> Hang();
};

// Tokens "maria" (investigator on site 701 of S1), "central" (monitor on all of S1), "expired", and
// "service".
class TokenTable final : public Authenticator {
 public:
  Task<Result<std::shared_ptr<const Principal>>> Authenticate(std::string token,
                                                              Deadline deadline) override;
};

std::shared_ptr<const Principal> PrincipalOf(const std::string& token);
CallContext ContextOf(const std::string& token);  // empty: nobody
Authorizer EchoAuthorizer();

}  // namespace vedette::rpc::testing
