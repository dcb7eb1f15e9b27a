// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/https_stream.h"

#include <utility>

#include "kit/discovery/address.h"

namespace vedette::discovery {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

Status CheckStatus(int status) {
  switch (status) {
    case 200:
      return {};
    case 401:
    case 403:
      return Fail(Code::kUnauthenticated, "The API server does not let this account read.");
    case 404:
      return Fail(Code::kNotFound, "The API server does not know this resource.");
    case 410:
      return Fail(Code::kConflict, "The API server has forgotten this version.");
    default:
      return Fail(Code::kUnavailable, "The API server answered " + std::to_string(status) + ".");
  }
}

}  // namespace

HttpsStream::HttpsStream(std::shared_ptr<const NameLookups> names)
    : connection_(std::move(names)), parser_(kMaxHeaderBytes) {}

bool HttpsStream::OnBody(std::string_view bytes) {
  body_ += bytes;
  return true;
}

// Reads until the head, the end or, with `some`, any of the body is there.
Task<Status> HttpsStream::Advance(http::ParseEvent until, bool some, SteadyTime deadline) {
  for (;;) {
    while (!input_.empty()) {
      std::size_t consumed = 0;
      const http::ParseEvent event = parser_.Parse(input_, consumed);
      input_.erase(0, consumed);
      if (event == http::ParseEvent::kNeedMore) break;
      if (event == http::ParseEvent::kDone) done_ = true;
      if (event != http::ParseEvent::kHead && event != http::ParseEvent::kDone) {
        co_return Fail(Code::kUnavailable, "The API server does not speak HTTP.");
      }
      if (event == until || done_) co_return Status();
    }
    if (some && !body_.empty()) co_return Status();
    VEDETTE_CO_TRY(const std::string bytes, co_await connection_.Read(deadline));
    input_ += bytes;
    if (!bytes.empty()) continue;
    if (parser_.Finish() != http::ParseEvent::kDone) {
      co_return Fail(Code::kUnavailable, "The API server hung up.");
    }
    done_ = true;
    co_return Status();
  }
}

Task<Status> HttpsStream::Open(ApiUrl url,
                               std::string ca_file,
                               std::string bearer_token,
                               std::string target,
                               SteadyTime deadline) {
  VEDETTE_CO_CHECK_OK(co_await connection_.Open(url, std::move(ca_file), deadline));
  std::string request = "GET " + target +
                        " HTTP/1.1\r\nHost: " + HostPort{url.host, url.port}.ToString() +
                        "\r\nAccept: application/json\r\nConnection: close\r\n";
  if (!bearer_token.empty()) request += "Authorization: Bearer " + bearer_token + "\r\n";
  request += "\r\n";
  parser_.Reset(*this, false);
  VEDETTE_CO_CHECK_OK(co_await connection_.Send(std::move(request), deadline));
  VEDETTE_CO_CHECK_OK(co_await Advance(http::ParseEvent::kHead, false, deadline));
  co_return CheckStatus(parser_.status());
}

Task<Result<std::optional<std::string>>> HttpsStream::Read(SteadyTime deadline) {
  if (!done_ && body_.empty()) {
    VEDETTE_CO_CHECK_OK(co_await Advance(http::ParseEvent::kDone, true, deadline));
  }
  if (body_.empty()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(std::exchange(body_, {}));
}

Task<Result<std::string>> HttpsStream::ReadAll(std::size_t limit, SteadyTime deadline) {
  std::string whole;
  for (;;) {
    VEDETTE_CO_TRY(const std::optional<std::string> piece, co_await Read(deadline));
    if (!piece) co_return whole;
    whole += *piece;
    if (whole.size() > limit) {
      co_return Fail(Code::kPayloadTooLarge, "The API server's answer is too large.");
    }
  }
}

}  // namespace vedette::discovery
