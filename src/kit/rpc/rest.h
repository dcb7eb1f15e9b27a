// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "kit/auth/authenticator.h"
#include "kit/http/router.h"
#include "kit/rpc/operation.h"

namespace vedette::rpc {

class Ingress;
class PartnerSignatures;

struct RestOptions {
  // A comment goes to a stream of events that was silent for so long.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
};

// Turns HTTP requests into calls and their results into responses: JSON by the contract's names,
// errors as RFC 9457 problem details, streams as server-sent events.
//
// An event is named after its message in lower case; its id is the message's field `sequence` when
// it has one, and Last-Event-ID then goes into the request's field `after`. An error after the head
// was sent is the event "error" with the problem details as data. Outlives the router.
class RestAdapter {
 public:
  // `ingress` governs all routes that are added, null: none is governed. `partners` checks the
  // signatures of callers who have a key; null: none has. Both outlive the adapter.
  explicit RestAdapter(Authenticator& authenticator,
                       RestOptions options = {},
                       Ingress* ingress = nullptr,
                       const PartnerSignatures* partners = nullptr);
  ~RestAdapter();

  // `api` is the interface that `operation` calls; it outlives the router.
  void Add(http::Router& router, const Operation& operation, void* api, RouteSpec route);

  // Cancels the streams under way and waits for their end; no new ones begin. After the HTTP server
  // has stopped, before the services do.
  Task<void> Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::rpc
