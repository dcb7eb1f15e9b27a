// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/embedded_file.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/db/database.h"

namespace vedette::db {

// Brings a service's tables up to date. Files are named NNNN_what.sql, or NNNN_what.sqlite.sql and
// NNNN_what.postgres.sql where the dialects differ, numbered from 1 without a gap. Forward only:
// each is applied once, in order, in one transaction, and remembered with its SHA-256; a file that
// differs from what was applied, or an applied one that is missing, is kFailedPrecondition and
// changes nothing. Several processes may start at once: they wait for each other. Common files are
// written with BIGINT, DOUBLE PRECISION, TEXT, BYTEA, BOOLEAN; SQLite gets its own types and
// STRICT.
Task<Status> Migrate(Database& database, std::span<const EmbeddedFile> files, Logger logger);

}  // namespace vedette::db
