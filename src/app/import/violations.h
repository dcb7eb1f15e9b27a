// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::importing {

// What a server says of one element of a list.
struct ElementFault {
  std::string field;   // of the first violation: "item"; empty when the element as a whole is wrong
  std::string reason;  // all violations of the element
};

// The violations of an error by element of `list`: "events[3].item" is field "item" of element 3.
// Nothing when there are none, or one is about something else or beyond `size`: then the error is
// about the request as a whole.
std::optional<std::map<std::size_t, ElementFault>> FaultsByElement(const Error& error,
                                                                   std::string_view list,
                                                                   std::size_t size);

}  // namespace vedette::importing
