// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "kit/task/runtime.h"
#include "kit/testing/temp_dir.h"
#include "system/process.h"

namespace vedette::system_test {

// One code, three ways to run it.
enum class Shape {
  kSingleSqlite,    // one process, SQLite
  kSinglePostgres,  // one process, PostgreSQL
  kSplitPostgres,   // gateway | identity, trial, subject, rule | monitor, PostgreSQL
  kFleet,           // what a Fleet adds, PostgreSQL
};

std::ostream& operator<<(std::ostream& out, Shape shape);

struct RestAnswer {
  int status = 0;
  std::string body;
  std::string content_type;
};

// A whole system under test with an administrator, on ports and in a folder of its own. PostgreSQL
// is the server of kit/testing/postgres.h with a database made for this system.
class System {
 public:
  explicit System(Shape shape, std::vector<std::string> settings = {});
  // Kills what runs, and fails the test that goes on when a sanitizer wrote into a log.
  ~System();

  // Starts what does not run and waits until all of it is ready; throws when it is not in time.
  void Start();
  // kill -9 to everything, at once.
  void Kill();
  // SIGTERM to everything; the highest exit code.
  int Stop();

  std::uint16_t http_port() const { return http_port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(http_port_); }
  std::string rpc() const { return "127.0.0.1:" + std::to_string(rpc_port_); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  // Of the administrator; kept in this file too.
  std::filesystem::path password_file() const { return folder_.path() / "admin-password"; }
  // The folder where the process with identity keeps its keys.
  std::filesystem::path core_data() const;
  std::string Logs() const;

  // A REST call; `token` empty sends none. Status 0 when the server cannot be reached.
  RestAnswer Rest(const std::string& method,
                  const std::string& target,
                  const std::string& body = {},
                  const std::string& token = {});
  // The same to another port of this machine.
  RestAnswer RestAt(std::uint16_t port,
                    const std::string& method,
                    const std::string& target,
                    const std::string& body = {},
                    const std::string& token = {});
  // Logs in over REST; throws when refused.
  std::string Token(const std::string& user = "admin", const std::string& password = {});
  // `vedette COMMAND …` against this system, as the administrator.
  Outcome Command(std::vector<std::string> arguments);

  // Of all processes together.
  double CpuSeconds() const;
  std::uint64_t ResidentBytes() const;
  // Empty for SQLite.
  const std::string& database_url() const { return database_url_; }

  Runtime& runtime() { return runtime_; }

 protected:
  struct Part {
    std::string name;
    std::vector<std::string> arguments;
    std::uint16_t http_port;
    std::uint16_t rpc_port;
    std::filesystem::path log;
    std::unique_ptr<Process> process;
  };

  void AddPart(const std::string& name,
               const std::string& roles,
               std::uint16_t http_port,
               std::uint16_t rpc_port,
               std::vector<std::string> settings);
  std::filesystem::path DataFolder(const std::string& name) const;
  void Launch(Part& part);
  void AwaitReady(Part& part);
  std::vector<Part>& parts() { return parts_; }
  // Calls go there from now on.
  void UseGateway(const Part& part);

 private:
  const Shape shape_;
  const std::vector<std::string> settings_;
  testkit::TempDir folder_;
  std::string database_url_;
  std::uint16_t http_port_;
  std::uint16_t rpc_port_;
  std::vector<Part> parts_;  // in the order of their start
  Runtime runtime_{1};
};

// The text of a top-level or nested value of a JSON document by pointer ("/alerts/0/alertId");
// empty when it is not there. Numbers as they are written.
std::string JsonAt(const std::string& document, const std::string& pointer);
// The elements of the array at `pointer`; 0 when there is none.
std::size_t JsonSize(const std::string& document, const std::string& pointer);

}  // namespace vedette::system_test
