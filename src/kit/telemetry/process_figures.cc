// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/process_figures.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace vedette {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Field `number` of /proc/self/stat as proc(5) counts them, from 3 on. The second field, the name
// of the program in parentheses, may hold spaces.
double StatField(int number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return kUnknown;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) fields >> field;
  double value = kUnknown;
  std::from_chars(field.data(), field.data() + field.size(), value);
  return value;
}

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

}  // namespace

double ProcessResidentBytes() { return StatField(24) * static_cast<double>(sysconf(_SC_PAGESIZE)); }
double ProcessCpuSeconds() { return (StatField(14) + StatField(15)) / TicksPerSecond(); }
double ProcessThreads() { return StatField(20); }

double ProcessStartTimeSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    if (word == "btime") {
      double boot = kUnknown;
      file >> boot;
      return boot + StatField(22) / TicksPerSecond();
    }
  }
  return kUnknown;
}

double ProcessOpenFiles() {
  std::error_code error;
  // The listing itself holds one.
  double count = -1;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return error ? kUnknown : count;
}

}  // namespace vedette
