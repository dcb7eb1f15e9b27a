// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/dictionary_cache.h"

#include <utility>

namespace vedette::monitor {

Task<Result<std::shared_ptr<const StudyDictionary>>> DictionaryCache::Get(CallContext context,
                                                                          std::string study_id) {
  return GetWithin(std::move(context), std::move(study_id), options_.refresh_interval);
}

Task<Result<std::shared_ptr<const StudyDictionary>>> DictionaryCache::GetNewer(
    CallContext context, std::string study_id) {
  return GetWithin(std::move(context), std::move(study_id), options_.miss_interval);
}

Task<Result<std::shared_ptr<const StudyDictionary>>> DictionaryCache::GetWithin(
    CallContext context, std::string study_id, std::chrono::milliseconds age) {
  std::shared_ptr<const StudyDictionary> known;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(study_id); found != entries_.end()) {
      const SteadyTime now = clock_.SteadyNow();
      if (now - found->second.read_at < age) co_return found->second.dictionary;
      known = found->second.dictionary;
      found->second.read_at = now;  // the others go on with what is there
    }
  }
  auto fresh = co_await peers_.Dictionary(std::move(context), study_id);
  if (!fresh) {
    if (known == nullptr) co_return std::unexpected(std::move(fresh).error());
    logger_.Warning("Dictionary could not be read again; the known one stays in use",
                    {{"study", study_id}, {"code", Describe(fresh.error().code).name}});
    co_return known;
  }
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_[study_id];
  // Two readings may overtake each other.
  if (entry.dictionary == nullptr || (*fresh)->revision() >= entry.dictionary->revision()) {
    entry.dictionary = *std::move(fresh);
  }
  entry.read_at = clock_.SteadyNow();
  co_return entry.dictionary;
}

}  // namespace vedette::monitor
