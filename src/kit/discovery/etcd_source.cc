// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_source.h"

#include <utility>

#include "kit/discovery/backoff.h"
#include "kit/task/sleep.h"

namespace vedette::discovery {
namespace {

using Changed = std::function<void(const config::LiveDocument&)>;

config::LiveDocument DocumentOf(const EtcdItem& item, bool deleted) {
  config::LiveDocument document;
  if (!deleted) document.text = item.value;
  document.revision = std::to_string(item.mod_revision);
  return document;
}

// From the load to the end of the watch. `known` is the revision that was told last.
Task<Error> Round(std::shared_ptr<EtcdClient> client,
                  std::string key,
                  const Changed& changed,
                  std::string& known,
                  Backoff& backoff) {
  const auto tell = [&](const EtcdItem& item, bool deleted) {
    const config::LiveDocument document = DocumentOf(item, deleted);
    if (document.revision == known) return;
    known = document.revision;
    changed(document);
  };
  const auto loaded = co_await client->Get(key);
  if (!loaded) co_return loaded.error();
  tell(loaded->items.empty() ? EtcdItem() : loaded->items.front(), loaded->items.empty());
  const auto watch = co_await client->WatchKey(key, loaded->revision + 1);
  if (!watch) co_return watch.error();
  backoff.Reset();
  for (;;) {
    const auto events = co_await (*watch)->Next();
    if (!events) co_return events.error();
    for (const EtcdEvent& event : *events) tell(event.item, event.deleted);
  }
}

Task<void> Follow(std::shared_ptr<EtcdClient> client,
                  std::string key,
                  Changed changed,
                  Logger logger,
                  RandomSource& random) {
  Backoff backoff(random);
  std::string known;
  bool told = false;  // of an outage, once
  for (;;) {
    const std::string before = known;
    const Error error = co_await Round(client, key, changed, known, backoff);
    if (known != before) told = false;
    if (error.code != Code::kConflict && error.code != Code::kCancelled && !told) {
      told = true;
      logger.Warning("the live configuration's key cannot be read", {{"error", error.message}});
    }
    co_await SleepFor(backoff.Next());
  }
}

}  // namespace

EtcdSource::EtcdSource(std::string key,
                       std::shared_ptr<EtcdClient> client,
                       std::shared_ptr<Background> background,
                       RandomSource& random)
    : key_(std::move(key)),
      client_(std::move(client)),
      background_(std::move(background)),
      random_(random) {}

EtcdSource::~EtcdSource() = default;

void EtcdSource::Start(std::function<void(const config::LiveDocument&)> changed) {
  loop_.emplace(
      background_, "live configuration",
      [client = client_, key = key_, changed = std::move(changed), logger = background_->logger(),
       &random = random_] { return Follow(client, key, changed, logger, random); });
}

}  // namespace vedette::discovery
