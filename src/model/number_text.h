// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace vedette {

// The shortest decimal text that reads back as the same double: 152 as "152", 0.1 as "0.1".
// Exponents only from 1e21 up and below 1e-6.
std::string NumberText(double number);

}  // namespace vedette
