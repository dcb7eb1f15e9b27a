// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox.h"

#include <utility>

namespace vedette::queue {

Task<Status> Outbox::Add(db::Transaction& transaction, std::vector<OutboxMessage> messages) const {
  using enum db::ColumnType;
  if (messages.empty()) co_return Status();
  db::BulkInsert insert{.name = "outbox_add",
                        .table = "vedette_outbox",
                        .columns = {{"topic", kText},
                                    {"message_key", kText},
                                    {"payload", kBytes},
                                    {"traceparent", kText},
                                    {"created_at", kInt}}};
  insert.rows.reserve(messages.size());
  for (OutboxMessage& message : messages) {
    db::Value traceparent = db::kNull;
    if (message.trace.IsValid()) traceparent = message.trace.ToTraceparent();
    insert.rows.push_back({std::move(message.topic), std::move(message.key),
                           Bytes{std::move(message.payload)}, std::move(traceparent),
                           ToUnixMicros(message.created_at)});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  transaction.OnCommit([wakeup = wakeup_] { wakeup.Notify(); });
  co_return Status();
}

}  // namespace vedette::queue
