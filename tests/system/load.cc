// SPDX-License-Identifier: Apache-2.0
#include "system/load.h"

#include <algorithm>
#include <utility>

#include "kit/task/sleep.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;

SteadyTime In(milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

Load::Load(Options options)
    : options_(std::move(options)), ready_(options_.gateways), tasks_(Logger()) {
  tasks_.Spawn(runtime_.At(0), "balance", [this] { return Balance(); });
  for (int client = 0; client < options_.clients; ++client) {
    tasks_.Spawn(runtime_.At(0), "client", [this, client] { return Client(client); });
  }
}

Load::~Load() { Stop(); }

LoadCounts Load::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(counts_, {});
}

LoadCounts Load::Stop() {
  stopping_ = true;
  runtime_.RunBlocking([this] { return tasks_.Join(); });
  return Take();
}

Task<void> Load::Balance() {
  while (!stopping_) {
    std::vector<std::uint16_t> ready;
    for (const std::uint16_t port : options_.gateways) {
      const auto answer =
          co_await http::Fetch({"127.0.0.1", port}, {.target = "/readyz"}, In(milliseconds(500)));
      if (answer && answer->status == 200) ready.push_back(port);
    }
    {
      const std::lock_guard lock(mutex_);
      ready_ = std::move(ready);
    }
    co_await SleepFor(milliseconds(50));
  }
}

// 0 when none is ready.
std::uint16_t Load::Choose(int client) {
  const std::lock_guard lock(mutex_);
  if (ready_.empty()) return 0;
  return ready_[static_cast<std::size_t>(client) % ready_.size()];
}

Task<void> Load::Client(int client) {
  std::optional<http::ClientConnection> connection;
  std::uint16_t port = 0;
  for (int number = 0; !stopping_; ++number) {
    const std::uint16_t chosen = Choose(client);
    if (chosen == 0) {
      co_await SleepFor(milliseconds(10));
      continue;
    }
    if (chosen != port) connection.reset();
    port = chosen;
    Count(co_await Send(connection, port, options_.make(client, number)));
    co_await SleepFor(options_.pause);
  }
}

Task<Result<http::ClientResponse>> Load::Send(std::optional<http::ClientConnection>& connection,
                                              std::uint16_t& port,
                                              http::ClientRequest request) {
  const SteadyTime deadline = In(options_.timeout);
  const bool kept = connection.has_value() && connection->reusable();
  if (!kept) {
    connection.reset();
    auto fresh = co_await http::ClientConnection::Connect({"127.0.0.1", port}, deadline);
    if (!fresh) co_return std::unexpected(fresh.error());
    connection.emplace(std::move(*fresh));
  }
  auto answer = co_await connection->Fetch(request, deadline);
  if (answer) co_return answer;
  connection.reset();
  if (!kept || answer.error().code != Code::kUnavailable) co_return answer;
  auto fresh = co_await http::ClientConnection::Connect({"127.0.0.1", port}, deadline);
  if (!fresh) co_return std::unexpected(fresh.error());
  connection.emplace(std::move(*fresh));
  co_return co_await connection->Fetch(std::move(request), deadline);
}

void Load::Count(const Result<http::ClientResponse>& answer) {
  const std::lock_guard lock(mutex_);
  ++counts_.sent;
  const int status = answer ? answer->status : 0;
  if (status / 100 == 2) {
    ++counts_.good;
    return;
  }
  if (counts_.first_failure.empty()) {
    counts_.first_failure = answer ? answer->body : answer.error().message;
  }
  ++counts_.failed[status];
}

}  // namespace vedette::system_test
