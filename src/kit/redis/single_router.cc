// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <mutex>
#include <utility>

#include "kit/redis/router.h"

namespace vedette::redis {
namespace {

Task<Result<Endpoint>> Fixed(Endpoint endpoint) { co_return endpoint; }

std::optional<Endpoint> ReadAddress(const Reply& reply) {
  const auto* parts = reply.array();
  if (parts == nullptr || parts->size() != 2) return std::nullopt;
  const std::string* host = (*parts)[0].text();
  const std::string* port = (*parts)[1].text();
  if (host == nullptr || port == nullptr || host->empty()) return std::nullopt;
  Endpoint endpoint{.host = *host};
  const auto [end, error] =
      std::from_chars(port->data(), port->data() + port->size(), endpoint.port);
  if (error != std::errc() || end != port->data() + port->size()) return std::nullopt;
  return endpoint;
}

// Asks the sentinels one after the other, first the one that answered last. Thread-safe.
class Sentinels : public std::enable_shared_from_this<Sentinels> {
 public:
  explicit Sentinels(const Context& context)
      : dialer_(context.dialer),
        login_{.password = context.options.sentinel_password},
        endpoints_(context.location.endpoints),
        master_(context.location.master) {}

  Task<Result<Endpoint>> Master(SteadyTime deadline) {
    const auto self = shared_from_this();
    std::string command;
    AppendCommand(command, "SENTINEL get-master-addr-by-name", std::vector{master_});
    const std::vector<Endpoint> endpoints = Copy();
    std::string reason = "No sentinel answers.";
    for (const Endpoint& endpoint : endpoints) {
      // Each gets its part of the time, so that one that hangs does not use it all up.
      const auto now = std::chrono::steady_clock::now();
      const auto part = (deadline - now) / static_cast<std::int64_t>(endpoints.size() + 1);
      auto answer = co_await AskOnce(dialer_, endpoint, login_, command, now + part);
      if (!answer) continue;
      if (auto master = ReadAddress(answer->reply)) {
        Prefer(endpoint);
        co_return *std::move(master);
      }
      reason = "The sentinels know no master of this name.";
    }
    co_return Fail(Code::kUnavailable, reason);
  }

 private:
  std::vector<Endpoint> Copy() const {
    const std::scoped_lock lock(mutex_);
    return endpoints_;
  }
  void Prefer(const Endpoint& endpoint) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(endpoints_, endpoint);
    if (found != endpoints_.end()) std::rotate(endpoints_.begin(), found, found + 1);
  }

  const std::shared_ptr<const Dialer> dialer_;
  const Login login_;
  mutable std::mutex mutex_;
  std::vector<Endpoint> endpoints_;
  const std::string master_;
};

Locate MakeLocate(const Context& context) {
  if (context.location.topology == Topology::kSentinel) {
    return [sentinels = std::make_shared<Sentinels>(context)](SteadyTime deadline) {
      return sentinels->Master(deadline);
    };
  }
  return [endpoint = context.location.endpoints.front()](SteadyTime) { return Fixed(endpoint); };
}

std::string NameOf(const Context& context) {
  if (context.location.topology == Topology::kSentinel) return context.location.master;
  return ToString(context.location.endpoints.front());
}

class SingleRouter final : public Router {
 public:
  explicit SingleRouter(Context& context)
      : node_(std::make_shared<Node>(context, NameOf(context), MakeLocate(context))) {}

  void Start() override { node_->Start(); }
  Task<Result<Answer>> Send(Deadline deadline,
                            std::optional<std::string>,
                            std::string bytes) override {
    return node_->Send(deadline, std::move(bytes));
  }
  bool IsConnected() const override { return node_->IsConnected(); }
  std::vector<ServerState> Snapshot() const override { return {node_->State()}; }
  Task<void> Close() override { return node_->Close(); }

 private:
  const std::shared_ptr<Node> node_;
};

}  // namespace

std::unique_ptr<Router> MakeSingleRouter(Context& context) {
  return std::make_unique<SingleRouter>(context);
}

}  // namespace vedette::redis
