// SPDX-License-Identifier: Apache-2.0
#include "services/rule/history_source.h"

#include <vedette/monitor/v1/monitor.vedette.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "contract/catalog.h"
#include "kit/rpc/stream_writer.h"

namespace vedette::rule {
namespace {

namespace pb = monitor::v1;

constexpr std::uint32_t kUnknownItem = UINT32_MAX;
constexpr std::uint32_t kWithdrawn = 8;
constexpr std::uint32_t kValueFlags = 7;

rules::Seconds ToSeconds(std::int64_t micros) {
  return micros / 1'000'000 - (micros % 1'000'000 < 0 ? 1 : 0);
}

// Whether every column that is there has as many rows as the chunk.
bool WellFormed(const pb::HistoryChunk& chunk) {
  const int rows = chunk.subject_size();
  const auto fits = [&](int size, bool optional) {
    return size == rows || (optional && size == 0);
  };
  return chunk.new_subjects_size() == chunk.new_sites_size() && fits(chunk.item_size(), false) &&
         fits(chunk.key_size(), false) && fits(chunk.row_size(), true) &&
         fits(chunk.time_size(), false) && fits(chunk.received_size(), false) &&
         fits(chunk.number_size(), false) && fits(chunk.flags_size(), true) &&
         fits(chunk.range_low_size(), true) && fits(chunk.range_high_size(), true);
}

// Fills a history with the chunks as they come.
class Filler final : public rpc::StreamWriter<pb::HistoryChunk> {
 public:
  explicit Filler(HistorySource::Request& request)
      : request_(request), history_(std::make_shared<rules::History>(request.catalog)) {
    history_->KeepArrival(request.keep_arrival);
  }

  Task<bool> Write(pb::HistoryChunk chunk) override { co_return Take(chunk); }

  bool cancelled() const { return cancelled_; }
  bool broken() const { return broken_; }

  std::shared_ptr<const rules::History> Finish() {
    history_->Finish();
    return std::move(history_);
  }

 private:
  bool Take(const pb::HistoryChunk& chunk) {
    if (!WellFormed(chunk)) {
      broken_ = true;
      return false;
    }
    for (int i = 0; i < chunk.new_subjects_size(); ++i) {
      subjects_.push_back(history_->Subject(chunk.new_subjects(i), chunk.new_sites(i)));
    }
    for (const std::string& code : chunk.new_items()) {
      const rules::CatalogItem* item = request_.catalog->FindByCode(code);
      items_.push_back(item == nullptr ? kUnknownItem : request_.catalog->IndexOf(*item));
    }
    int text = 0;
    for (int i = 0; i < chunk.subject_size(); ++i) {
      const bool has_text =
          text < chunk.texts_size() && chunk.texts(text).index() == static_cast<std::uint32_t>(i);
      const std::string* value = has_text ? &chunk.texts(text++).text() : nullptr;
      if (!Add(chunk, i, value)) return false;
    }
    read_ += chunk.subject_size();
    total_ = std::max(total_, chunk.total());
    if (!request_.progress) return true;
    const double share = total_ == 0 ? 0 : static_cast<double>(read_) / static_cast<double>(total_);
    cancelled_ = !request_.progress(std::min(1.0, share));
    return !cancelled_;
  }

  bool Add(const pb::HistoryChunk& chunk, int i, const std::string* text) {
    if (chunk.subject(i) >= subjects_.size() || chunk.item(i) >= items_.size()) {
      broken_ = true;
      return false;
    }
    const std::uint32_t item = items_[chunk.item(i)];
    if (item == kUnknownItem) return true;
    const std::uint32_t flags = chunk.flags_size() == 0 ? 0 : chunk.flags(i);
    rules::Change change{.kind = (flags & kWithdrawn) != 0 ? rules::Change::Kind::kRemove
                                                           : rules::Change::Kind::kPut,
                         .item = item,
                         .key = chunk.key(i),
                         .row = chunk.row_size() == 0 ? 0 : chunk.row(i),
                         .time = ToSeconds(chunk.time(i)),
                         .received = ToSeconds(chunk.received(i)),
                         .number = chunk.number(i),
                         .flags = static_cast<std::uint8_t>(flags & kValueFlags)};
    if (text != nullptr) {
      const rules::ValueKind kind = request_.catalog->items[item].kind;
      if (kind == rules::ValueKind::kText) {
        change.text = *text;
      } else {
        change.number = contract::NumberOf(kind, TextValue{*text});
      }
    }
    if (chunk.range_low_size() != 0) change.range_low = chunk.range_low(i);
    if (chunk.range_high_size() != 0) change.range_high = chunk.range_high(i);
    history_->Add(subjects_[chunk.subject(i)], change);
    return true;
  }

  HistorySource::Request& request_;
  std::shared_ptr<rules::History> history_;
  std::vector<std::uint32_t> subjects_;  // by their number in the stream
  std::vector<std::uint32_t> items_;
  std::int64_t read_ = 0;
  std::int64_t total_ = 0;  // 0 while it is not known
  bool cancelled_ = false;
  bool broken_ = false;
};

class MonitorHistory final : public HistorySource {
 public:
  explicit MonitorHistory(std::function<pb::MonitorApi&()> monitor)
      : monitor_(std::move(monitor)),
        principal_(std::make_shared<const Principal>(
            Principal{.subject = "rule", .name = "rule", .is_service = true, .grants = {}})) {}

  Task<Result<std::shared_ptr<const rules::History>>> Load(CallContext context,
                                                           Request request) override {
    context.principal = principal_;
    pb::ReadHistoryRequest read;
    read.set_study_id(request.study_id);
    read.mutable_items()->Add(request.items.begin(), request.items.end());
    Filler filler(request);
    const Status status =
        co_await monitor_().ReadHistory(std::move(context), std::move(read), filler);
    if (filler.cancelled()) co_return Fail(Code::kCancelled, "The reading was cancelled.");
    if (filler.broken()) co_return Fail(Code::kInternal, "The history is not well-formed.");
    VEDETTE_CO_CHECK_OK(status);
    co_return filler.Finish();
  }

 private:
  std::function<pb::MonitorApi&()> monitor_;
  std::shared_ptr<const Principal> principal_;
};

}  // namespace

std::unique_ptr<HistorySource> MakeMonitorHistory(std::function<pb::MonitorApi&()> monitor) {
  return std::make_unique<MonitorHistory>(std::move(monitor));
}

}  // namespace vedette::rule
