// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kit/redis/client.h"

namespace vedette::redis {

// What a server sent: a reply, or an error such as "WRONGTYPE Operation against a key …". An error
// inside of an array counts as the error of the whole.
struct Answer {
  Reply reply;
  std::string error;  // empty: none

  // "WRONGTYPE"; at most 32 upper-case letters, so that nothing else ever passes for one.
  std::string_view ErrorWord() const;
  // The error says how the server is, not what the command was: LOADING, OOM, READONLY, …
  bool IsServerTrouble() const;
};

// Appends a command to `out`. A command of several words ("CLIENT SETNAME") is split at its spaces.
void AppendCommand(std::string& out,
                   std::string_view command,
                   std::span<const std::string> arguments);

// Cuts a stream of bytes into answers. Survives any bytes. Used by one thread at a time.
class AnswerReader {
 public:
  // An answer longer than `max_bytes` is refused.
  explicit AnswerReader(std::size_t max_bytes);
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  // kUnavailable, from then on, when the bytes are no RESP2.
  Status Feed(std::string_view bytes);
  // Nothing while an answer is incomplete.
  Result<std::optional<Answer>> Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::redis
