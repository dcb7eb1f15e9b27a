// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/discovery/api_url.h"
#include "kit/discovery/name_lookups.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// Bytes to and from the API server, over TLS unless its URL says otherwise. Each operation ends by
// its deadline with kDeadlineExceeded, and fails with kUnavailable. Used by one coroutine.
class HttpsConnection {
 public:
  explicit HttpsConnection(std::shared_ptr<const NameLookups> names);
  ~HttpsConnection();  // closes
  HttpsConnection(const HttpsConnection&) = delete;
  HttpsConnection& operator=(const HttpsConnection&) = delete;

  // Once. The server's certificate is checked against `ca_file` (empty: the system's authorities)
  // and the host's name; kFailedPrecondition for a file that cannot be used.
  Task<Status> Open(ApiUrl url, std::string ca_file, SteadyTime deadline);
  Task<Status> Send(std::string bytes, SteadyTime deadline);
  // What has come; empty at the end.
  Task<Result<std::string>> Read(SteadyTime deadline);

 private:
  struct Impl;
  const std::shared_ptr<const NameLookups> names_;
  std::shared_ptr<Impl> impl_;  // once it is opened
};

}  // namespace vedette::discovery
