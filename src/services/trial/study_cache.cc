// SPDX-License-Identifier: Apache-2.0
#include "services/trial/study_cache.h"

#include <algorithm>
#include <utility>

#include "services/trial/messages.h"

namespace vedette::trial {
namespace {

constexpr std::int64_t kLocalEntries = 1000;

cache::CacheOptions OptionsOf(StudyCacheOptions options, bool is_shared) {
  const auto ttl = is_shared ? options.shared_ttl : options.local_ttl;
  cache::CacheOptions cache_options;
  cache_options.ttl = ttl;
  cache_options.not_found_ttl = std::min(ttl, cache_options.not_found_ttl);
  // In this process alone a delete leaves nothing behind.
  if (!is_shared) cache_options.second_delete_after = std::chrono::milliseconds(0);
  // Nothing is recorded without the dictionary, and the database is made for it.
  cache_options.query_when_cache_is_away = true;
  cache_options.queries_when_away_limit = 64;
  return cache_options;
}

// A codec that goes through a message of the contract.
template <class T, class Message, class ToMessage, class FromMessage>
cache::Codec<T> CodecThrough(ToMessage to_message, FromMessage from_message) {
  const cache::Codec<Message> bytes = cache::MessageCodec<Message>();
  return {[=](const T& value) { return bytes.encode(to_message(value)); },
          [=](std::string_view text) -> Result<T> {
            VEDETTE_TRY(Message message, bytes.decode(text));
            return from_message(message);
          }};
}

cache::Codec<Study> StudyCodec() {
  return CodecThrough<Study, v1::Study>(
      [](const Study& study) {
        v1::Study message = ToProto(study);
        message.set_created_at(ToUnixMicros(study.created_at));  // here not in seconds
        return message;
      },
      [](v1::Study& message) {
        return Study{
            .id = std::move(*message.mutable_id()),
            .name = std::move(*message.mutable_name()),
            .phase = std::move(*message.mutable_phase()),
            .status = message.status() == "closed" ? StudyStatus::kClosed : StudyStatus::kActive,
            .created_at = FromUnixMicros(message.created_at()),
            .revision = message.revision()};
      });
}

cache::Codec<std::vector<Site>> SitesCodec() {
  return CodecThrough<std::vector<Site>, v1::ListSitesResponse>(
      [](const std::vector<Site>& sites) {
        v1::ListSitesResponse message;
        for (const Site& site : sites) *message.add_sites() = ToProto(site);
        return message;
      },
      [](v1::ListSitesResponse& message) {
        std::vector<Site> sites;
        for (v1::Site& site : *message.mutable_sites()) sites.push_back(FromProto(site));
        return sites;
      });
}

cache::Codec<Dictionary> ItemsCodec() {
  return CodecThrough<Dictionary, v1::ListItemsResponse>(
      [](const Dictionary& dictionary) {
        v1::ListItemsResponse message;
        for (const Item& item : dictionary.items) *message.add_items() = ToProto(item);
        message.set_revision(dictionary.revision);
        return message;
      },
      [](v1::ListItemsResponse& message) {
        Dictionary dictionary{.items = {}, .revision = message.revision()};
        for (v1::Item& item : *message.mutable_items()) dictionary.items.push_back(FromProto(item));
        return dictionary;
      });
}

cache::Codec<RevisedDesign> DesignCodec() {
  return CodecThrough<RevisedDesign, v1::StudyDesign>(
      [](const RevisedDesign& design) { return ToProto(design); },
      [](v1::StudyDesign& message) {
        return RevisedDesign{.design = FromProto(message), .revision = message.revision()};
      });
}

}  // namespace

StudyCache::StudyCache(TrialStore& store,
                       StudyCacheOptions options,
                       cache::CacheStore* shared,
                       const Clock& clock,
                       MetricsRegistry& metrics,
                       Logger logger)
    : store_(store),
      local_("trial_local", kLocalEntries, clock, random_, metrics),
      cache_("trial",
             OptionsOf(options, shared != nullptr),
             shared != nullptr ? *shared : local_,
             random_,
             sleeper_,
             metrics,
             std::move(logger)),
      studies_("trial_study", cache_, StudyCodec()),
      sites_("trial_sites", cache_, SitesCodec()),
      items_("trial_items", cache_, ItemsCodec()),
      designs_("trial_design", cache_, DesignCodec()) {}

Task<Result<Study>> StudyCache::GetStudy(Deadline deadline, std::string study_id) {
  return studies_.Take(study_id, deadline,
                       [this, study_id](Deadline own) { return store_.GetStudy(own, study_id); });
}

Task<Result<std::vector<Site>>> StudyCache::ListSites(Deadline deadline, std::string study_id) {
  return sites_.Take(study_id, deadline,
                     [this, study_id](Deadline own) { return store_.ListSites(own, study_id); });
}

Task<Result<Dictionary>> StudyCache::ListItems(Deadline deadline, std::string study_id) {
  return items_.Take(study_id, deadline,
                     [this, study_id](Deadline own) { return store_.ListItems(own, study_id); });
}

Task<Result<RevisedDesign>> StudyCache::GetDesign(Deadline deadline, std::string study_id) {
  return designs_.Take(study_id, deadline,
                       [this, study_id](Deadline own) { return store_.GetDesign(own, study_id); });
}

Task<cache::Invalidation> StudyCache::BeginInvalidation(std::string study_id) {
  std::vector<std::string> keys{studies_.KeyOf(study_id), sites_.KeyOf(study_id),
                                items_.KeyOf(study_id), designs_.KeyOf(study_id)};
  return cache_.BeginInvalidation(std::move(keys));
}

Task<void> StudyCache::Close() { return cache_.Close(); }

std::vector<cache::CacheSnapshot> StudyCache::Snapshots() const {
  return {studies_.Snapshot(), sites_.Snapshot(), items_.Snapshot(), designs_.Snapshot()};
}

}  // namespace vedette::trial
