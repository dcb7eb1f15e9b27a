// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace vedette::discovery {

// What a Kubernetes API server is to a resolver: it answers a list of EndpointSlices and keeps
// watches open, over TLS or plain on the loopback interface. For tests.
class FakeApiServer {
 public:
  FakeApiServer();  // plain
  // With a certificate of its own for 127.0.0.1 (PEM files).
  FakeApiServer(const std::string& cert_file, const std::string& key_file);
  ~FakeApiServer();

  std::string url() const;

  void SetToken(std::string token);   // what is expected from now on; empty: anything
  void SetList(std::string json);     // what a list answers from now on
  void SendEvent(std::string json);   // over every open watch
  void SendBytes(std::string bytes);  // the same, without a line's end
  void EndWatches();                  // as the server does when a watch has lasted its time
  void HangUp();                      // closes every connection

  std::size_t watches() const;               // begun so far
  std::vector<std::string> targets() const;  // of all requests so far
  std::size_t refused() const;               // requests with another token

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette::discovery
