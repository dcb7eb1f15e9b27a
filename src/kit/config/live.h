// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/config/document.h"
#include "kit/config/field_list.h"
#include "kit/config/live_source.h"
#include "kit/config/load.h"
#include "kit/telemetry/metrics.h"

namespace vedette::config {

// How the live configuration stands, for the status page.
struct LiveState {
  std::string source;             // of the present values; empty: those of the start
  std::string revision;           // as the source calls it
  std::string hash;               // of the document's text, 12 hex digits
  Timestamp changed{};            // when the present values came; the start otherwise
  std::uint64_t accepted = 0;     // documents that were taken
  std::uint64_t refused = 0;      // documents that were wrong
  std::string refusal;            // why the newest document was refused; empty when it was taken
  std::vector<FieldText> fields;  // the present values
};

// What does not depend on the struct: see LiveConfig.
class LiveConfigBase {
 public:
  virtual ~LiveConfigBase();
  LiveConfigBase(const LiveConfigBase&) = delete;
  LiveConfigBase& operator=(const LiveConfigBase&) = delete;

  // Takes documents from `source` from now on; several sources: the newest document wins.
  void Follow(std::unique_ptr<LiveSource> source);
  // Ends the sources. Before what they need goes.
  void Stop();

  // One document, as if a source had given it: an administrator's call, a test. kInvalidArgument
  // with a violation per field, and nothing is changed.
  Status Offer(std::string_view kind, std::string_view source, const LiveDocument& document);

  LiveState State() const;

 protected:
  LiveConfigBase(MetricsRegistry& metrics, Logger logger, const Clock& clock);

  // Parses `document` into a new struct and keeps it aside; its fields, when it is valid.
  virtual Result<std::vector<FieldText>> Prepare(Document document) = 0;
  // Makes the prepared struct the present one and tells the subscribers; how many of them threw.
  virtual std::size_t Commit() = 0;

  void Begin(std::vector<FieldText> fields);  // by the derived constructor, once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Values that change while the process runs:
//   LiveConfig<AppLive> live(config.live, metrics, logger, clock);
//   auto level = live.Subscribe([&](const AppLive& now) { sink.SetMinimum(now.log_level); });
//   live.Follow(std::make_unique<FileSource>("/etc/vedette/live.yaml"));
//
// A document is YAML whose top level is the struct; what it does not name has the value of the
// start. A document that is wrong in any way changes nothing: the last good one stays, the problems
// are logged and counted. So does the last good one when the source has none any more. Every change
// is logged: the fields with what they were and are, the source and its revision. Variables
// (${NAME}) are not replaced.
//
// T has Describe(Section&), without secrets (std::logic_error), and may have
// `Status Validate() const` for what concerns several fields. Thread-safe.
template <class T>
class LiveConfig final : public LiveConfigBase {
 public:
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  LiveConfig(T start, MetricsRegistry& metrics, Logger logger, const Clock& clock)
      : LiveConfigBase(metrics, std::move(logger), clock),
        start_(std::move(start)),
        shared_(std::make_shared<Shared>()) {
    shared_->current = std::make_shared<const T>(start_);
    Begin(FieldTexts(start_));
  }
  ~LiveConfig() override { Stop(); }

  std::shared_ptr<const T> Current() const {
    const std::scoped_lock lock(shared_->mutex);
    return shared_->current;
  }

  // `changed` is called before this returns with the present values, and then with each new ones,
  // in order, from the source's thread, until the subscription is destroyed. It is quick and does
  // not call back.
  [[nodiscard]] std::unique_ptr<Subscription> Subscribe(std::function<void(const T&)> changed) {
    const std::scoped_lock telling(shared_->telling);
    changed(*Current());
    const std::scoped_lock lock(shared_->mutex);
    auto entry = std::make_shared<std::function<void(const T&)>>(std::move(changed));
    shared_->subscribers.push_back(entry);
    return std::make_unique<Entry>(shared_, std::move(entry));
  }

 private:
  using Callback = std::shared_ptr<std::function<void(const T&)>>;
  struct Shared {
    std::mutex telling;  // held while subscribers are called
    std::mutex mutex;    // of what follows; taken after `telling`
    std::shared_ptr<const T> current;
    std::vector<Callback> subscribers;
  };

  class Entry final : public Subscription {
   public:
    Entry(std::shared_ptr<Shared> shared, Callback callback)
        : shared_(std::move(shared)), callback_(std::move(callback)) {}
    ~Entry() override {
      const std::scoped_lock telling(shared_->telling);
      const std::scoped_lock lock(shared_->mutex);
      std::erase(shared_->subscribers, callback_);
    }

   private:
    std::shared_ptr<Shared> shared_;
    Callback callback_;
  };

  Result<std::vector<FieldText>> Prepare(Document document) override {
    T next = start_;
    VEDETTE_CHECK_OK(Load(std::move(document), next));
    if constexpr (requires(const T& value) { value.Validate(); }) {
      VEDETTE_CHECK_OK(std::as_const(next).Validate());
    }
    prepared_ = std::make_shared<const T>(std::move(next));
    T shown = *prepared_;
    return FieldTexts(shown);
  }

  std::size_t Commit() override {
    const std::scoped_lock telling(shared_->telling);
    std::vector<Callback> subscribers;
    {
      const std::scoped_lock lock(shared_->mutex);
      shared_->current = prepared_;
      subscribers = shared_->subscribers;
    }
    std::size_t thrown = 0;
    for (const Callback& changed : subscribers) {
      try {
        (*changed)(*prepared_);
      } catch (...) {
        ++thrown;
      }
    }
    return thrown;
  }

  T start_;
  std::shared_ptr<const T> prepared_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace vedette::config
