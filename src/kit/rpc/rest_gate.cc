// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/rest_gate.h"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "kit/http/message_signature.h"

namespace vedette::rpc {
namespace {

constexpr double kLongestTimeout = 86'400;  // seconds; more is no deadline

// nullopt for what is no positive number of seconds.
std::optional<double> ReadSeconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(seconds) || seconds <= 0) return std::nullopt;
  return seconds;
}

}  // namespace

RestPassage* RestPassage::Of(const http::Request& request) {
  return static_cast<RestPassage*>(request.passage.get());
}

Status RestPassage::SetDeadline(const http::Request& request, Deadline& deadline) {
  if (const auto header = request.headers.Get("Request-Timeout")) {
    const auto seconds = ReadSeconds(*header);
    if (!seconds) return FailField("Request-Timeout", "must be a positive number of seconds");
    if (*seconds < kLongestTimeout) {
      deadline = Deadline::After(
          clock_, std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9)));
    }
  }
  bool shortened = false;
  deadline = entrance_.DeadlineFor(deadline, shortened).Within(request.trace);
  permit_.set_shortened(shortened);
  return {};
}

Task<Status> RestPassage::Limit(std::shared_ptr<const Principal> principal,
                                const http::Request& request,
                                Deadline deadline) {
  // All lines of it: a proxy may append a line of its own below what the client wrote.
  const std::string forwarded = http::FieldValue(request.headers, "X-Forwarded-For").value_or("");
  return entrance_.Limit(permit_, std::move(principal),
                         ClientAddress(request.peer, forwarded, trusted_proxies_), deadline);
}

void RestPassage::AddBudget(http::Response& response) const {
  if (!permit_.budget()) return;
  response.headers.Add("RateLimit-Policy", permit_.budget()->PolicyField());
  response.headers.Add("RateLimit", permit_.budget()->StateField());
}

http::Response RestPassage::Answer(http::Response response, const Error* error) {
  AddBudget(response);
  permit_.End(error);
  return response;
}

void RestPassage::Established(http::Response& response) {
  AddBudget(response);
  permit_.Established();
}

void RestPassage::End(int status) {
  // Below 500: the client left, or its request was refused before it was read. That says nothing
  // about the operation.
  const Error error{status < 500 ? Code::kCancelled : Code::kInternal, {}};
  permit_.End(&error);
}

http::Gate MakeRestGate(Entrance& entrance, std::int64_t trusted_proxies, const Clock& clock) {
  return [&entrance, trusted_proxies,
          &clock](const http::Request&) -> Result<std::unique_ptr<http::Passage>> {
    VEDETTE_TRY(Permit permit, entrance.Enter());
    return std::make_unique<RestPassage>(entrance, std::move(permit), trusted_proxies, clock);
  };
}

}  // namespace vedette::rpc
