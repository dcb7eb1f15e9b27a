// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/http/gate.h"
#include "kit/task/task.h"
#include "kit/telemetry/trace_context.h"

namespace vedette::http {

// ASCII without case, as header names and tokens compare.
bool EqualsNoCase(std::string_view a, std::string_view b);

// Header names compare without case.
class Headers {
 public:
  void Set(std::string name, std::string value);  // replaces
  void Add(std::string name, std::string value);
  void Remove(std::string_view name);
  std::optional<std::string_view> Get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct Request {
  std::string method;  // "GET"
  std::string path;    // decoded per segment by the router; here as sent, without the query
  std::string query;   // as sent, without "?"
  Headers headers;
  std::string body;  // inflated when Content-Encoding was gzip
  std::string peer;  // address of the connection
  std::vector<std::pair<std::string, std::string>> path_variables;  // decoded, by name
  // The server's span of this request: a child of the caller's traceparent, else of a new trace.
  TraceContext trace;
  // What the route's gate gave; null without one. It outlives the request's handler.
  std::shared_ptr<Passage> passage;
};

// Where a streamed answer writes. One coroutine writes; each write waits until the client's socket
// took it, so a slow client slows its own stream alone.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // False once the client is gone or the server stops.
  virtual Task<bool> Write(std::string chunk) = 0;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // Set for a stream (server-sent events): called after the head is sent; `body` is then ignored.
  // Its task is cancelled when the client leaves or the server stops.
  std::function<Task<void>(ResponseStream&)> stream;
  // Of a stream of events: a comment is sent when nothing was written for so long, so that a proxy
  // keeps the connection and a vanished client is noticed. 0: none.
  std::chrono::milliseconds heartbeat{0};
};

using Handler = std::function<Task<Response>(Request)>;

// RFC 9457: application/problem+json with type, title, status, detail, code, and errors[] of
// {field, description}; Retry-After when the error says so.
Response ProblemResponse(const Error& error);
// The same with a status that has no Code of its own, e.g. 405 or 415.
Response ProblemResponse(const Error& error, int status, std::string_view title);

// One server-sent event (WHATWG HTML §9.2). Newlines in data become several data lines.
std::string FormatServerSentEvent(std::string_view event,
                                  std::string_view data,
                                  std::string_view id = {});

}  // namespace vedette::http
