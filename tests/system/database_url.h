// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace vedette::system_test {

// "127.0.0.1:5432" of "postgres://user@127.0.0.1:5432/database?…".
inline std::string AddressIn(const std::string& url) {
  const std::size_t at = url.find('@');
  const std::size_t begin = at == std::string::npos ? url.find("://") + 3 : at + 1;
  return url.substr(begin, url.find('/', begin) - begin);
}

// The same database at another address.
inline std::string Through(const std::string& url, const std::string& address) {
  const std::string old = AddressIn(url);
  std::string changed = url;
  return changed.replace(url.find(old), old.size(), address);
}

}  // namespace vedette::system_test
