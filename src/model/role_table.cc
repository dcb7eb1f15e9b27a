// SPDX-License-Identifier: Apache-2.0
#include "model/role_table.h"

namespace vedette {
namespace {

using Permissions = std::set<std::string, std::less<>>;

// What everybody who watches a study's subjects may see.
const char* const kReading[] = {"alert.read", "event.read", "rule.read", "subject.read",
                                "trial.read"};

Permissions ReadingAnd(std::initializer_list<const char*> more) {
  Permissions permissions(std::begin(kReading), std::end(kReading));
  permissions.insert(more.begin(), more.end());
  return permissions;
}

}  // namespace

std::map<std::string, Permissions, std::less<>> DefaultRoleTable() {
  return {
      {"administrator",
       ReadingAnd({"alert.act", "alert.unblinded", "event.record", "identity.manage", "ops.read",
                   "rule.activate", "rule.sign", "rule.write", "subject.create", "subject.register",
                   "trial.create", "trial.manage"})},
      {"data_manager", ReadingAnd({"alert.act", "alert.silence", "event.record", "rule.activate",
                                   "rule.sign", "rule.write", "subject.register", "trial.manage"})},
      {"medical_monitor", ReadingAnd({"alert.act", "alert.medical", "alert.silence", "rule.sign"})},
      // May see what tells the treatment, beside whatever else they hold.
      {"unblinded_monitor", ReadingAnd({"alert.unblinded"})},
      {"cra", ReadingAnd({"alert.act"})},
      {"investigator", ReadingAnd({"alert.act", "event.record", "subject.create"})},
      {"integrator", {"event.record", "subject.read", "subject.register", "trial.read"}},
      {"auditor", ReadingAnd({})},
  };
}

}  // namespace vedette
