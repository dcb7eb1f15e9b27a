// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/identity/types.h"

namespace vedette::identity {

// What makes the tables, for db::Migrate.
std::span<const EmbeddedFile> Migrations();

// The tables identity_*. Thread-safe.
class IdentityStore {
 public:
  explicit IdentityStore(db::Database& database) : database_(database) {}

  // The user's grants are not stored. kAlreadyExists when the user name is taken.
  Task<Status> Create(Deadline deadline, Credentials credentials);
  // Nothing for an unknown name; that is no error here.
  Task<Result<std::optional<Credentials>>> FindByUsername(Deadline deadline, std::string username);
  // kNotFound when there is none.
  Task<Result<User>> Get(Deadline deadline, std::string id);
  // Up to `limit` users after the name `after`, by name.
  Task<Result<std::vector<User>>> List(Deadline deadline, std::string after, std::int64_t limit);
  Task<Result<bool>> IsEmpty(Deadline deadline);

  // Gives the user all grants; those held already stay as they are. The user as they are then.
  // kNotFound when there is no such user.
  Task<Result<User>> AddGrants(Deadline deadline,
                               std::string user_id,
                               std::vector<Grant> grants,
                               Timestamp at,
                               std::string by);

 private:
  db::Database& database_;
};

}  // namespace vedette::identity
