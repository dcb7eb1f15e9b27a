// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_source.h"

#include <utility>

#include "kit/discovery/follow.h"

namespace vedette::discovery {
namespace {

using Changed = std::function<void(const config::LiveDocument&)>;

config::LiveDocument DocumentOf(const EtcdItem& item, bool deleted) {
  config::LiveDocument document;
  if (!deleted) document.text = item.value;
  document.revision = std::to_string(item.mod_revision);
  return document;
}

// What a source has told, and of which outage.
struct Told {
  config::LiveDocument document;
  bool any = false;
  bool outage = false;
};

// From the load to the end of the watch.
Task<Error> Round(std::shared_ptr<EtcdClient> client,
                  std::string key,
                  Changed changed,
                  std::shared_ptr<Told> told,
                  Backoff& backoff) {
  const auto tell = [&](const EtcdItem& item, bool deleted) {
    told->outage = false;
    config::LiveDocument document = DocumentOf(item, deleted);
    // An etcd that lost its data counts from one again: the revision alone tells no difference.
    if (told->any && document.revision == told->document.revision &&
        document.text == told->document.text) {
      return;
    }
    told->any = true;
    told->document = document;
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
  const auto told = std::make_shared<Told>();
  return FollowForEver(
      random, [=](Backoff& backoff) { return Round(client, key, changed, told, backoff); },
      [=](const Error& error) {
        if (std::exchange(told->outage, true)) return;
        logger.Warning("the live configuration's key cannot be read", {{"error", error.message}});
      });
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
