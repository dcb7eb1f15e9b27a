// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kit/testing/server_process.h"

namespace vedette::testkit {

// An etcd member of its own, alone in its cluster. After Stop and Start it has its data again.
class EtcdServer : public ServerProcess {
 public:
  // More of its command line. Throws std::runtime_error when it cannot be started.
  explicit EtcdServer(std::vector<std::string> arguments = {});

  // One that speaks TLS on its client port, with this certificate and key (PEM files). It answers
  // once Start returns or soon after.
  static std::vector<std::string> TlsArguments(const std::string& cert, const std::string& key);

  static bool IsInstalled() { return ServerProcess::IsInstalled("etcd"); }
};

}  // namespace vedette::testkit
