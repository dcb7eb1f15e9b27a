// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kit/queue/outbox_relay.h"
#include "kit/queue/queue_test_support.h"

namespace vedette::queue {

inline constexpr db::Sql kCountMessages("test_count_messages",
                                        "SELECT COUNT(*) FROM vedette_outbox");

// Remembers what was published; refuses the keys it is told to.
class Listener final : public Publisher {
 public:
  Task<Status> Publish(Message message) override {
    {
      const std::lock_guard lock(mutex_);
      if (throws_) throw std::runtime_error("broken");
      if (aborts_) throw boost::system::system_error(boost::asio::error::operation_aborted);
      if (refused_.contains(message.key)) co_return Fail(Code::kUnavailable, "not now");
    }
    co_await Yield();
    const std::lock_guard lock(mutex_);
    by_key_[message.key].push_back(message.payload);
    last_ = std::move(message);
    ++count_;
    co_return Status();
  }

  void Refuse(const std::string& key) {
    const std::lock_guard lock(mutex_);
    refused_.insert(key);
  }
  void Accept(const std::string& key) {
    const std::lock_guard lock(mutex_);
    refused_.erase(key);
  }
  void Throw(bool throws) {
    const std::lock_guard lock(mutex_);
    throws_ = throws;
  }
  void Abort(bool aborts) {
    const std::lock_guard lock(mutex_);
    aborts_ = aborts;
  }
  int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::vector<std::string> Of(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? std::vector<std::string>() : found->second;
  }
  Message last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> refused_;
  bool throws_ = false;
  bool aborts_ = false;
  int count_ = 0;
  Message last_;
  std::map<std::string, std::vector<std::string>> by_key_;
};

inline Task<Status> AddAll(db::Database* database,
                           const Outbox* outbox,
                           std::vector<OutboxMessage> messages,
                           bool commit) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await outbox->Add(*transaction, std::move(messages)));
  if (commit) VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return Status();
}

class OutboxRelayTest : public QueueTest {
 protected:
  static OutboxRelayOptions Options() {
    OutboxRelayOptions options;
    options.batch = 7;
    options.poll = std::chrono::milliseconds(10);
    options.observe = std::chrono::milliseconds(10);
    options.backoff = {.first = std::chrono::minutes(1), .longest = std::chrono::hours(1)};
    return options;
  }

  ~OutboxRelayTest() override {
    for (const auto& relay : relays_) Stop(*relay);
  }
  OutboxRelay& Make(Outbox& outbox, OutboxRelayOptions options = Options()) {
    relays_.push_back(
        std::make_unique<OutboxRelay>("test", options,
                                      OutboxRelay::Dependencies{.database = faulty_,
                                                                .outbox = outbox,
                                                                .publisher = listener_,
                                                                .runtime = runtime_,
                                                                .clock = clock_,
                                                                .random = random_,
                                                                .tracer = tracer_,
                                                                .metrics = metrics_,
                                                                .logger = Logger()}));
    return *relays_.back();
  }
  void Stop(OutboxRelay& relay) {
    runtime_.RunBlocking([&] { return relay.Stop(); });
  }
  void Add(const std::string& key, const std::string& payload, bool commit = true) {
    std::vector<OutboxMessage> messages(1);
    messages[0] = {.topic = "t", .key = key, .payload = payload, .created_at = clock_.Now()};
    ASSERT_TRUE(Run(AddAll(database_.get(), &outbox_, std::move(messages), commit)));
  }
  bool Published(int count) {
    return Eventually([&] { return listener_.count() >= count && Number(kCountMessages) == 0; });
  }

  FaultyDatabase faulty_{*database_};
  Outbox outbox_;
  Outbox other_process_;
  Listener listener_;
  std::vector<std::unique_ptr<OutboxRelay>> relays_;
};

}  // namespace vedette::queue
