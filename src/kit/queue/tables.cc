// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/tables.h"

namespace vedette::queue {

// A job that is over has no row. due_at: while it waits, when it may begin; while it runs, when the
// claim ends; when given up, since when.
const std::string_view kJobTables = R"sql(
CREATE TABLE vedette_job (
  id               BYTEA NOT NULL PRIMARY KEY,
  kind             TEXT NOT NULL,
  dedupe_key       TEXT,             -- null: none
  payload          BYTEA NOT NULL,
  priority         BIGINT NOT NULL,  -- higher first
  state            BIGINT NOT NULL,  -- 0: waits, 1: runs, 2: given up
  due_at           BIGINT NOT NULL,
  expires_at       BIGINT,           -- not begun any more after it
  attempts         BIGINT NOT NULL,  -- begun so far
  claim            BYTEA,            -- of who runs it
  cancel_requested BOOLEAN NOT NULL,
  error_code       TEXT,             -- of the last attempt
  traceparent      TEXT,
  created_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX vedette_job_key ON vedette_job (kind, dedupe_key) WHERE state < 2;
CREATE INDEX vedette_job_next ON vedette_job (priority DESC, due_at, id) WHERE state < 2;
CREATE INDEX vedette_job_state ON vedette_job (state, due_at);
)sql";

// A row is deleted once published, so SQLite must not give its number to another.
const std::string_view kOutboxTablesSqlite = R"sql(
CREATE TABLE vedette_outbox (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
  topic       TEXT NOT NULL,
  message_key TEXT NOT NULL,
  payload     BLOB NOT NULL,
  traceparent TEXT,
  created_at  INTEGER NOT NULL
) STRICT;
-- Keys whose next message could not be published and waits.
CREATE TABLE vedette_outbox_hold (
  message_key TEXT NOT NULL PRIMARY KEY,
  failures    INTEGER NOT NULL,
  until       INTEGER NOT NULL
) STRICT;
-- Who publishes: one row.
CREATE TABLE vedette_outbox_relay (
  id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  owner BLOB,
  until INTEGER NOT NULL
) STRICT;
INSERT INTO vedette_outbox_relay (id, owner, until) VALUES (1, NULL, 0);
)sql";

const std::string_view kOutboxTablesPostgres = R"sql(
CREATE TABLE vedette_outbox (
  sequence    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic       TEXT NOT NULL,
  message_key TEXT NOT NULL,
  payload     BYTEA NOT NULL,
  traceparent TEXT,
  created_at  BIGINT NOT NULL
);
-- Keys whose next message could not be published and waits.
CREATE TABLE vedette_outbox_hold (
  message_key TEXT NOT NULL PRIMARY KEY,
  failures    BIGINT NOT NULL,
  until       BIGINT NOT NULL
);
-- Who publishes: one row.
CREATE TABLE vedette_outbox_relay (
  id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  owner BYTEA,
  until BIGINT NOT NULL
);
INSERT INTO vedette_outbox_relay (id, owner, until) VALUES (1, NULL, 0);
)sql";

}  // namespace vedette::queue
