// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kit/discovery/https_connection.h"
#include "kit/http/parser.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// One GET on a connection of its own, whose answer is read piece by piece. Errors: those of the
// connection, kUnauthenticated (401, 403), kConflict (410), kNotFound (404).
class HttpsStream final : private http::BodySink {
 public:
  explicit HttpsStream(std::shared_ptr<const NameLookups> names);
  HttpsStream(const HttpsStream&) = delete;
  HttpsStream& operator=(const HttpsStream&) = delete;

  // Up to the answer's head.
  Task<Status> Open(ApiUrl url,
                    std::string ca_file,
                    std::string bearer_token,
                    std::string target,
                    SteadyTime deadline);
  // The next piece of the body; nullopt at its end.
  Task<Result<std::optional<std::string>>> Read(SteadyTime deadline);
  // The whole body, up to `limit` bytes.
  Task<Result<std::string>> ReadAll(std::size_t limit, SteadyTime deadline);

 private:
  bool OnBody(std::string_view bytes) override;
  Task<Status> Advance(http::ParseEvent until, bool some, SteadyTime deadline);

  HttpsConnection connection_;
  http::ResponseParser parser_;
  std::string input_;
  std::string body_;
  bool done_ = false;
};

}  // namespace vedette::discovery
