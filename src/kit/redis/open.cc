// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/open.h"

#include <utility>

#include "kit/redis/router.h"

namespace vedette::redis {
namespace {

Ending EndingOf(Code code) {
  switch (code) {
    case Code::kDeadlineExceeded:
      return Ending::kTimeout;
    case Code::kUnavailable:
      return Ending::kUnavailable;
    case Code::kResourceExhausted:
      return Ending::kRefused;
    case Code::kCancelled:
      return Ending::kCancelled;
    default:
      return Ending::kError;
  }
}

// Of a cluster that is being rearranged.
bool IsOnTheMove(std::string_view word) {
  return word == "MOVED" || word == "ASK" || word == "TRYAGAIN";
}

Result<Reply> ToReply(Result<Answer> answer) {
  if (!answer) return Fail(std::move(answer).error());
  if (answer->error.empty()) return std::move(answer->reply);
  const std::string_view word = answer->ErrorWord();
  // The rest of the text may repeat arguments.
  const bool trouble = answer->IsServerTrouble() || IsOnTheMove(word);
  return Fail(trouble ? Code::kUnavailable : Code::kFailedPrecondition,
              word.empty() ? "ERR" : std::string(word));
}

// Scripts name the number of their keys first.
std::optional<std::string> KeyOf(std::string_view command,
                                 const std::vector<std::string>& arguments) {
  const bool script = command == "EVAL" || command == "EVALSHA";
  const std::size_t place = script ? 2 : 0;
  if (arguments.size() <= place || (script && arguments[1] == "0")) return std::nullopt;
  return arguments[place];
}

class RoutedClient final : public Client {
 public:
  explicit RoutedClient(std::unique_ptr<Context> context)
      : context_(std::move(context)),
        router_(context_->location.topology == Topology::kCluster ? MakeClusterRouter(*context_)
                                                                  : MakeSingleRouter(*context_)) {
    router_->Start();
  }

  Task<Result<Reply>> Call(Deadline deadline,
                           std::string_view command,
                           std::vector<std::string> arguments) override {
    auto key = KeyOf(command, arguments);
    std::string bytes;
    AppendCommand(bytes, command, arguments);
    co_return ToReply(co_await Observed(deadline, command, std::move(key), std::move(bytes)));
  }

  Task<Result<Reply>> Run(Deadline deadline,
                          const Script& script,
                          std::vector<std::string> keys,
                          std::vector<std::string> arguments) override {
    std::vector<std::string> words = {script.sha1(), std::to_string(keys.size())};
    std::move(keys.begin(), keys.end(), std::back_inserter(words));
    std::move(arguments.begin(), arguments.end(), std::back_inserter(words));
    // The script may be gone when the answer is there.
    std::string text(script.text());
    const auto key = KeyOf("EVALSHA", words);
    std::string bytes;
    AppendCommand(bytes, "EVALSHA", words);
    auto answer = co_await Observed(deadline, "EVALSHA", key, std::move(bytes));
    if (answer && answer->ErrorWord() == "NOSCRIPT") {
      words.front() = std::move(text);
      std::string whole;
      AppendCommand(whole, "EVAL", words);
      answer = co_await Observed(deadline, "EVAL", key, std::move(whole));
    }
    co_return ToReply(std::move(answer));
  }

  bool IsConnected() const override { return router_->IsConnected(); }
  std::vector<ServerState> Snapshot() const override { return router_->Snapshot(); }
  Task<void> Close() override { return router_->Close(); }

 private:
  Task<Result<Answer>> Observed(Deadline deadline,
                                std::string_view command,
                                std::optional<std::string> key,
                                std::string bytes) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    Span span = context_->dependencies.tracer.Start(command, SpanKind::kClient, deadline.trace);
    span.Set("db.system.name", "redis");
    if (!deadline.IsSet()) deadline.time = begin + context_->options.call_timeout;
    Result<Answer> answer = Fail(Code::kDeadlineExceeded, "There was no time left for Redis.");
    if (deadline.time > begin) {
      answer = co_await router_->Send(deadline, std::move(key), std::move(bytes));
    }
    Ending ending = Ending::kOk;
    if (!answer) {
      ending = EndingOf(answer.error().code);
      span.Fail(answer.error().code);
    } else if (!answer->error.empty() && answer->ErrorWord() != "NOSCRIPT") {
      ending = Ending::kError;
      span.Fail(Code::kFailedPrecondition);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    context_->metrics.Observe(command, ending, seconds.count());
    co_return answer;
  }

  const std::unique_ptr<Context> context_;
  const std::unique_ptr<Router> router_;
};

}  // namespace

Result<std::unique_ptr<Client>> MakeClient(const RedisOptions& options,
                                           Runtime& runtime,
                                           Dependencies dependencies) {
  VEDETTE_TRY(Location location, ParseUrl(options.url));
  VEDETTE_TRY(auto dialer, Dialer::Make(options, location.tls));
  MetricsRegistry& registry = dependencies.metrics;
  return std::make_unique<RoutedClient>(
      std::unique_ptr<Context>(new Context{.options = options,
                                           .location = std::move(location),
                                           .dialer = std::move(dialer),
                                           .runtime = runtime,
                                           .dependencies = std::move(dependencies),
                                           .metrics = CallMetrics(registry)}));
}

}  // namespace vedette::redis
