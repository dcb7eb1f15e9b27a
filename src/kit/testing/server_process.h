// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vedette::testkit {

// A server program on free ports of the loopback interface, with a temporary folder of its own.
// Killed and removed at the end; dies with the test process, however that ends. Used by one thread
// at a time.
class ServerProcess {
 public:
  struct Options {
    std::string program;         // a name in PATH, or a path
    std::size_t port_count = 1;  // the first is the one that clients use
    // The command line after the program's name.
    std::function<std::vector<std::string>(const ServerProcess&)> arguments;
    // Whether the server answers now; null: whether its first port takes a connection.
    std::function<bool(const ServerProcess&)> answers;
  };

  // Whether the program can be found, so that a test may skip itself.
  static bool IsInstalled(const std::string& program);

  // Starts the program and waits until it answers; throws std::runtime_error, with the end of the
  // program's log, when it does not.
  explicit ServerProcess(Options options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port(std::size_t index = 0) const;
  std::string address(std::size_t index = 0) const;  // "127.0.0.1:40123"
  const std::filesystem::path& folder() const;
  std::string log() const;  // what the program has written so far

  void Stop();   // at once, as a crash does
  void Start();  // again, on the same ports and folder

  void Freeze();  // it keeps its connections and does nothing
  void Thaw();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether something accepts a connection on this port of the loopback interface.
bool TakesConnections(int port);

}  // namespace vedette::testkit
