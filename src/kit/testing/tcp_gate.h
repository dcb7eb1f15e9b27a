// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace vedette::testkit {

// A proxy in front of a server, with a port and a thread of its own, by which a test makes the
// network fail. Each method has taken effect when it returns. Thread-safe.
class TcpGate {
 public:
  // `target` is "127.0.0.1:5432". Throws std::runtime_error when there is no port.
  explicit TcpGate(std::string target);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  int port() const;
  std::string address() const;  // "127.0.0.1:40123"

  void Open();  // passes everything, as at the beginning; what was held or delayed goes on
  void Cut();   // closes every connection and refuses new ones
  void Hang();  // keeps and accepts connections, passes nothing
  // Passes nothing any more over the connections there are, and says so to neither side, as a
  // firewall does that forgot them; new ones are as before.
  void Strand();
  // Passes everything so much later, in each direction.
  void Delay(std::chrono::milliseconds delay);

  std::size_t connections() const;  // open now
  std::size_t accepted() const;     // since the beginning

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::testkit
