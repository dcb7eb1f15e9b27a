// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "kit/http/gate.h"
#include "kit/http/message.h"
#include "kit/rpc/ingress.h"

namespace vedette::rpc {

// The permit of one HTTP request, from its head to its last byte.
class RestPassage final : public http::Passage {
 public:
  RestPassage(Entrance& entrance, Permit permit, std::int64_t trusted_proxies, const Clock& clock)
      : entrance_(entrance),
        permit_(std::move(permit)),
        trusted_proxies_(trusted_proxies),
        clock_(clock) {}

  // What the gate of MakeRestGate gave; null when no gate was asked.
  static RestPassage* Of(const http::Request& request);

  // By the contract, and by the request's header Request-Timeout: seconds, which may shorten it.
  // kInvalidArgument for a header that is no positive number.
  Status SetDeadline(const http::Request& request, Deadline& deadline);

  Task<Status> Limit(std::shared_ptr<const Principal> principal,
                     const http::Request& request,
                     Deadline deadline);

  // The call is over; the response with what the client is told of its budget.
  http::Response Answer(http::Response response, const Error* error);
  // A stream begins with this response.
  void Established(http::Response& response);

  // What ended without an answer of ours ended by its status.
  void End(int status) override;

 private:
  void AddBudget(http::Response& response) const;

  Entrance& entrance_;
  Permit permit_;
  const std::int64_t trusted_proxies_;
  const Clock& clock_;
};

// Asks the entrance. Both outlive the gate.
http::Gate MakeRestGate(Entrance& entrance, std::int64_t trusted_proxies, const Clock& clock);

}  // namespace vedette::rpc
