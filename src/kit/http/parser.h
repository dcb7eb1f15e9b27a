// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kit/http/message.h"

namespace vedette::http {

// Takes the bytes of a body as they come, without chunk framing. False refuses the rest.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual bool OnBody(std::string_view bytes) = 0;
};

enum class ParseEvent : std::uint8_t {
  kNeedMore,        // feed more bytes after those not consumed
  kHead,            // the head is there; nothing of the body was consumed
  kDone,            // the message is complete
  kMalformed,       // not HTTP/1.x, or ambiguous about where the message ends
  kHeaderTooLarge,  // the head is over its limit
  kRefused,         // the sink said so
};

// What both kinds of message say about themselves; valid from kHead on.
struct MessageFraming {
  bool http11 = true;
  bool keep_alive = true;
  bool has_body = false;
  std::optional<std::uint64_t> content_length;
};

// Requests, by Beast's parser made strict: a message with Content-Length and Transfer-Encoding, two
// Content-Lengths, a Transfer-Encoding but "chunked", or none or two Hosts in HTTP/1.1 is malformed
// (RFC 9112 §6.3, §3.2), so that a proxy in front cannot read it otherwise. Trailers are dropped.
class RequestParser {
 public:
  explicit RequestParser(std::size_t max_header_bytes);
  ~RequestParser();

  // Forgets the message before. `sink` outlives the message.
  void Reset(BodySink& sink);
  // Parses `bytes`, which begin where the last call's consumed ones ended.
  ParseEvent Parse(std::string_view bytes, std::size_t& consumed);
  // After kHead: method, target (in path and query), headers.
  Request TakeRequest();
  const MessageFraming& framing() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseParser {
 public:
  explicit ResponseParser(std::size_t max_header_bytes);
  ~ResponseParser();

  // `head_only`: the answer to a HEAD request has no body whatever its head says.
  void Reset(BodySink& sink, bool head_only);
  ParseEvent Parse(std::string_view bytes, std::size_t& consumed);
  // The connection ended: kDone if that ends the message, else kMalformed.
  ParseEvent Finish();
  int status() const;
  Headers TakeHeaders();
  const MessageFraming& framing() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::http
