// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "kit/queue/in_process_bus.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/signal.h"

namespace vedette::queue {
namespace {

Task<Status> Note(std::vector<std::string>* seen, Message message) {
  seen->push_back(message.topic);
  co_return Status();
}

Task<Status> Refuse(Message) { co_return Fail(Code::kUnavailable, "not now"); }

Task<Status> Throw(Message) {
  throw std::runtime_error("broken");
  co_return Status();
}

Task<Status> Hold(Signal release, Message) {
  co_await release.Wait();
  co_return Status();
}

// What a subscriber meets whose own connection was closed.
Task<Status> Abort(Message) {
  throw boost::system::system_error(boost::asio::error::operation_aborted);
  co_return Status();
}

class BusTest : public testing::Test {
 protected:
  Status Publish(std::string topic) {
    return Await<Status>(runtime_, [&] { return bus_.Publish({.topic = topic}); });
  }

  MetricsRegistry metrics_;
  Runtime runtime_{1};
  InProcessBus bus_{{.in_flight = 1}, Logger(), metrics_};
  std::vector<std::string> seen_;
};

TEST_F(BusTest, SubscribersGetTheirTopicsAlone) {
  const auto note = [this](Message message) { return Note(&seen_, std::move(message)); };
  bus_.Subscribe("alert.raised", "one", note);
  bus_.Subscribe("alert.*", "family", note);
  bus_.Subscribe("*", "all", note);
  EXPECT_TRUE(Publish("alert.raised"));
  EXPECT_EQ(seen_.size(), 3U);
  EXPECT_TRUE(Publish("alert.resolved"));
  EXPECT_EQ(seen_.size(), 5U);
  EXPECT_TRUE(Publish("alerts"));
  EXPECT_EQ(seen_.size(), 6U);
}

TEST_F(BusTest, WithoutASubscriberItIsPublished) { EXPECT_TRUE(Publish("nobody")); }

TEST_F(BusTest, AFailureOrAnExceptionOfASubscriberIsTheAnswer) {
  bus_.Subscribe("busy", "refuses", &Refuse);
  bus_.Subscribe("bad", "throws", &Throw);
  bus_.Subscribe("closed", "aborts", &Abort);
  EXPECT_EQ(Publish("busy").error().code, Code::kUnavailable);
  EXPECT_EQ(Publish("bad").error().code, Code::kInternal);
  EXPECT_EQ(Publish("closed").error().code, Code::kInternal);
  EXPECT_NE(metrics_.Expose().find(
                R"(vedette_bus_deliveries_total{outcome="failed",subscriber="throws"} 1)"),
            std::string::npos);
}

Task<Status> Second(InProcessBus* bus, Signal release) {
  const Status status = co_await bus->Publish({.topic = "slow"});
  release.Set();
  co_return status;
}

Task<std::tuple<Status, Status>> Both(InProcessBus* bus, Signal release) {
  co_return co_await WhenAll(bus->Publish({.topic = "slow"}), Second(bus, release));
}

TEST_F(BusTest, ASubscriberWithTooMuchInFlightRefuses) {
  const Signal release;
  bus_.Subscribe("slow", "holds",
                 [release](Message message) { return Hold(release, std::move(message)); });
  const auto [first, second] =
      Await<std::tuple<Status, Status>>(runtime_, [&] { return Both(&bus_, release); });
  EXPECT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace vedette::queue
