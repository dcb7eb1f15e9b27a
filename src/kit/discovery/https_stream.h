// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// "https://host:port" or, for a proxy on this machine, "http://host:port".
struct ApiUrl {
  bool tls = true;
  std::string host;
  std::string port;
};
Result<ApiUrl> ParseApiUrl(std::string_view url);

// One GET on a connection of its own, whose answer is read piece by piece. The server's certificate
// is checked against `ca_file` (empty: the system's authorities) and the host's name. Errors:
// kUnavailable, kDeadlineExceeded, kUnauthenticated (401, 403), kConflict (410), kNotFound (404).
class HttpsStream {
 public:
  HttpsStream();
  ~HttpsStream();
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
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette::discovery
