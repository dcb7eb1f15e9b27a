// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/in_process_bus.h"

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <string_view>
#include <utility>

namespace vedette::queue {
namespace {

bool Covers(std::string_view pattern, std::string_view topic) {
  if (pattern == "*" || pattern == topic) return true;
  return pattern.ends_with(".*") && topic.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

struct InProcessBus::Impl {
  struct Subscription {
    std::string topic;
    std::string name;
    Subscriber subscriber;
    Counter& done;
    Counter& failed;
    Counter& refused;
    std::atomic<std::int64_t> in_flight = 0;
  };

  Impl(InProcessBusOptions bus_options, Logger bus_logger, MetricsRegistry& bus_metrics)
      : options(bus_options), logger(std::move(bus_logger)), metrics(bus_metrics) {}

  const InProcessBusOptions options;
  const Logger logger;
  MetricsRegistry& metrics;
  std::vector<std::unique_ptr<Subscription>> subscriptions;

  Counter& Deliveries(const std::string& name, const char* outcome) {
    return metrics.GetCounter("vedette_bus_deliveries_total",
                              "Messages handed to a subscriber of the bus in the process.",
                              {{"subscriber", name}, {"outcome", outcome}});
  }

  Task<Status> Deliver(Subscription& subscription, Message message) {
    struct Leave {
      ~Leave() { --*in_flight; }
      std::atomic<std::int64_t>* in_flight;
    };
    const bool full = ++subscription.in_flight > options.in_flight;
    const Leave leave{&subscription.in_flight};
    if (full) {
      subscription.refused.Add();
      co_return Fail(Code::kResourceExhausted, "The subscriber has too much in flight.");
    }
    const Status taken = co_await Contained(subscription, std::move(message));
    (taken ? subscription.done : subscription.failed).Add();
    co_return taken;
  }

  Task<Status> Contained(const Subscription& subscription, Message message) {
    std::exception_ptr error;
    try {
      co_return co_await subscription.subscriber(std::move(message));
    } catch (...) {
      error = std::current_exception();
    }
    // Without being cancelled it may be operation_aborted too, of what the subscriber uses.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(error);
    // What it says may hold values, so it is not logged.
    logger.Error("a subscriber ended by an exception", {{"subscriber", subscription.name}});
    co_return Fail(Code::kInternal, "The subscriber failed.");
  }
};

InProcessBus::InProcessBus(InProcessBusOptions options, Logger logger, MetricsRegistry& metrics)
    : impl_(std::make_shared<Impl>(options, std::move(logger), metrics)) {}

InProcessBus::~InProcessBus() = default;

void InProcessBus::Subscribe(std::string topic, std::string name, Subscriber subscriber) {
  Counter& done = impl_->Deliveries(name, "done");
  Counter& failed = impl_->Deliveries(name, "failed");
  Counter& refused = impl_->Deliveries(name, "refused");
  impl_->subscriptions.push_back(std::make_unique<Impl::Subscription>(
      std::move(topic), std::move(name), std::move(subscriber), done, failed, refused));
}

Task<Status> InProcessBus::Publish(Message message) {
  const std::shared_ptr<Impl> impl = impl_;
  for (const auto& subscription : impl->subscriptions) {
    if (!Covers(subscription->topic, message.topic)) continue;
    VEDETTE_CO_CHECK_OK(co_await impl->Deliver(*subscription, message));
  }
  co_return Status();
}

}  // namespace vedette::queue
