// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/rest_stream.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "kit/task/sleep.h"

namespace vedette::rpc {
namespace {

// Between the task that runs the operation and the one that writes the response. Both run on the
// connection's executor, so nothing is locked; only giving up may come from elsewhere.
struct Exchange {
  Canceller canceller;
  bool accepted = false;
  std::atomic<bool> closed = false;  // nobody takes items any more
  std::optional<Status> ended;       // how the operation ended
  std::optional<std::string> item;   // formatted, to be taken
  std::optional<Signal> reader;      // who waits for something to happen
  std::optional<Signal> writer;      // who waits for the item to be taken

  static void Wake(std::optional<Signal>& waiter) {
    if (auto signal = std::exchange(waiter, std::nullopt)) signal->Set();
  }
  void Close() {
    closed = true;
    item.reset();
    Wake(writer);
    canceller.Cancel();
  }
};

Task<bool> WaitOn(std::optional<Signal>& waiter) {
  const Signal signal;
  waiter = signal;
  co_return co_await signal.Wait();
}

class ExchangeSink final : public MessageSink {
 public:
  ExchangeSink(std::shared_ptr<Exchange> exchange, const EventFormat& format)
      : exchange_(std::move(exchange)), format_(format) {}

  Task<bool> Accept() override {
    exchange_->accepted = true;
    Exchange::Wake(exchange_->reader);
    co_return !exchange_->closed;
  }

  Task<bool> Write(Message& message) override {
    if (exchange_->closed) co_return false;
    exchange_->accepted = true;
    exchange_->item = Format(message);
    Exchange::Wake(exchange_->reader);
    while (exchange_->item && !exchange_->closed) {
      if (!co_await WaitOn(exchange_->writer)) co_return false;
    }
    co_return !exchange_->closed;
  }

 private:
  std::string Format(const Message& message) const {
    std::string data;
    JsonCodec::Write(*format_.plan, message, data);
    std::string id;
    if (format_.sequence != nullptr) {
      id = std::to_string(message.GetReflection()->GetInt64(message, format_.sequence));
    }
    return http::FormatServerSentEvent(format_.name, data, id);
  }

  std::shared_ptr<Exchange> exchange_;
  const EventFormat& format_;
};

Task<void> RunOperation(const Operation& operation,
                        void* api,
                        CallContext context,
                        std::unique_ptr<Message> request,
                        const EventFormat& format,
                        std::shared_ptr<Exchange> exchange) {
  ExchangeSink sink(exchange, format);
  exchange->ended = co_await operation.stream(api, std::move(context), std::move(request), sink);
}

// Cancels the operation when the response is given up, wherever it then is.
class Reader {
 public:
  explicit Reader(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Reader() {
    exchange_->closed = true;
    exchange_->canceller.Cancel();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Exchange& exchange() { return *exchange_; }

 private:
  std::shared_ptr<Exchange> exchange_;
};

Task<void> WriteEvents(std::shared_ptr<Reader> reader, http::ResponseStream& out) {
  Exchange& exchange = reader->exchange();
  while (true) {
    if (auto item = std::exchange(exchange.item, std::nullopt)) {
      Exchange::Wake(exchange.writer);
      if (!co_await out.Write(std::move(*item))) break;
      continue;
    }
    if (exchange.ended) {
      if (!*exchange.ended) {
        const std::string problem = http::ProblemResponse(exchange.ended->error()).body;
        co_await out.Write(http::FormatServerSentEvent("error", problem));
      }
      break;
    }
    if (!co_await WaitOn(exchange.reader)) break;
  }
  exchange.Close();
}

}  // namespace

std::optional<StreamRegistry::Ticket> StreamRegistry::Enter(const Canceller& canceller) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return std::nullopt;
  return running_.insert(running_.end(), canceller);
}

void StreamRegistry::Leave(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  running_.erase(ticket);
  if (stopped_ && running_.empty()) empty_.Set();
}

Task<void> StreamRegistry::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Canceller& canceller : running_) canceller.Cancel();
    if (running_.empty()) empty_.Set();
  }
  co_await empty_.WaitRegardless([] {});
}

EventFormat MakeEventFormat(const JsonCodec::Plan& plan, const Message& item) {
  EventFormat format{item.GetDescriptor()->name(), &plan};
  std::ranges::transform(format.name, format.name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  const auto* sequence = item.GetDescriptor()->FindFieldByName("sequence");
  if (sequence != nullptr && !sequence->is_repeated() &&
      sequence->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT64) {
    format.sequence = sequence;
  }
  return format;
}

Task<StreamAnswer> CallStream(const Operation& operation,
                              void* api,
                              CallContext context,
                              std::unique_ptr<Message> request,
                              const EventFormat& format,
                              std::shared_ptr<StreamRegistry> registry) {
  auto exchange = std::make_shared<Exchange>();
  const auto ticket = registry->Enter(exchange->canceller);
  if (!ticket) {
    co_return StreamAnswer{{}, Error{Code::kUnavailable, "The server is stopping."}};
  }
  auto reader = std::make_shared<Reader>(exchange);
  const Executor executor = co_await CurrentExecutor();
  Spawn(
      executor,
      [&operation, api, context = std::move(context), request = std::move(request), &format,
       exchange]() mutable {
        return RunOperation(operation, api, std::move(context), std::move(request), format,
                            exchange);
      },
      [exchange, registry, ticket](std::exception_ptr exception) {
        if (exception || !exchange->ended) {
          exchange->ended = Fail(Code::kInternal, "The stream was broken off.");
        }
        Exchange::Wake(exchange->reader);
        registry->Leave(*ticket);
      },
      exchange->canceller);
  while (!exchange->accepted && !exchange->ended) {
    if (!co_await WaitOn(exchange->reader)) {
      co_return StreamAnswer{{}, Error{Code::kCancelled, "The caller left."}};
    }
  }
  if (!exchange->accepted && !*exchange->ended) {
    co_return StreamAnswer{{}, exchange->ended->error()};
  }
  http::Response response;
  response.headers.Set("Content-Type", "text/event-stream");
  response.headers.Set("Cache-Control", "no-store");
  response.stream = [reader](http::ResponseStream& out) { return WriteEvents(reader, out); };
  co_return StreamAnswer{std::move(response), std::nullopt};
}

}  // namespace vedette::rpc
