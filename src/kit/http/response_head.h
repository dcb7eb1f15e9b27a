// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kit/http/message.h"

namespace vedette::http {

// What the server adds to a response's own headers.
struct HeadOptions {
  bool http11 = true;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool gzip = false;
  bool vary_encoding = false;
  std::string_view date;
  std::string_view trace_id;
};

std::string_view ReasonPhrase(int status);

// Whether an answer of this status may have a body (RFC 9110 §6.4.1).
bool MayHaveBody(int status);

// Appends status line, headers and the empty line. The framing headers and Date are the server's
// own: the response's are dropped, as is any header that could smuggle in another line. Safe
// defaults (nosniff, no-referrer, no-store) go where the response says nothing.
void AppendHead(std::string& out, const Response& response, const HeadOptions& options);

}  // namespace vedette::http
