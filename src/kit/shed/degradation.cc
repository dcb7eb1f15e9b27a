// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/degradation.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <span>
#include <stdexcept>

#include "kit/config/section.h"
#include "kit/shed/shedder.h"
#include "kit/telemetry/metrics.h"

namespace vedette {
namespace {

constexpr std::size_t kFeatures = 64;

constexpr std::chrono::seconds kRetryAfterOverload{5};
constexpr std::chrono::seconds kRetryAfterByHand{60};

enum class Manual : std::uint8_t { kAutomatic, kOff, kAlwaysOn };

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct Switch {
  std::string name;
  std::atomic<Manual> manual{Manual::kAutomatic};
  Counter* refused = nullptr;
};

}  // namespace

void DegradationOptions::Describe(config::Section& section) {
  section.Field("off", off, {.text = "Features that are switched off, whatever the load."});
  section.Field("always_on", always_on,
                {.text = "Features that are not switched off under overload."});
}

struct Degradation::Impl {
  const Shedder* shedder;
  MetricsRegistry& metrics;
  std::mutex mutex;  // for changes; who reads sees the first `count` switches, which stay
  std::array<Switch, kFeatures> switches;
  std::atomic<std::size_t> count{0};

  std::span<Switch> Declared() {
    return std::span(switches).first(count.load(std::memory_order_acquire));
  }

  Switch* Find(std::string_view feature) {
    const std::span<Switch> declared = Declared();
    const auto found = std::ranges::find(declared, feature, &Switch::name);
    return found == declared.end() ? nullptr : &*found;
  }

  bool IsOverloaded() const {
    return shedder != nullptr && std::ranges::any_of(kRateClasses, [&](RateClass rate_class) {
             return shedder->IsShedding(rate_class);
           });
  }

  bool IsOff(const Switch& feature) const {
    switch (feature.manual.load(std::memory_order_relaxed)) {
      case Manual::kOff:
        return true;
      case Manual::kAlwaysOn:
        return false;
      case Manual::kAutomatic:
        return IsOverloaded();
    }
    return false;
  }

  // With the mutex held.
  Status CheckDeclared(std::string_view list, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (Find(names[i]) == nullptr) {
        return FailField(std::string(list) + "[" + std::to_string(i) + "]",
                         "no feature has this name");
      }
    }
    return {};
  }
};

Degradation::Degradation(const Shedder* shedder, MetricsRegistry& metrics)
    : impl_(std::make_shared<Impl>(shedder, metrics)) {}

Degradation::~Degradation() = default;

void Degradation::Declare(std::string_view feature) {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->Find(feature) != nullptr) return;
  const std::size_t index = impl_->count.load(std::memory_order_relaxed);
  if (index == kFeatures) throw std::logic_error("too many features that can be switched off");
  Switch& added = impl_->switches[index];
  added.name = feature;
  const MetricLabels labels = {{"feature", added.name}};
  added.refused = &impl_->metrics.GetCounter("vedette_degradation_refused_total",
                                             "Calls refused because a feature is off.", labels);
  // The page may be asked for after the switches are gone.
  impl_->metrics.AddGaugeCallback("vedette_degradation_off", "1 while the feature is switched off.",
                                  labels, [weak = std::weak_ptr(impl_), &added] {
                                    const std::shared_ptr<Impl> impl = weak.lock();
                                    if (!impl) return std::numeric_limits<double>::quiet_NaN();
                                    return impl->IsOff(added) ? 1.0 : 0.0;
                                  });
  impl_->count.store(index + 1, std::memory_order_release);
}

Status Degradation::SetManual(std::vector<std::string> off, std::vector<std::string> always_on) {
  const std::scoped_lock lock(impl_->mutex);
  VEDETTE_CHECK_OK(impl_->CheckDeclared("off", off));
  VEDETTE_CHECK_OK(impl_->CheckDeclared("always_on", always_on));
  for (std::size_t i = 0; i < always_on.size(); ++i) {
    if (Contains(off, always_on[i])) {
      return FailField("always_on[" + std::to_string(i) + "]", "is switched off as well");
    }
  }
  for (Switch& feature : impl_->Declared()) {
    const Manual manual = Contains(off, feature.name)         ? Manual::kOff
                          : Contains(always_on, feature.name) ? Manual::kAlwaysOn
                                                              : Manual::kAutomatic;
    feature.manual.store(manual, std::memory_order_relaxed);
  }
  return {};
}

bool Degradation::IsOff(std::string_view feature) const {
  const Switch* const found = impl_->Find(feature);
  return found != nullptr && impl_->IsOff(*found);
}

Status Degradation::Check(std::string_view feature) const {
  const Switch* const found = impl_->Find(feature);
  if (found == nullptr || !impl_->IsOff(*found)) return {};
  found->refused->Add();
  const bool by_hand = found->manual.load(std::memory_order_relaxed) == Manual::kOff;
  return Fail(Error{.code = Code::kUnavailable,
                    .message = found->name + " is switched off for now",
                    .retry_after = by_hand ? kRetryAfterByHand : kRetryAfterOverload});
}

std::vector<Degradation::Feature> Degradation::Snapshot() const {
  std::vector<Feature> features;
  for (const Switch& feature : impl_->Declared()) {
    features.push_back(
        {.name = feature.name,
         .off = impl_->IsOff(feature),
         .by_hand = feature.manual.load(std::memory_order_relaxed) != Manual::kAutomatic});
  }
  return features;
}

}  // namespace vedette
