// SPDX-License-Identifier: Apache-2.0
#include "kit/http/parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace vedette::http {
namespace {

namespace beast = boost::beast::http;
using BeastView = boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

std::string_view View(BeastView text) { return {text.data(), text.size()}; }

// What requests and responses share: collecting headers, strict framing, handing on the body.
template <bool kIsRequest>
class Parser : public beast::basic_parser<kIsRequest> {
 public:
  Parser(std::size_t max_header_bytes, BodySink& sink)
      : max_header_bytes_(max_header_bytes), sink_(&sink) {
    this->header_limit(static_cast<std::uint32_t>(max_header_bytes));
    this->body_limit(boost::none);  // the sink counts, on the inflated bytes
  }

  ParseEvent Feed(std::string_view bytes, std::size_t& consumed) {
    consumed = 0;
    if (this->is_done()) return ParseEvent::kDone;
    const bool had_head = this->is_header_done();
    this->eager(had_head);
    // Beast may stop after an element although more bytes are there; go on until it wants more.
    while (true) {
      ErrorCode error;
      const std::string_view rest = bytes.substr(consumed);
      if (rest.empty()) return ParseEvent::kNeedMore;
      const std::size_t n = this->put({rest.data(), rest.size()}, error);
      consumed += n;
      if (!had_head) header_bytes_ += n;
      if (error == beast::error::need_more) {
        // Start line and fields have a limit each in Beast; ours is for both.
        if (!had_head && header_bytes_ + rest.size() - n > max_header_bytes_) {
          return ParseEvent::kHeaderTooLarge;
        }
        return ParseEvent::kNeedMore;
      }
      if (error) {
        if (refused_) return ParseEvent::kRefused;
        if (error == beast::error::header_limit) return ParseEvent::kHeaderTooLarge;
        return ParseEvent::kMalformed;
      }
      if (!had_head && this->is_header_done()) {
        if (header_bytes_ > max_header_bytes_) return ParseEvent::kHeaderTooLarge;
        return FinishHead() ? ParseEvent::kHead : ParseEvent::kMalformed;
      }
      if (this->is_done()) return ParseEvent::kDone;
      if (n == 0) return ParseEvent::kNeedMore;
    }
  }

  Headers headers;
  MessageFraming framing;
  std::string method;
  std::string target;
  int status_code = 0;

 private:
  bool FinishHead() {
    head_done_ = true;
    if (length_fields_ > 1 || (length_fields_ > 0 && coding_fields_ > 0)) return false;
    if (coding_fields_ > 1 || (coding_fields_ == 1 && !this->chunked())) return false;
    if (coding_fields_ == 1 && !framing.http11) return false;
    if (kIsRequest && framing.http11 && host_fields_ != 1) return false;
    if (kIsRequest && host_fields_ > 1) return false;
    framing.keep_alive = this->keep_alive();
    if (const auto length = this->content_length()) framing.content_length = *length;
    framing.has_body = !this->is_done();
    return true;
  }

  void on_request_impl(
      beast::verb, BeastView method_text, BeastView target_text, int version, ErrorCode&) override {
    method = View(method_text);
    target = View(target_text);
    framing.http11 = version >= 11;
  }

  void on_response_impl(int code, BeastView, int version, ErrorCode&) override {
    status_code = code;
    framing.http11 = version >= 11;
  }

  void on_field_impl(beast::field field,
                     BeastView name,
                     BeastView value,
                     ErrorCode& error) override {
    // A trailer must not pass for a header that was checked.
    if (head_done_) return;
    if (field == beast::field::content_length) {
      ++length_fields_;
      if (value.find(',') != BeastView::npos) error = beast::error::bad_content_length;
    } else if (field == beast::field::transfer_encoding) {
      ++coding_fields_;
      if (!EqualsNoCase(View(value), "chunked")) error = beast::error::bad_transfer_encoding;
    } else if (field == beast::field::host) {
      ++host_fields_;
    }
    headers.Add(std::string(View(name)), std::string(View(value)));
  }

  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorCode&) override {}
  void on_finish_impl(ErrorCode&) override {}

  std::size_t on_body_impl(BeastView body, ErrorCode& error) override {
    if (!sink_->OnBody(View(body))) {
      refused_ = true;
      error = beast::error::body_limit;
    }
    return body.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorCode& error) override {
    return on_body_impl(body, error);
  }

  std::size_t max_header_bytes_;
  BodySink* sink_;
  std::size_t header_bytes_ = 0;
  int length_fields_ = 0;
  int coding_fields_ = 0;
  int host_fields_ = 0;
  bool head_done_ = false;
  bool refused_ = false;
};

}  // namespace

struct RequestParser::Impl {
  std::size_t max_header_bytes;
  std::optional<Parser<true>> parser;
};

RequestParser::RequestParser(std::size_t max_header_bytes)
    : impl_(std::make_unique<Impl>(Impl{max_header_bytes, {}})) {}
RequestParser::~RequestParser() = default;

void RequestParser::Reset(BodySink& sink) { impl_->parser.emplace(impl_->max_header_bytes, sink); }

ParseEvent RequestParser::Parse(std::string_view bytes, std::size_t& consumed) {
  return impl_->parser->Feed(bytes, consumed);
}

Request RequestParser::TakeRequest() {
  Parser<true>& parser = *impl_->parser;
  Request request;
  request.method = std::move(parser.method);
  request.headers = std::move(parser.headers);
  std::string_view target = parser.target;
  // Absolute form (RFC 9112 §3.2.2): what a client sends to a proxy.
  if (const auto scheme = target.find("://");
      !target.starts_with('/') && scheme != std::string_view::npos) {
    const auto slash = target.find_first_of("/?", scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (const auto question = target.find('?'); question != std::string_view::npos) {
    request.query = target.substr(question + 1);
    target = target.substr(0, question);
  }
  request.path = target;
  return request;
}

const MessageFraming& RequestParser::framing() const { return impl_->parser->framing; }

struct ResponseParser::Impl {
  std::size_t max_header_bytes;
  std::optional<Parser<false>> parser;
};

ResponseParser::ResponseParser(std::size_t max_header_bytes)
    : impl_(std::make_unique<Impl>(Impl{max_header_bytes, {}})) {}
ResponseParser::~ResponseParser() = default;

void ResponseParser::Reset(BodySink& sink, bool head_only) {
  impl_->parser.emplace(impl_->max_header_bytes, sink);
  impl_->parser->skip(head_only);
}

ParseEvent ResponseParser::Parse(std::string_view bytes, std::size_t& consumed) {
  return impl_->parser->Feed(bytes, consumed);
}

ParseEvent ResponseParser::Finish() {
  if (!impl_->parser->got_some()) return ParseEvent::kMalformed;
  ErrorCode error;
  impl_->parser->put_eof(error);
  return error ? ParseEvent::kMalformed : ParseEvent::kDone;
}

int ResponseParser::status() const { return impl_->parser->status_code; }
Headers ResponseParser::TakeHeaders() { return std::move(impl_->parser->headers); }
const MessageFraming& ResponseParser::framing() const { return impl_->parser->framing; }

}  // namespace vedette::http
