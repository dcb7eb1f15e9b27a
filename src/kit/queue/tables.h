// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette::queue {

// The tables of this folder are made by the migrations of the service whose database holds them.
// Each text is final: a later change comes as another text.
//
//   std::vector<EmbeddedFile> files(kMigrations.begin(), kMigrations.end());
//   files.push_back({"0005_jobs.sql", queue::kJobTables});
//   files.push_back({"0006_outbox.sqlite.sql", queue::kOutboxTablesSqlite});
//   files.push_back({"0006_outbox.postgres.sql", queue::kOutboxTablesPostgres});

// vedette_job: one text for both databases.
extern const std::string_view kJobTables;

// vedette_outbox and its helpers vedette_outbox_hold and vedette_outbox_relay.
extern const std::string_view kOutboxTablesSqlite;
extern const std::string_view kOutboxTablesPostgres;

}  // namespace vedette::queue
