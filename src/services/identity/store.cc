// SPDX-License-Identifier: Apache-2.0
#include "services/identity/store.h"

#include <unordered_map>
#include <utility>

#include "identity_migrations.h"

namespace vedette::identity {
namespace {

using db::Params;
using db::Row;
using db::Rows;
using db::Sql;

constexpr Sql kInsertUser{
    "identity_insert_user",
    "INSERT INTO identity_user (id, username, display_name, password_hash, created_at)"
    " VALUES ($1, $2, $3, $4, $5)"};
constexpr Sql kGetUser{
    "identity_get_user",
    "SELECT id, username, display_name, created_at FROM identity_user WHERE id = $1"};
constexpr Sql kFindUser{"identity_find_user",
                        "SELECT id, username, display_name, created_at, password_hash"
                        " FROM identity_user WHERE username = $1"};
constexpr Sql kListUsers{"identity_list_users",
                         "SELECT id, username, display_name, created_at FROM identity_user"
                         " WHERE username > $1 ORDER BY username LIMIT $2"};
constexpr Sql kAnyUser{"identity_any_user", "SELECT id FROM identity_user LIMIT 1"};
constexpr Sql kGrantsOfUser{"identity_grants_of_user",
                            "SELECT user_id, role, study_id, site_id FROM identity_grant"
                            " WHERE user_id = $1 ORDER BY role, study_id, site_id"};
constexpr Sql kGrantsOfPage{
    "identity_grants_of_page",
    "SELECT g.user_id, g.role, g.study_id, g.site_id FROM identity_grant g"
    " WHERE g.user_id IN (SELECT u.id FROM identity_user u WHERE u.username > $1"
    "                     ORDER BY u.username LIMIT $2)"
    " ORDER BY g.role, g.study_id, g.site_id"};
constexpr Sql kInsertGrant{
    "identity_insert_grant",
    "INSERT INTO identity_grant (user_id, role, study_id, site_id, granted_at, granted_by)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (user_id, role, study_id, site_id) DO NOTHING"};

User ReadUser(const Row& row) {
  return {.id = row.Text(0),
          .username = row.Text(1),
          .display_name = row.Text(2),
          .grants = {},
          .created_at = FromUnixMicros(row.Int(3))};
}

Grant ReadGrant(const Row& row) { return {row.Text(1), row.Text(2), row.Text(3)}; }

// nullopt when there is no such user.
Task<Result<std::optional<User>>> ReadWithGrants(db::Transaction& transaction, std::string id) {
  VEDETTE_CO_TRY(auto users, co_await transaction.Query(kGetUser, Params{id}));
  if (users.empty()) co_return std::nullopt;
  VEDETTE_CO_TRY(auto grants, co_await transaction.Query(kGrantsOfUser, Params{id}));
  User user = ReadUser(users[0]);
  for (const Row& row : grants) user.grants.push_back(ReadGrant(row));
  co_return user;
}

std::unexpected<Error> NoUser() { return Fail(Code::kNotFound, "There is no user with this id."); }

}  // namespace

std::span<const EmbeddedFile> Migrations() { return kMigrations; }

Task<Status> IdentityStore::Create(Deadline deadline, Credentials credentials) {
  User& user = credentials.user;
  auto inserted = co_await database_.Query(
      deadline, kInsertUser,
      Params{std::move(user.id), std::move(user.username), std::move(user.display_name),
             std::move(credentials.password_hash), ToUnixMicros(user.created_at)});
  if (!inserted && inserted.error().code == Code::kAlreadyExists) {
    co_return Fail(Error{Code::kAlreadyExists,
                         "There is already a user with this name.",
                         {{"username", "is taken by another user"}}});
  }
  VEDETTE_CO_CHECK_OK(std::move(inserted));
  co_return Status{};
}

Task<Result<std::optional<Credentials>>> IdentityStore::FindByUsername(Deadline deadline,
                                                                       std::string username) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto users, co_await read->Query(kFindUser, Params{username}));
  // The same two statements for a name that is not there, so that time does not tell.
  const std::string id = users.empty() ? std::string() : users[0].Text(0);
  VEDETTE_CO_TRY(auto grants, co_await read->Query(kGrantsOfUser, Params{id}));
  if (users.empty()) co_return std::nullopt;
  Credentials found{ReadUser(users[0]), users[0].Text(4)};
  for (const Row& row : grants) found.user.grants.push_back(ReadGrant(row));
  co_return found;
}

Task<Result<User>> IdentityStore::Get(Deadline deadline, std::string id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto user, co_await ReadWithGrants(*read, std::move(id)));
  if (!user) co_return NoUser();
  co_return std::move(*user);
}

Task<Result<std::vector<User>>> IdentityStore::List(Deadline deadline,
                                                    std::string after,
                                                    std::int64_t limit) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto rows, co_await read->Query(kListUsers, Params{after, limit}));
  VEDETTE_CO_TRY(auto grants, co_await read->Query(kGrantsOfPage, Params{after, limit}));
  std::vector<User> users;
  std::unordered_map<std::string, std::size_t> places;
  for (const Row& row : rows) {
    places.emplace(row.Text(0), users.size());
    users.push_back(ReadUser(row));
  }
  for (const Row& row : grants) users[places.at(row.Text(0))].grants.push_back(ReadGrant(row));
  co_return users;
}

Task<Result<bool>> IdentityStore::IsEmpty(Deadline deadline) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kAnyUser));
  co_return rows.empty();
}

Task<Result<User>> IdentityStore::AddGrants(Deadline deadline,
                                            std::string user_id,
                                            std::vector<Grant> grants,
                                            Timestamp at,
                                            std::string by) {
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(auto users, co_await transaction->Query(kGetUser, Params{user_id}));
  if (users.empty()) co_return NoUser();
  for (Grant& grant : grants) {
    VEDETTE_CO_CHECK_OK(co_await transaction->Query(
        kInsertGrant, Params{user_id, std::move(grant.role), std::move(grant.study),
                             std::move(grant.site), ToUnixMicros(at), by}));
  }
  VEDETTE_CO_TRY(auto user, co_await ReadWithGrants(*transaction, user_id));
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return std::move(*user);
}

}  // namespace vedette::identity
