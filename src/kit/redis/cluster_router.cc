// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "kit/redis/cluster_map.h"
#include "kit/redis/router.h"
#include "kit/redis/slot.h"
#include "kit/task/sleep.h"

namespace vedette::redis {
namespace {

constexpr int kMaxHops = 5;
constexpr std::chrono::milliseconds kTryAgain{20};      // while a slot is being moved
constexpr std::chrono::milliseconds kRefreshPause{50};  // at least, between two refreshes
constexpr std::chrono::milliseconds kFirstMapPoll{5};
constexpr std::chrono::seconds kRefreshInterval{30};

// A server of the cluster.
struct Member {
  Endpoint endpoint;
  std::shared_ptr<Node> node;
};
using MemberPointer = std::shared_ptr<const Member>;

Task<Result<Endpoint>> At(Endpoint endpoint) { co_return endpoint; }

class ClusterRouter final : public Router {
 public:
  explicit ClusterRouter(Context& context)
      : context_(context), tasks_(context.dependencies.logger) {}

  void Start() override {
    tasks_.Spawn(context_.runtime.Next(), "redis cluster map", [this] { return KeepMap(); });
  }

  Task<Result<Answer>> Send(Deadline deadline,
                            std::optional<std::string> key,
                            std::string bytes) override {
    VEDETTE_CO_CHECK_OK(co_await FirstMap(deadline));
    MemberPointer member = Find(key);
    bool asking = false;
    for (int hop = 0;; ++hop) {
      if (!member) {
        RequestRefresh();
        co_return Fail(Away());
      }
      std::string words;
      if (asking) AppendCommand(words, "ASKING", {});
      words += bytes;
      auto answer = co_await member->node->Send(deadline, std::move(words), asking ? 2 : 1);
      if (!answer || answer->IsServerTrouble()) {
        RequestRefresh();
        co_return answer;
      }
      if (hop == kMaxHops) co_return answer;
      if (answer->ErrorWord() == "TRYAGAIN") {
        co_await SleepFor(kTryAgain);
        continue;
      }
      const auto redirection = ReadRedirection(answer->error, member->endpoint);
      if (!redirection) co_return answer;
      asking = redirection->ask;
      member = Follow(*redirection);
    }
  }

  bool IsConnected() const override {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(
        members_, [](const auto& member) { return member.second->node->IsConnected(); });
  }

  std::vector<ServerState> Snapshot() const override {
    const std::scoped_lock lock(mutex_);
    std::vector<ServerState> states;
    for (const auto& [address, member] : members_) states.push_back(member->node->State());
    return states;
  }

  Task<void> Close() override {
    tasks_.Cancel();
    co_await tasks_.Join();
    std::map<std::string, MemberPointer> members;
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      map_ = Map::kAway;
      slots_.fill(nullptr);
      members.swap(members_);
    }
    for (const auto& [address, member] : members) co_await member->node->Close();
  }

 private:
  enum class Map : std::uint8_t { kFirst, kKnown, kAway };

  Error Away() const {
    return {.code = Code::kUnavailable,
            .message = "The Redis cluster is away.",
            .retry_after = context_.options.reconnect_maximum};
  }

  // Waits for the first attempt to learn the slots.
  Task<Status> FirstMap(Deadline deadline) {
    for (;;) {
      {
        const std::scoped_lock lock(mutex_);
        if (map_ == Map::kKnown) co_return Status();
        if (map_ == Map::kAway) co_return Fail(Away());
      }
      if (std::chrono::steady_clock::now() >= deadline.time) {
        co_return Fail(Code::kDeadlineExceeded, "Redis did not answer in time.");
      }
      co_await SleepFor(kFirstMapPoll);
    }
  }

  MemberPointer Find(const std::optional<std::string>& key) const {
    const std::scoped_lock lock(mutex_);
    if (key) return slots_[SlotOf(*key)];
    for (const auto& [address, member] : members_) {
      if (member->node->IsConnected()) return member;
    }
    return members_.empty() ? nullptr : members_.begin()->second;
  }

  MemberPointer Follow(const Redirection& redirection) {
    const std::scoped_lock lock(mutex_);
    MemberPointer member = Join(redirection.endpoint);
    if (redirection.ask || !member) return member;
    slots_[redirection.slot] = member;
    wake_.Set();
    return member;
  }

  // With the mutex held. Null once closed.
  MemberPointer Join(const Endpoint& endpoint) {
    if (closed_) return nullptr;
    MemberPointer& member = members_[ToString(endpoint)];
    if (!member) {
      auto node = std::make_shared<Node>(context_, ToString(endpoint),
                                         [endpoint](SteadyTime) { return At(endpoint); });
      node->Start();
      member = std::make_shared<const Member>(Member{endpoint, std::move(node)});
    }
    return member;
  }

  void RequestRefresh() {
    const std::scoped_lock lock(mutex_);
    wake_.Set();
  }

  Task<void> KeepMap() {
    for (;;) {
      {
        const std::scoped_lock lock(mutex_);
        wake_ = Signal();
      }
      const bool learnt = co_await Refresh();
      Signal wake;
      {
        const std::scoped_lock lock(mutex_);
        if (learnt) {
          map_ = Map::kKnown;
        } else if (map_ == Map::kFirst) {
          map_ = Map::kAway;
        }
        wake = wake_;
      }
      co_await SleepFor(kRefreshPause);
      if (learnt) co_await wake.WaitUntil(std::chrono::steady_clock::now() + kRefreshInterval);
    }
  }

  std::vector<Endpoint> WhomToAsk() const {
    const std::scoped_lock lock(mutex_);
    std::vector<Endpoint> endpoints;
    for (const auto& [address, member] : members_) {
      if (member->node->IsConnected()) endpoints.push_back(member->endpoint);
    }
    for (const Endpoint& seed : context_.location.endpoints) {
      if (std::ranges::find(endpoints, seed) == endpoints.end()) endpoints.push_back(seed);
    }
    return endpoints;
  }

  Task<bool> Refresh() {
    std::string command;
    AppendCommand(command, "CLUSTER SLOTS", {});
    for (const Endpoint& endpoint : WhomToAsk()) {
      const SteadyTime deadline =
          std::chrono::steady_clock::now() + context_.options.connect_timeout;
      const auto answer =
          co_await AskOnce(context_.dialer, endpoint, context_.ServerLogin(), command, deadline);
      if (!answer) continue;
      const auto ranges = ReadSlots(answer->reply, endpoint);
      if (!ranges || ranges->empty()) continue;
      // Also when this is cancelled: a server may not be let go of before it is closed.
      const bool throws = co_await asio::this_coro::throw_if_cancelled();
      co_await asio::this_coro::throw_if_cancelled(false);
      for (const MemberPointer& gone : Adopt(*ranges)) co_await gone->node->Close();
      co_await asio::this_coro::throw_if_cancelled(throws);
      co_return true;
    }
    co_return false;
  }

  // Takes the new map; the servers that are in it no more.
  std::vector<MemberPointer> Adopt(const std::vector<SlotRange>& ranges) {
    std::vector<MemberPointer> gone;
    std::set<std::string> masters;
    const std::scoped_lock lock(mutex_);
    slots_.fill(nullptr);
    for (const SlotRange& range : ranges) {
      const MemberPointer member = Join(range.master);
      masters.insert(ToString(range.master));
      for (std::size_t slot = range.first; slot <= range.last; ++slot) slots_[slot] = member;
    }
    for (auto member = members_.begin(); member != members_.end();) {
      if (masters.contains(member->first)) {
        ++member;
      } else {
        gone.push_back(std::move(member->second));
        member = members_.erase(member);
      }
    }
    return gone;
  }

  Context& context_;
  TaskGroup tasks_;
  mutable std::mutex mutex_;
  Signal wake_;
  Map map_ = Map::kFirst;
  bool closed_ = false;
  std::map<std::string, MemberPointer> members_;
  std::array<MemberPointer, kSlotCount> slots_;
};

}  // namespace

std::unique_ptr<Router> MakeClusterRouter(Context& context) {
  return std::make_unique<ClusterRouter>(context);
}

}  // namespace vedette::redis
