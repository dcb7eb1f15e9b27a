// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/sensitive.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::redis {

// A reply of RESP2. Nil is std::monostate; a status ("OK") is text. Errors are no reply: see Call.
struct Reply {
  std::variant<std::monostate, std::int64_t, std::string, std::vector<Reply>> value;

  bool IsNil() const { return std::holds_alternative<std::monostate>(value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  const std::vector<Reply>* array() const { return std::get_if<std::vector<Reply>>(&value); }
  bool operator==(const Reply&) const = default;
};

// A Lua script that runs in Redis atomically; sent by its hash, loaded when Redis does not know it.
class Script {
 public:
  explicit Script(std::string_view text);  // a literal
  std::string_view text() const { return text_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string_view text_;
  std::string sha1_;
};

// For the status page: one entry per server that is known.
struct ServerState {
  std::string address;
  std::int64_t connected = 0;  // connections that are up
  std::int64_t connections = 0;
  std::int64_t waiting = 0;  // calls that are queued or sent
  std::uint64_t reconnects = 0;
  double refusal_probability = 0;  // of its breaker
};

// Redis 7, wherever it is: one server, behind sentinels, or a cluster. Calls of all coroutines are
// pipelined over few connections; lost ones are made anew by themselves. Thread-safe; resumes on
// the caller's executor.
//
// Errors: kUnavailable when Redis is away or the breaker refuses; kDeadlineExceeded;
// kResourceExhausted when too many calls wait; kFailedPrecondition for what Redis refuses
// (WRONGTYPE, NOSCRIPT is handled within), its first word as message. Messages hold no arguments.
// After kUnavailable and kDeadlineExceeded a command may or may not have been executed.
//
// Not for commands that block or change the connection (BLPOP, SUBSCRIBE, MULTI, SELECT, AUTH):
// calls of others share it.
class Client {
 public:
  virtual ~Client() = default;

  // `command` is a literal, e.g. "SET": the label of metrics and spans.
  virtual Task<Result<Reply>> Call(Deadline deadline,
                                   std::string_view command,
                                   std::vector<std::string> arguments = {}) = 0;

  // Keys come first; in a cluster they must share a slot ({tag}).
  virtual Task<Result<Reply>> Run(Deadline deadline,
                                  const Script& script,
                                  std::vector<std::string> keys,
                                  std::vector<std::string> arguments) = 0;

  // Whether a connection is up now: for limiters and the status page.
  virtual bool IsConnected() const = 0;

  virtual std::vector<ServerState> Snapshot() const { return {}; }

  // Refuses new calls, ends those that wait, closes. Before destruction.
  virtual Task<void> Close() = 0;
};

}  // namespace vedette::redis
