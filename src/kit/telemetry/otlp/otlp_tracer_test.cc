// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/otlp_tracer.h"

#include <gtest/gtest.h>
#include <kit/telemetry/otlp/otlp.pb.h>

#include <deque>
#include <mutex>
#include <new>
#include <utility>

#include "kit/task/runtime.h"
#include "kit/task/signal.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"

namespace vedette {
namespace {

// Keeps what it is given and answers as told; with `gate` it waits for it first.
class ScriptedExporter final : public SpanExporter {
 public:
  struct State {
    std::mutex mutex;
    std::vector<otlp::ExportRequest> taken;
    std::deque<Error> failures;  // of the next attempts
    std::int64_t refuse = 0;
    bool throws = false;  // the next attempt
    std::size_t attempts = 0;
    std::optional<Signal> gate;
    Signal entered;
  };

  explicit ScriptedExporter(std::shared_ptr<State> state) : state_(std::move(state)) {}

  Task<Result<std::int64_t>> Export(const otlp::ExportRequest& request, Deadline) override {
    state_->entered.Set();
    if (state_->gate && !co_await state_->gate->Wait()) co_return Fail(Code::kCancelled, "");
    const std::scoped_lock lock(state_->mutex);
    ++state_->attempts;
    if (std::exchange(state_->throws, false)) throw std::bad_alloc();
    if (!state_->failures.empty()) {
      Error error = state_->failures.front();
      state_->failures.pop_front();
      co_return Fail(std::move(error));
    }
    state_->taken.push_back(request);
    co_return state_->refuse;
  }

 private:
  const std::shared_ptr<State> state_;
};

class OtlpTracerTest : public testing::Test {
 protected:
  OtlpTracer& Make(TelemetryOptions options) {
    tracer_.emplace(std::move(options), TelemetryResource{"vedette", "0.1", "one"},
                    OtlpTracerDependencies{std::make_unique<ScriptedExporter>(exporter_),
                                           clock_,
                                           random_,
                                           metrics_,
                                           {capture_, clock_, LogLevel::kInfo}});
    return *tracer_;
  }

  bool Flush() {
    return Await<bool>(runtime_, [this] {
      return tracer_->Flush(Deadline::After(SystemClock(), std::chrono::seconds(30)));
    });
  }

  // Names of the spans that were exported, in order.
  std::vector<std::string> Names() {
    const std::scoped_lock lock(exporter_->mutex);
    std::vector<std::string> names;
    for (const auto& request : exporter_->taken) {
      for (const auto& span : request.resource_spans(0).scope_spans(0).spans()) {
        names.push_back(span.name());
      }
    }
    return names;
  }

  static TraceContext Remote(bool sampled) {
    TraceContext context = TraceContext().Child();
    context.sampled = sampled;
    return context;
  }

  using Strings = std::vector<std::string>;
  std::shared_ptr<ScriptedExporter::State> exporter_ = std::make_shared<ScriptedExporter::State>();
  FakeClock clock_;
  SeededRandom random_{1};
  MetricsRegistry metrics_;
  std::shared_ptr<LogCapture> capture_ = std::make_shared<LogCapture>();
  Runtime runtime_{1};
  std::optional<OtlpTracer> tracer_;
};

// Long enough that only a full batch, a flush or the stop sends.
constexpr std::chrono::milliseconds kNever = std::chrono::hours(1);

TEST_F(OtlpTracerTest, ExportsWhatASpanHolds) {
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  TraceContext root_context;
  {
    Span root = tracer.Start("trial.GetStudy", SpanKind::kServer, {});
    root_context = root.context();
    Span child = tracer.Start("sql study.find", SpanKind::kClient, root.context());
    child.Set("db.system", "sqlite");
    child.Set("db.rows", 3);
    child.Fail(Code::kConflict);
    clock_.Advance(std::chrono::milliseconds(5));
    child.End();
    root.Fail(Code::kNotFound);
  }
  ASSERT_TRUE(Flush());
  ASSERT_EQ(exporter_->taken.size(), 1U);
  const otlp::ResourceSpans& group = exporter_->taken[0].resource_spans(0);
  ASSERT_EQ(group.resource().attributes_size(), 3);
  EXPECT_EQ(group.resource().attributes(0).key(), "service.name");
  EXPECT_EQ(group.resource().attributes(0).value().string_value(), "vedette");
  EXPECT_EQ(group.resource().attributes(2).key(), "service.instance.id");
  ASSERT_EQ(group.scope_spans(0).spans_size(), 2);
  const otlp::SpanRecord& child = group.scope_spans(0).spans(0);
  const otlp::SpanRecord& root = group.scope_spans(0).spans(1);
  EXPECT_EQ(child.name(), "sql study.find");
  EXPECT_EQ(child.kind(), otlp::SpanRecord::KIND_CLIENT);
  EXPECT_EQ(child.trace_id(), root.trace_id());
  EXPECT_EQ(child.parent_span_id(), root.span_id());
  EXPECT_EQ(root.parent_span_id(), "");
  EXPECT_EQ(root.span_id(), std::string(root_context.span_id.begin(), root_context.span_id.end()));
  EXPECT_EQ(child.end_time_unix_nano() - child.start_time_unix_nano(), 5'000'000U);
  EXPECT_EQ(child.start_time_unix_nano(),
            static_cast<std::uint64_t>(ToUnixMicros(FakeClock::kStart)) * 1000);
  ASSERT_EQ(child.attributes_size(), 3);
  EXPECT_EQ(child.attributes(0).key(), "db.system");
  EXPECT_EQ(child.attributes(0).value().string_value(), "sqlite");
  EXPECT_EQ(child.attributes(1).value().int_value(), 3);
  EXPECT_EQ(child.attributes(2).key(), "error.type");
  EXPECT_EQ(child.attributes(2).value().string_value(), "CONFLICT");
  EXPECT_EQ(child.status().code(), otlp::SpanStatus::ERROR);
  // What the caller did wrong is no error of the server.
  EXPECT_EQ(root.status().code(), otlp::SpanStatus::UNSET);
  EXPECT_EQ(root.flags(), 1U);
}

TEST_F(OtlpTracerTest, AnExceptionCostsItsBatchAlone) {
  exporter_->throws = true;
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  tracer.Start("lost", SpanKind::kInternal, {}).End();
  ASSERT_TRUE(Flush());
  tracer.Start("next", SpanKind::kInternal, {}).End();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names(), Strings({"next"}));
  EXPECT_EQ(tracer.Read().dropped_undelivered, 1U);
}

// When the receiver is away the length matters most, and nobody takes from the queue.
TEST_F(OtlpTracerTest, ShowsHowManySpansWaitWhileTheReceiverDoesNotAnswer) {
  exporter_->gate.emplace();
  OtlpTracer& tracer = Make({.batch_size = 4, .batch_delay = kNever});
  const Gauge& waiting = metrics_.GetGauge("vedette_trace_queue_spans", "");
  for (int i = 0; i < 4; ++i) tracer.Start("sent", SpanKind::kInternal, {}).End();
  ASSERT_TRUE(Await<bool>(runtime_, [this] { return exporter_->entered.Wait(); }));
  EXPECT_EQ(waiting.Value(), 0);
  for (int i = 0; i < 11; ++i) tracer.Start("waits", SpanKind::kInternal, {}).End();
  EXPECT_EQ(waiting.Value(), 11);
  exporter_->gate->Set();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(waiting.Value(), 0);
}

TEST_F(OtlpTracerTest, AReceiverThatWantsAnHourOfRestGetsNoMoreThanTheTimeForRetries) {
  Error busy{Code::kResourceExhausted, "busy"};
  busy.retry_after = std::chrono::hours(1);
  exporter_->failures = {busy};
  OtlpTracer& tracer = Make({.batch_delay = kNever, .retry_for = std::chrono::milliseconds(100)});
  tracer.Start("waits", SpanKind::kInternal, {}).End();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names(), Strings({"waits"}));
}

TEST_F(OtlpTracerTest, FollowsTheCallersDecisionAndOtherwiseTheRatio) {
  OtlpTracer& tracer = Make({.sample_ratio = 0, .always_on_error = false, .batch_delay = kNever});
  EXPECT_FALSE(tracer.Start("own", SpanKind::kServer, {}).context().sampled);
  EXPECT_TRUE(tracer.Start("asked for", SpanKind::kServer, Remote(true)).context().sampled);
  Span not_asked_for = tracer.Start("not asked for", SpanKind::kServer, Remote(false));
  EXPECT_TRUE(not_asked_for.context().IsValid());
  not_asked_for.Fail(Code::kInternal);
  not_asked_for.End();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names(), Strings({"asked for"}));
}

TEST_F(OtlpTracerTest, StrangersMayForceSoManyTracesASecond) {
  OtlpTracer& tracer = Make({.sample_ratio = 0, .strange_traces_per_second = 2});
  EXPECT_FALSE(tracer.Admit(Remote(false)).sampled);
  EXPECT_TRUE(tracer.Admit(Remote(true)).sampled);
  EXPECT_TRUE(tracer.Admit(Remote(true)).sampled);
  const TraceContext third = Remote(true);
  EXPECT_FALSE(tracer.Admit(third).sampled);
  EXPECT_EQ(tracer.Admit(third).TraceIdHex(), third.TraceIdHex());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(tracer.Admit(Remote(true)).sampled);
}

TEST_F(OtlpTracerTest, ChanceAndNotTheStrangersIdDecidesAboutTheOthers) {
  OtlpTracer& tracer = Make({.sample_ratio = 0.25, .strange_traces_per_second = 0});
  TraceContext chosen = Remote(true);
  for (std::size_t i = 8; i < chosen.trace_id.size(); ++i) chosen.trace_id[i] = 0;
  int sampled = 0;
  for (int i = 0; i < 1000; ++i) sampled += tracer.Admit(chosen).sampled ? 1 : 0;
  EXPECT_GT(sampled, 200);
  EXPECT_LT(sampled, 300);
}

TEST_F(OtlpTracerTest, ATraceThatIsNotSampledIsExportedWhenItFailed) {
  OtlpTracer& tracer = Make({.sample_ratio = 0, .batch_delay = kNever});
  {
    const Span root = tracer.Start("good root", SpanKind::kServer, {});
    tracer.Start("good child", SpanKind::kClient, root.context());
  }
  {
    const Span root = tracer.Start("bad root", SpanKind::kServer, Remote(false));
    tracer.Start("bad child", SpanKind::kClient, root.context()).Fail(Code::kInternal);
    EXPECT_EQ(tracer.Read().held_traces, 1U);
    EXPECT_EQ(tracer.Read().queued, 0U);
  }
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names(), Strings({"bad child", "bad root"}));
  EXPECT_EQ(exporter_->taken[0].resource_spans(0).scope_spans(0).spans(0).flags(), 0U);
}

TEST_F(OtlpTracerTest, SoManyFailedTracesASecond) {
  OtlpTracer& tracer =
      Make({.sample_ratio = 0, .error_traces_per_second = 2, .batch_delay = kNever});
  const auto fail = [&] { tracer.Start("bad", SpanKind::kServer, {}).Fail(Code::kInternal); };
  for (int i = 0; i < 5; ++i) fail();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names().size(), 2U);
  clock_.Advance(std::chrono::seconds(1));
  fail();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names().size(), 3U);
}

TEST_F(OtlpTracerTest, AFullBatchGoesAtOnce) {
  OtlpTracer& tracer = Make({.batch_size = 3, .batch_delay = kNever});
  for (int i = 0; i < 3; ++i) tracer.Start("s", SpanKind::kInternal, {});
  EXPECT_TRUE(Await<bool>(runtime_, [this] {
    return exporter_->entered.WaitUntil(std::chrono::steady_clock::now() +
                                        std::chrono::seconds(30));
  }));
  ASSERT_TRUE(Flush());
  EXPECT_EQ(Names().size(), 3U);
}

TEST_F(OtlpTracerTest, ABatchThatIsNotFullGoesAfterItsDelay) {
  OtlpTracer& tracer = Make({.batch_delay = std::chrono::milliseconds(10)});
  tracer.Start("s", SpanKind::kInternal, {});
  EXPECT_TRUE(Await<bool>(runtime_, [this] {
    return exporter_->entered.WaitUntil(std::chrono::steady_clock::now() +
                                        std::chrono::seconds(30));
  }));
}

TEST_F(OtlpTracerTest, DropsAndCountsWhatDoesNotFit) {
  exporter_->gate.emplace();
  OtlpTracer& tracer = Make({.queue_limit = 20, .batch_size = 4, .batch_delay = kNever});
  for (int i = 0; i < 4; ++i) tracer.Start("s", SpanKind::kInternal, {});
  // The first batch is at the exporter and stays there.
  Await<bool>(runtime_, [this] { return exporter_->entered.Wait(); });
  for (int i = 0; i < 25; ++i) tracer.Start("s", SpanKind::kInternal, {});
  EXPECT_EQ(tracer.Read().queued, 20U);
  EXPECT_EQ(tracer.Read().dropped_queue_full, 5U);
  exporter_->gate->Set();
  ASSERT_TRUE(Flush());
  EXPECT_EQ(tracer.Read().exported, 24U);
  EXPECT_EQ(tracer.Read().queued, 0U);
  EXPECT_EQ(metrics_
                .GetCounter("vedette_trace_spans_total", "Ended spans by what became of them.",
                            {{"outcome", "queue_full"}})
                .Value(),
            5U);
}

TEST_F(OtlpTracerTest, TriesAgainWhatMayPassAndTellsOnce) {
  exporter_->failures = {{Code::kUnavailable, "away"}, {Code::kDeadlineExceeded, "late"}};
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  tracer.Start("s", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(exporter_->attempts, 3U);
  EXPECT_EQ(tracer.Read().exported, 1U);
  EXPECT_TRUE(tracer.Read().connected);
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 1U);
  EXPECT_TRUE(capture_->HasMessage("traces are exported again"));
}

TEST_F(OtlpTracerTest, DropsWhatIsRefusedForGood) {
  exporter_->failures = {{Code::kInvalidArgument, "no"}, {Code::kResourceExhausted, "too much"}};
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  tracer.Start("a", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  tracer.Start("b", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  tracer.Start("c", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(exporter_->attempts, 3U);
  EXPECT_EQ(tracer.Read().dropped_undelivered, 2U);
  EXPECT_EQ(Names(), Strings({"c"}));
}

TEST_F(OtlpTracerTest, CountsWhatTheReceiverRefuses) {
  exporter_->refuse = 2;
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  for (int i = 0; i < 5; ++i) tracer.Start("s", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(tracer.Read().refused, 2U);
  EXPECT_EQ(tracer.Read().exported, 3U);
}

TEST_F(OtlpTracerTest, TheStopSendsWhatIsThereAndTakesNoMore) {
  OtlpTracer& tracer = Make({.batch_size = 2, .batch_delay = kNever});
  tracer.Start("a", SpanKind::kInternal, {});
  Span late = tracer.Start("late", SpanKind::kInternal, {});
  tracer.Stop(std::chrono::seconds(30));
  EXPECT_EQ(Names(), Strings({"a"}));
  late.End();
  EXPECT_EQ(tracer.Read().dropped_queue_full, 1U);
  tracer.Stop(std::chrono::seconds(30));
}

TEST_F(OtlpTracerTest, TheStopIsBoundedAndCountsWhatStays) {
  exporter_->gate.emplace();
  OtlpTracer& tracer = Make({.batch_size = 2, .batch_delay = kNever});
  for (int i = 0; i < 5; ++i) tracer.Start("s", SpanKind::kInternal, {});
  tracer.Stop(std::chrono::milliseconds(20));
  EXPECT_EQ(tracer.Read().dropped_undelivered, 5U);
  EXPECT_EQ(tracer.Read().exported, 0U);
}

TEST_F(OtlpTracerTest, AFlushGivesUpAtItsDeadline) {
  exporter_->gate.emplace();
  OtlpTracer& tracer = Make({.batch_delay = kNever});
  tracer.Start("s", SpanKind::kInternal, {});
  EXPECT_FALSE(Await<bool>(runtime_, [&] {
    return tracer.Flush(Deadline::After(SystemClock(), std::chrono::milliseconds(20)));
  }));
  exporter_->gate->Set();
  EXPECT_TRUE(Flush());
}

}  // namespace
}  // namespace vedette
