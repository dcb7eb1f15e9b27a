// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kit/http/message.h"

namespace vedette::http {

inline constexpr std::chrono::milliseconds kSseHeartbeat = std::chrono::seconds(15);

// A text/event-stream answer: `stream` writes what FormatServerSentEvent makes; the server adds a
// comment whenever nothing was written for `heartbeat`.
Response EventStreamResponse(std::function<Task<void>(ResponseStream&)> stream,
                             std::chrono::milliseconds heartbeat = kSseHeartbeat);

struct ServerSentEvent {
  std::string event;  // "message" when the stream named none
  std::string data;
  std::string id;  // the last one the stream sent
};

// The receiving side: bytes in, events out. Comments and unknown fields are skipped.
class ServerSentEventParser {
 public:
  void Feed(std::string_view bytes);
  // The next complete event, if there is one. Events without data are skipped, as the standard
  // says.
  std::optional<ServerSentEvent> Next();
  std::size_t buffered() const { return buffer_.size() - offset_; }

 private:
  std::string buffer_;
  std::size_t offset_ = 0;
  ServerSentEvent current_;
  bool has_data_ = false;
};

}  // namespace vedette::http
