// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/shedder.h"

#include <array>
#include <limits>
#include <string>

#include "kit/config/section.h"
#include "kit/shed/lane.h"

namespace vedette {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void ShedOptions::Describe(config::Section& section) {
  section.Field("enabled", enabled, {.text = "Whether calls are refused under overload."});
  section.Field(
      "window", window,
      {.text = "The past that tells what can be served.", .minimum = 100, .maximum = 600'000});
  section.Field("buckets", buckets,
                {.text = "Parts of the window.", .minimum = 2, .maximum = 1000});
  section.Field("report_threshold", report_threshold,
                {.text = "Processor use, of 1000, from which reports may be refused.",
                 .minimum = 1,
                 .maximum = 999});
  section.Field("interactive_threshold", interactive_threshold,
                {.text = "Processor use, of 1000, from which interactive calls may be refused.",
                 .minimum = 1,
                 .maximum = 999});
  section.Field("capture_threshold", capture_threshold,
                {.text = "Processor use, of 1000, from which data capture may be refused.",
                 .minimum = 1,
                 .maximum = 999});
  section.Field("report_wait", report_wait,
                {.text = "How long reports may wait for their turn under overload; keep it below "
                         "that of interactive calls.",
                 .minimum = 0,
                 .maximum = 60'000});
  section.Field("interactive_wait", interactive_wait,
                {.text = "How long interactive calls may; keep it below that of data capture.",
                 .minimum = 0,
                 .maximum = 60'000});
  section.Field("capture_wait", capture_wait,
                {.text = "How long data capture may.", .minimum = 0, .maximum = 60'000});
  section.Field("cool_off", cool_off,
                {.text = "How long an overload counts after it was last seen.",
                 .minimum = 1,
                 .maximum = 600'000});
  section.Field("minimum_factor", minimum_factor,
                {.text = "The share of the capacity that is used however busy processors are.",
                 .minimum = 0.01,
                 .maximum = 1});
  section.Field("flight_beta", flight_beta,
                {.text = "What a call that ends leaves of the average of the calls in flight.",
                 .minimum = 0,
                 .maximum = 0.999});
}

struct Shedder::Impl {
  const ShedOptions options;
  const CpuReader& cpu;
  const Clock& clock;
  std::array<Lane, kRateClasses.size()> lanes;

  Impl(const ShedOptions& shed_options,
       const CpuReader& cpu_reader,
       const Clock& shed_clock,
       MetricsRegistry& metrics,
       const MetricLabels& labels)
      : options(shed_options),
        cpu(cpu_reader),
        clock(shed_clock),
        lanes{Lane(RateClass::kCapture, options, clock.SteadyNow(), metrics, labels),
              Lane(RateClass::kInteractive, options, clock.SteadyNow(), metrics, labels),
              Lane(RateClass::kReport, options, clock.SteadyNow(), metrics, labels)} {}

  Lane& LaneOf(RateClass rate_class) { return lanes[static_cast<std::size_t>(rate_class)]; }

  // Whether a more important class was refused lately. Each class may always have one call in
  // flight, and some of those would keep the processors busy at the cost of what matters more.
  bool IsOutranked(RateClass rate_class) const {
    for (const RateClass other : kRateClasses) {
      if (other == rate_class) return false;
      if (lanes[static_cast<std::size_t>(other)].IsShedding(clock)) return true;
    }
    return false;
  }

  Shedder::State StateOf(RateClass rate_class) {
    return LaneOf(rate_class).Snapshot(cpu.Usage(), clock);
  }
};

Shedder::Shedder(const ShedOptions& options,
                 const CpuReader& cpu,
                 const Clock& clock,
                 MetricsRegistry& metrics,
                 MetricLabels labels)
    : impl_(std::make_shared<Impl>(options, cpu, clock, metrics, labels)) {
  // The page may be asked for after the shedder is gone.
  const auto read = [weak = std::weak_ptr(impl_)](auto value) {
    return [weak, value] {
      const std::shared_ptr<Impl> impl = weak.lock();
      return impl ? value(*impl) : kUnknown;
    };
  };
  metrics.AddGaugeCallback("vedette_shed_cpu_ratio",
                           "How busy the processors are that this process may use, smoothed.",
                           labels, read([](Impl& impl) {
                             const std::optional<double> usage = impl.cpu.Usage();
                             return usage ? *usage / 1000 : kUnknown;
                           }));
  for (const RateClass rate_class : kRateClasses) {
    MetricLabels with_class = labels;
    with_class.emplace_back("class", RateClassName(rate_class));
    metrics.AddGaugeCallback("vedette_shed_in_flight", "Calls admitted that have not ended.",
                             with_class, read([rate_class](Impl& impl) {
                               return static_cast<double>(impl.LaneOf(rate_class).flying());
                             }));
    metrics.AddGaugeCallback(
        "vedette_shed_flight_limit", "Calls in flight above which more are refused under overload.",
        with_class, read([rate_class](Impl& impl) { return impl.StateOf(rate_class).limit; }));
  }
}

Shedder::~Shedder() = default;

Result<Shedder::Permit> Shedder::Admit(RateClass rate_class) {
  Lane& lane = impl_->LaneOf(rate_class);
  const SteadyTime now = impl_->clock.SteadyNow();
  if (impl_->options.enabled) {
    const std::optional<double> usage = impl_->cpu.Usage();
    const bool outranked = impl_->IsOutranked(rate_class);
    if (outranked) lane.CountRefused();
    if (outranked || (usage && lane.Refuses(*usage, now))) {
      return vedette::Fail(Error{.code = Code::kUnavailable,
                                 .message = "The server is busy; try again later.",
                                 .retry_after = impl_->options.cool_off});
    }
  }
  return Permit(this, rate_class, lane.Begin(), now);
}

void Shedder::Permit::Pass() {
  Shedder* const shedder = std::exchange(shedder_, nullptr);
  if (shedder == nullptr) return;
  shedder->impl_->LaneOf(rate_class_).Pass(found_, started_, shedder->impl_->clock.SteadyNow());
}

void Shedder::Permit::Fail() {
  Shedder* const shedder = std::exchange(shedder_, nullptr);
  if (shedder != nullptr) shedder->impl_->LaneOf(rate_class_).Fail(found_);
}

bool Shedder::IsShedding(RateClass rate_class) const {
  return impl_->LaneOf(rate_class).IsShedding(impl_->clock);
}

std::vector<Shedder::State> Shedder::Snapshot() const {
  std::vector<State> states;
  for (const RateClass rate_class : kRateClasses) states.push_back(impl_->StateOf(rate_class));
  return states;
}

}  // namespace vedette
