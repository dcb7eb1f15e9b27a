// SPDX-License-Identifier: Apache-2.0
#include "kit/config/live.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/sha256.h"

namespace vedette::config {
namespace {

constexpr std::size_t kHashBytes = 6;  // exact in a double
constexpr std::size_t kLogged = 20;    // violations and changes; more would flood the log

std::string HashOf(std::string_view text) {
  std::string hash;
  const Sha256Digest digest = Sha256(text);
  for (std::size_t i = 0; i < kHashBytes; ++i) hash += fmt::format("{:02x}", digest[i]);
  return hash;
}

double HashNumber(const std::string& hash) {
  return static_cast<double>(std::stoull(hash, nullptr, 16));
}

std::optional<std::string> NoVariables(std::string_view) { return std::nullopt; }

// "log.level: info -> debug; trace.ratio: 0.1 -> 1"
std::string Describe(const std::vector<FieldChange>& changes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(changes.size(), kLogged); ++i) {
    text += fmt::format("{}{}: {} -> {}", i == 0 ? "" : "; ", changes[i].path, changes[i].before,
                        changes[i].after);
  }
  if (changes.size() > kLogged) text += fmt::format("; and {} more", changes.size() - kLogged);
  return text;
}

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

}  // namespace

struct LiveConfigBase::Impl {
  Impl(MetricsRegistry& registry, Logger given, const Clock& the_clock)
      : metrics(registry),
        logger(std::move(given)),
        clock(the_clock),
        hash(metrics.GetGauge("vedette_config_live_hash",
                              "First 48 bits of the SHA-256 of the live document in force; 0: none "
                              "came yet.")),
        changed(metrics.GetGauge("vedette_config_live_changed_timestamp_seconds",
                                 "Since when the present live values are in force.")),
        good(metrics.GetGauge("vedette_config_live_last_load_good",
                              "0 while the newest live document is refused or gone, and the one "
                              "before is in force.")) {}

  MetricsRegistry& metrics;
  const Logger logger;
  const Clock& clock;
  Gauge& hash;
  Gauge& changed;
  Gauge& good;

  std::mutex offering;       // held while a document is taken: one at a time
  mutable std::mutex mutex;  // of what follows; taken after `offering`
  LiveState state;
  std::mutex following;  // of the sources
  bool stopped = false;
  std::vector<std::unique_ptr<LiveSource>> sources;

  void Count(std::string_view kind, std::string_view outcome) {
    metrics
        .GetCounter("vedette_config_live_loads_total",
                    "Live documents by what became of them: accepted, refused or absent.",
                    {{"source", std::string(kind)}, {"outcome", std::string(outcome)}})
        .Add();
  }

  void SetChanged() { changed.Set(static_cast<double>(ToUnixMicros(state.changed)) / 1e6); }

  void LogRefusal(std::string_view source, const LiveDocument& document, const Error& error) const {
    logger.Error("live configuration refused; the last good one stays",
                 {{"source", source},
                  {"revision", document.revision},
                  {"problems", std::max<std::size_t>(1, error.violations.size())},
                  {"error", error.message}});
    for (std::size_t i = 0; i < std::min(error.violations.size(), kLogged); ++i) {
      logger.Error("live configuration problem", {{"source", source},
                                                  {"revision", document.revision},
                                                  {"field", error.violations[i].field},
                                                  {"problem", error.violations[i].description}});
    }
  }

  void Refuse(std::string_view kind,
              std::string_view source,
              const LiveDocument& document,
              const Error& error) {
    LogRefusal(source, document, error);
    Count(kind, "refused");
    good.Set(0);
    const std::scoped_lock lock(mutex);
    ++state.refused;
    state.refusal = error.message;
  }

  void Absent(std::string_view kind, std::string_view source, const LiveDocument& document) {
    logger.Warning("there is no live configuration; the last good one stays",
                   {{"source", source}, {"revision", document.revision}});
    Count(kind, "absent");
    const std::scoped_lock lock(mutex);
    if (state.accepted > 0) good.Set(0);
  }

  void Accept(std::string_view kind,
              std::string_view source,
              const LiveDocument& document,
              std::vector<FieldText> fields) {
    Count(kind, "accepted");
    good.Set(1);
    const std::scoped_lock lock(mutex);
    const std::vector<FieldChange> changes = Differences(state.fields, fields);
    state.source = source;
    state.revision = document.revision;
    state.hash = HashOf(*document.text);
    hash.Set(HashNumber(state.hash));
    ++state.accepted;
    state.refusal.clear();
    if (changes.empty()) return;
    state.changed = clock.Now();
    SetChanged();
    state.fields = std::move(fields);
    logger.Info("live configuration changed", {{"source", source},
                                               {"revision", document.revision},
                                               {"hash", state.hash},
                                               {"fields", changes.size()},
                                               {"changes", Describe(changes)}});
  }
};

LiveConfigBase::LiveConfigBase(MetricsRegistry& metrics, Logger logger, const Clock& clock)
    : impl_(std::make_unique<Impl>(metrics, std::move(logger), clock)) {}
LiveConfigBase::~LiveConfigBase() = default;

void LiveConfigBase::Begin(std::vector<FieldText> fields) {
  impl_->state.fields = std::move(fields);
  impl_->state.changed = impl_->clock.Now();
  impl_->SetChanged();
  impl_->good.Set(1);
}

void LiveConfigBase::Follow(std::unique_ptr<LiveSource> source) {
  const std::scoped_lock lock(impl_->following);
  if (impl_->stopped) return;
  LiveSource& started = *source;
  impl_->sources.push_back(std::move(source));
  started.Start([this, kind = started.kind(), name = started.name()](const LiveDocument& document) {
    // A refusal is logged and counted where it is found.
    (void)Offer(kind, name, document);
  });
}

void LiveConfigBase::Stop() {
  std::vector<std::unique_ptr<LiveSource>> ending;
  const std::scoped_lock lock(impl_->following);
  impl_->stopped = true;
  ending.swap(impl_->sources);
}

Status LiveConfigBase::Offer(std::string_view kind,
                             std::string_view source,
                             const LiveDocument& document) {
  const std::scoped_lock offering(impl_->offering);
  // A file that is about to be written is empty for a moment.
  if (!document.text || IsBlank(*document.text)) {
    impl_->Absent(kind, source, document);
    return Fail(Code::kNotFound, "There is no live configuration.");
  }
  const auto prepare = [&]() -> Result<std::vector<FieldText>> {
    VEDETTE_TRY(Document parsed, LoadText(*document.text, std::string(source), NoVariables));
    return Prepare(std::move(parsed));
  };
  Result<std::vector<FieldText>> fields = prepare();
  if (!fields) {
    impl_->Refuse(kind, source, document, fields.error());
    return Fail(std::move(fields).error());
  }
  bool differs = false;
  {
    const std::scoped_lock lock(impl_->mutex);
    differs = *fields != impl_->state.fields;
  }
  // One that throws is a defect, but the source's thread and the other subscribers go on.
  if (const std::size_t thrown = differs ? Commit() : 0; thrown > 0) {
    impl_->logger.Error("live values were not applied everywhere",
                        {{"source", source}, {"subscribers", thrown}});
  }
  impl_->Accept(kind, source, document, *std::move(fields));
  return {};
}

LiveState LiveConfigBase::State() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->state;
}

}  // namespace vedette::config
