// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"

namespace vedette::queue {

// The tables of this folder are made by the migrations of the service whose database holds them.
// Each text is final: a later change comes as another file.
//
//   std::vector<EmbeddedFile> files(kMigrations.begin(), kMigrations.end());
//   files.push_back({"0005_jobs.sql", kJobTables});
//   for (const EmbeddedFile& file : OutboxTables("0006_outbox.sqlite.sql",
//                                                "0006_outbox.postgres.sql"))
//                                                files.push_back(file);

// vedette_job. One text for both databases.
extern const std::string_view kJobTables;

// vedette_outbox, vedette_outbox_hold and vedette_outbox_relay, which differ between the databases.
extern const std::string_view kOutboxTablesSqlite;
extern const std::string_view kOutboxTablesPostgres;

}  // namespace vedette::queue
