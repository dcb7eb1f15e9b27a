// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/http/message.h"
#include "kit/http/sse.h"
#include "kit/task/task.h"

namespace vedette::http {

// Where a server listens. Plain TCP: this client is for tests, tools and health checks.
struct Endpoint {
  std::string host;  // a name or an IP address
  std::uint16_t port = 0;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers = {};      // Host and Content-Length are added
  std::string body = {};
};

struct ClientResponse {
  int status = 0;
  Headers headers = {};
  std::string body = {};  // as sent: not inflated
};

// One keep-alive connection; one request at a time, on one executor. Every operation fails with
// kDeadlineExceeded past its deadline, kUnavailable when the server cannot be reached, leaves or
// does not speak HTTP, kPayloadTooLarge when the answer is over `max_body_bytes`. After a failure
// the connection is of no more use.
class ClientConnection {
 public:
  static Task<Result<ClientConnection>> Connect(Endpoint endpoint, SteadyTime deadline);
  ~ClientConnection();
  ClientConnection(ClientConnection&&) noexcept;
  ClientConnection& operator=(ClientConnection&&) noexcept;

  Task<Result<ClientResponse>> Fetch(ClientRequest request, SteadyTime deadline);

  // Sends the request and waits for the head alone; the body is then read by ReadSome or NextEvent.
  Task<Result<ClientResponse>> Open(ClientRequest request, SteadyTime deadline);
  // The next piece of the body; nullopt at its end.
  Task<Result<std::optional<std::string>>> ReadSome(SteadyTime deadline);
  Task<Result<std::optional<ServerSentEvent>>> NextEvent(SteadyTime deadline);

  // Whether the server keeps the connection open for another request.
  bool reusable() const;
  void Close();

  std::uint64_t max_body_bytes = 64 * 1024 * 1024;

 private:
  struct Impl;
  explicit ClientConnection(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// One request on a connection of its own.
Task<Result<ClientResponse>> Fetch(Endpoint endpoint, ClientRequest request, SteadyTime deadline);

// Splits "http://host:port/path?query"; the path is "/" when there is none. kInvalidArgument for
// anything else, https included.
struct UrlParts {
  Endpoint endpoint;
  std::string target;
};
Result<UrlParts> ParseUrl(std::string_view url);

}  // namespace vedette::http
