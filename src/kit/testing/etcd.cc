// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/etcd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace vedette::testkit {
namespace {

// Whether the member has a leader, and so takes writes.
bool IsHealthy(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    constexpr std::string_view kRequest = "GET /health HTTP/1.0\r\n\r\n";
    (void)!::send(socket, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    char buffer[1024];
    for (ssize_t n = 0; (n = ::recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(socket);
  return answer.find("\"true\"") != std::string::npos;
}

ServerProcess::Options OptionsOf(std::vector<std::string> more) {
  const bool tls = std::ranges::find(more, "--cert-file") != more.end();
  ServerProcess::Options options;
  options.program = "etcd";
  options.port_count = 2;
  options.arguments = [more = std::move(more), tls](const ServerProcess& server) {
    const std::string client = (tls ? "https://" : "http://") + server.address(0);
    const std::string peer = "http://" + server.address(1);
    std::vector<std::string> arguments = {"--name",
                                          "alone",
                                          "--data-dir",
                                          (server.folder() / "data").string(),
                                          "--listen-client-urls",
                                          client,
                                          "--advertise-client-urls",
                                          client,
                                          "--listen-peer-urls",
                                          peer,
                                          "--initial-advertise-peer-urls",
                                          peer,
                                          "--initial-cluster",
                                          "alone=" + peer,
                                          "--heartbeat-interval",
                                          "50",
                                          "--election-timeout",
                                          "500"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  if (!tls) {
    options.answers = [](const ServerProcess& server) { return IsHealthy(server.port()); };
  }
  return options;
}

}  // namespace

EtcdServer::EtcdServer(std::vector<std::string> arguments)
    : ServerProcess(OptionsOf(std::move(arguments))) {}

std::vector<std::string> EtcdServer::TlsArguments(const std::string& cert, const std::string& key) {
  return {"--cert-file", cert, "--key-file", key};
}

}  // namespace vedette::testkit
