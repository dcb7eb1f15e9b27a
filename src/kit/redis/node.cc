// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/node.h"

#include <algorithm>
#include <utility>

namespace vedette::redis {
namespace {

// An answer that stays out says something about the server only if the call gave it so much time.
constexpr std::chrono::milliseconds kFairTime{50};

Outcome OutcomeOfAnswer(const Result<Answer>& answer) {
  // A lost connection is no failure here: until it is back, calls are refused anyway.
  if (!answer) return Outcome::kNeither;
  return answer->IsServerTrouble() ? Outcome::kFailure : Outcome::kSuccess;
}

}  // namespace

Login Context::ServerLogin() const {
  return {.user = location.user,
          .password = options.password,
          .database = location.database,
          .name = dependencies.name,
          .must_be_master = location.topology == Topology::kSentinel};
}

Node::Node(Context& context, std::string address, Locate locate)
    : address_(std::move(address)),
      breaker_("redis " + address_,
               context.options.breaker,
               context.dependencies.clock,
               context.dependencies.random),
      tasks_(context.dependencies.logger) {
  const RedisOptions& options = context.options;
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(1, options.connections));
  const Logger logger = context.dependencies.logger.With({{"redis", address_}});
  for (std::size_t i = 0; i < count; ++i) {
    connections_.push_back(std::make_shared<Connection>(
        context.runtime.Next(),
        Connection::Settings{.dialer = context.dialer,
                             .locate = locate,
                             .login = context.ServerLogin(),
                             .connect_timeout = options.connect_timeout,
                             .silence_timeout = options.silence_timeout,
                             .ping_interval = options.ping_interval,
                             .reconnect_maximum = options.reconnect_maximum,
                             .queue_limit = std::max<std::size_t>(
                                 1, static_cast<std::size_t>(options.queue_limit) / count)},
        logger, context.metrics, context.dependencies.random));
  }
}

void Node::Start() {
  for (const auto& connection : connections_) {
    tasks_.Spawn(connection->executor(), "redis connection",
                 [connection] { return connection->Run(); });
  }
}

// In turn; one that is up goes before one that is being made.
std::shared_ptr<Connection> Node::Pick() {
  const std::size_t first = next_.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<Connection> second_best;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const auto& connection = connections_[(first + i) % connections_.size()];
    if (connection->IsUp()) return connection;
    if (!second_best && connection->MayTake()) second_best = connection;
  }
  return second_best ? second_best : connections_[first % connections_.size()];
}

Task<Result<Answer>> Node::Send(Deadline deadline, std::string bytes, int answers) {
  const std::shared_ptr<Connection> connection = Pick();
  auto call = std::make_shared<PendingCall>();
  call->bytes = std::move(bytes);
  call->answers = answers;
  const SteadyTime begin = std::chrono::steady_clock::now();
  // Known to be away: the breaker has nothing to learn.
  if (!connection->MayTake()) co_return Fail(connection->WhyDown());
  VEDETTE_CO_TRY(Breaker::Permit permit, breaker_.Allow());
  VEDETTE_CO_CHECK_OK(connection->Submit(call));
  if (co_await call->done.WaitUntil(deadline.time)) {
    permit.End(OutcomeOfAnswer(call->answer), "the server is in trouble");
    co_return std::move(call->answer);
  }
  call->abandoned = true;
  if (std::chrono::steady_clock::now() < deadline.time) {
    co_return Fail(Code::kCancelled, "The caller left.");
  }
  const bool fair = deadline.time - begin >= kFairTime;
  permit.End(fair ? Outcome::kFailure : Outcome::kNeither, "no answer in time");
  co_return Fail(Code::kDeadlineExceeded, "Redis did not answer in time.");
}

bool Node::IsConnected() const {
  return std::ranges::any_of(connections_, [](const auto& one) { return one->IsUp(); });
}

ServerState Node::State() const {
  ServerState state{.address = address_};
  for (const auto& connection : connections_) {
    ++state.connections;
    if (connection->IsUp()) ++state.connected;
    state.waiting += static_cast<std::int64_t>(connection->waiting());
    state.reconnects += connection->reconnects();
  }
  state.refusal_probability = breaker_.Snapshot().refusal_probability;
  return state;
}

Task<void> Node::Close() {
  const auto self = shared_from_this();
  tasks_.Cancel();
  co_await tasks_.Join();
}

}  // namespace vedette::redis
