// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/name_lookups.h"

#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "kit/task/signal.h"

namespace vedette::discovery {
namespace {

using Addresses = std::vector<std::string>;

Result<Addresses> Ask(std::string host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == EAI_NONAME || error == EAI_NODATA) return Addresses();
  if (error != 0) return Fail(Code::kUnavailable, "The name cannot be looked up now.");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  return addresses;
}

// What a look-up's thread and its caller share.
struct Answer {
  Result<Addresses> addresses;  // written before `there` is set
  Signal there;
};

}  // namespace

AskSystem SystemAddresses() { return Ask; }

struct NameLookups::Shared {
  const AskSystem ask;
  std::atomic<std::size_t> pending = 0;
};

NameLookups::NameLookups(AskSystem ask) : shared_(std::make_shared<Shared>(std::move(ask))) {}

std::size_t NameLookups::pending() const { return shared_->pending; }

Task<Result<Addresses>> NameLookups::Find(std::string host, SteadyTime deadline) const {
  const std::shared_ptr<Shared> shared = shared_;
  const auto answer = std::make_shared<Answer>();
  if (++shared->pending > kMost) {
    --shared->pending;
    co_return Fail(Code::kResourceExhausted, "Too many names are looked up without an answer.");
  }
  try {
    std::thread([shared, answer, host] {
      try {
        answer->addresses = shared->ask(host);
      } catch (const std::exception&) {
        answer->addresses = Fail(Code::kInternal, "The look-up of a name failed.");
      }
      --shared->pending;
      answer->there.Set();
    }).detach();
  } catch (const std::system_error&) {
    --shared->pending;
    co_return Fail(Code::kResourceExhausted, "There is no thread to look a name up.");
  }
  if (!co_await answer->there.WaitUntil(deadline)) {
    if (SystemClock().SteadyNow() < deadline) co_return Fail(Code::kCancelled, "The caller left.");
    co_return Fail(Code::kDeadlineExceeded, "The name was not found in time.");
  }
  co_return std::move(answer->addresses);
}

}  // namespace vedette::discovery
