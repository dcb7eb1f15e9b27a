// SPDX-License-Identifier: Apache-2.0
#include "kit/http/sse.h"

#include <utility>

namespace vedette::http {
namespace {

// A newline in a one-line field would end it and start another field.
void AppendLine(std::string& out, std::string_view field, std::string_view value) {
  out += field;
  out += ": ";
  for (const char c : value) {
    if (c != '\n' && c != '\r' && c != '\0') out += c;
  }
  out += '\n';
}

}  // namespace

std::string FormatServerSentEvent(std::string_view event,
                                  std::string_view data,
                                  std::string_view id) {
  std::string out;
  out.reserve(event.size() + data.size() + id.size() + 32);
  if (!id.empty()) AppendLine(out, "id", id);
  if (!event.empty()) AppendLine(out, "event", event);
  // CR, LF and CRLF each end a line in an event stream, so each begins a new data line here.
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
  return out;
}

Response EventStreamResponse(std::function<Task<void>(ResponseStream&)> stream,
                             std::chrono::milliseconds heartbeat) {
  Response response;
  response.headers.Add("Content-Type", "text/event-stream; charset=utf-8");
  response.headers.Add("X-Accel-Buffering", "no");
  response.stream = std::move(stream);
  response.heartbeat = heartbeat;
  return response;
}

void ServerSentEventParser::Feed(std::string_view bytes) {
  if (offset_ > 0) {
    buffer_.erase(0, offset_);
    offset_ = 0;
  }
  buffer_ += bytes;
}

std::optional<ServerSentEvent> ServerSentEventParser::Next() {
  for (;;) {
    const std::size_t end = buffer_.find_first_of("\r\n", offset_);
    // A CR at the very end may be half of a CRLF.
    if (end == std::string::npos || (buffer_[end] == '\r' && end + 1 == buffer_.size())) {
      return std::nullopt;
    }
    const std::string_view line = std::string_view(buffer_).substr(offset_, end - offset_);
    const std::size_t next = end + (buffer_.compare(end, 2, "\r\n") == 0 ? 2 : 1);
    offset_ = next;
    if (line.empty()) {
      ServerSentEvent event = std::exchange(current_, {.event = {}, .data = {}, .id = current_.id});
      if (!std::exchange(has_data_, false)) continue;
      if (event.event.empty()) event.event = "message";
      return event;
    }
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
      current_.event = value;
    } else if (field == "id") {
      current_.id = value;
    } else if (field == "data") {
      if (has_data_) current_.data += '\n';
      current_.data += value;
      has_data_ = true;
    }
  }
}

}  // namespace vedette::http
