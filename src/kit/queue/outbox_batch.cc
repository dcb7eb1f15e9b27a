// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_batch.h"

#include <map>
#include <string>
#include <utility>

namespace vedette::queue {

std::vector<KeyBatch> ByKey(std::vector<OutboxRow> rows) {
  std::map<std::string, std::size_t, std::less<>> places;
  std::vector<KeyBatch> batches;
  for (OutboxRow& row : rows) {
    const auto [place, fresh] = places.try_emplace(row.key, batches.size());
    if (fresh) batches.emplace_back();
    batches[place->second].messages.push_back(std::move(row));
  }
  return batches;
}

OutboxOutcome OutcomeOf(const std::vector<KeyBatch>& batches,
                        const BackoffOptions& backoff,
                        RandomSource& random,
                        Timestamp now) {
  OutboxOutcome outcome;
  for (const KeyBatch& batch : batches) {
    for (std::size_t i = 0; i < batch.published; ++i) {
      outcome.published.push_back(batch.messages[i].sequence);
    }
    const OutboxRow& first = batch.messages.front();
    if (batch.failed) {
      // Progress since the last failure makes this a first one.
      const std::int64_t failures = batch.published > 0 ? 1 : first.failures + 1;
      outcome.held.push_back({batch.messages[batch.published].sequence, failures,
                              now + FullJitter(backoff, failures, random)});
    } else if (first.failures > 0 && batch.published > 0) {
      outcome.released.push_back(first.key);
    }
  }
  return outcome;
}

}  // namespace vedette::queue
