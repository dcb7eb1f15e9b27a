// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/free_port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <stdexcept>

namespace vedette::testkit {
namespace {

constexpr unsigned kFirst = 10'000;
constexpr unsigned kCount = 22'000;  // up to 31,999; outgoing connections begin at 32,768
constexpr unsigned kStep = 7919;     // prime to kCount, so that every port comes before one repeats

bool IsFree(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound =
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return bound;
}

}  // namespace

int FreePort() {
  static const unsigned begin = std::random_device()() % kCount;
  static std::atomic<unsigned> next{0};
  for (unsigned tries = 0; tries < kCount; ++tries) {
    const unsigned number = next.fetch_add(1) % kCount;
    const int port = static_cast<int>(kFirst + (begin + number * kStep) % kCount);
    if (IsFree(port)) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace vedette::testkit
