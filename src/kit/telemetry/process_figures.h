// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// What /proc says of this process now; NaN for what cannot be read.
namespace vedette {

double ProcessResidentBytes();
double ProcessCpuSeconds();
double ProcessThreads();
double ProcessStartTimeSeconds();  // since the Unix epoch
double ProcessOpenFiles();

// Field `number` (from 3 on) of a line of /proc/self/stat as proc(5) counts them; the second, the
// program's name in parentheses, may hold spaces and more of them. NaN when there is no such
// number.
double ProcessStatField(std::string_view line, int number);

}  // namespace vedette
