// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vedette {

// A role held on a study and a site. "*" stands for every study, or every site of the study.
struct Grant {
  std::string role;
  std::string study;
  std::string site;
  bool operator==(const Grant&) const = default;
};

// Who calls, as their verified token says.
struct Principal {
  std::string subject;      // user id, or the service's name
  std::string name;         // log-in name
  bool is_service = false;  // one of Vedette's own services
  std::vector<Grant> grants;
  // When the token that says so is over: what goes on for long ends then. max() for no end.
  Timestamp expires_at = Timestamp::max();
};

}  // namespace vedette
