// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/process_figures.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace vedette {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double StatField(int number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  return ProcessStatField(line, number);
}

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

}  // namespace

double ProcessStatField(std::string_view line, int number) {
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return kUnknown;
  std::string_view rest = line.substr(name_end + 1);
  for (int i = 3;; ++i) {
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
    const std::string_view field = rest.substr(0, rest.find(' '));
    rest.remove_prefix(field.size());
    if (i < number && !field.empty()) continue;
    double value = kUnknown;
    std::from_chars(field.data(), field.data() + field.size(), value);
    return value;
  }
}

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
