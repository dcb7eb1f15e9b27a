// SPDX-License-Identifier: Apache-2.0
#pragma once

// What /proc says of this process now; NaN for what cannot be read.
namespace vedette {

double ProcessResidentBytes();
double ProcessCpuSeconds();
double ProcessThreads();
double ProcessStartTimeSeconds();  // since the Unix epoch
double ProcessOpenFiles();

}  // namespace vedette
