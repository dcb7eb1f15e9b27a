// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace vedette::testkit {

// A PostgreSQL server of its own in a temporary folder, with fsync as in production. It listens on
// a free port of the loopback interface, is stopped and removed at the end, and dies with the
// process.
class PostgresServer {
 public:
  PostgresServer();  // throws std::runtime_error when it cannot be started
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  const std::string& url() const;

  void Stop();  // at once, as a crash does
  void Start();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The server that the tests of this process share: the one named by VEDETTE_TEST_POSTGRES (a URL),
// or a PostgresServer, started by the first call.
const std::string& PostgresUrl();

}  // namespace vedette::testkit
