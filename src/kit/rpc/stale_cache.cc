// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/stale_cache.h"

#include <utility>

namespace vedette::rpc {
namespace {

constexpr std::size_t kEntryBytes = 256;  // what an entry costs beside its answer, roughly

// With its length, so that no two lists of parts make the same text.
void Append(std::string& text, std::string_view part) {
  text += std::to_string(part.size());
  text += ':';
  text += part;
}

}  // namespace

StaleCache::StaleCache(std::size_t bytes, const Clock& clock) : limit_(bytes), clock_(clock) {}

StaleCache::Key StaleCache::KeyOf(std::string_view path,
                                  std::string_view request,
                                  const CallContext& context) {
  std::string text;
  Append(text, path);
  Append(text, request);
  const bool known = context.principal != nullptr && !context.principal->subject.empty();
  if (known) {
    Append(text, context.principal->is_service ? "service" : "user");
    Append(text, context.principal->subject);
    for (const Grant& grant : context.principal->grants) {
      Append(text, grant.role);
      Append(text, grant.study);
      Append(text, grant.site);
    }
  } else {
    Append(text, context.bearer_token == nullptr ? "nobody" : "token");
    if (context.bearer_token != nullptr) Append(text, *context.bearer_token);
  }
  return Sha256(text);
}

std::size_t StaleCache::BytesOf(const Entry& entry) { return entry.answer.size() + kEntryBytes; }

void StaleCache::Erase(std::list<Entry>::iterator entry) {
  bytes_ -= BytesOf(*entry);
  index_.erase(entry->key);
  entries_.erase(entry);
}

void StaleCache::Put(const Key& key, std::string answer) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) Erase(found->second);
  if (answer.size() + kEntryBytes > limit_) return;
  entries_.push_front({key, std::move(answer), clock_.SteadyNow()});
  index_[key] = entries_.begin();
  bytes_ += BytesOf(entries_.front());
  while (bytes_ > limit_) Erase(std::prev(entries_.end()));
}

void StaleCache::Forget(const Key& key) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) Erase(found->second);
}

std::optional<std::string> StaleCache::Find(const Key& key, std::chrono::nanoseconds longest_age) {
  const std::scoped_lock lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  const auto entry = found->second;
  if (clock_.SteadyNow() - entry->stored > longest_age) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

}  // namespace vedette::rpc
