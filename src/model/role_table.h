// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

namespace vedette {

// Which permissions each role carries, by the names of both.
std::map<std::string, std::set<std::string, std::less<>>, std::less<>> DefaultRoleTable();

}  // namespace vedette
