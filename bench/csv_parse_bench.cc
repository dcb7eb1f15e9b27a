// SPDX-License-Identifier: Apache-2.0
// How fast vital sign rows are read, typed and validated, on one core: beside the memory-read
// limit, the structural scan alone, and a naive stream parser. The file is made in memory.
//   csv_parse_bench [megabytes = 128] [rounds = 7]
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "formats/byte_source.h"
#include "formats/csv/open.h"
#include "formats/csv/row_reader.h"
#include "formats/csv/scanner.h"
#include "formats/csv/vital_signs.h"

namespace {

using namespace vedette;
using namespace vedette::formats;
using namespace vedette::formats::csv;

std::string MakeFile(std::size_t bytes, std::size_t& rows) {
  std::string text = "patient_id,record_time,heart_rate,blood_pressure\n";
  text.reserve(bytes + 128);
  std::mt19937 random(1);
  StudyTime time{FromUnixMicros(1'767'225'600'000'000), 0, TimePrecision::kSecond};
  for (rows = 0; text.size() < bytes; ++rows) {
    time.instant += std::chrono::seconds(random() % 20);
    fmt::format_to(std::back_inserter(text), "SUBJ-{:06},{},{},{}/{}\n", random() % 10000,
                   FormatStudyTime(time), 50 + random() % 80, 95 + random() % 70,
                   55 + random() % 45);
  }
  return text;
}

std::uint64_t ReadMemory(const std::string& text) {
  std::uint64_t sums[8] = {};
  for (std::size_t at = 0; at + 64 <= text.size(); at += 64) {
    for (std::size_t i = 0; i < 8; ++i) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at + i * 8, 8);
      sums[i] += word;
    }
  }
  return std::accumulate(std::begin(sums), std::end(sums), std::uint64_t{0});
}

std::uint64_t ScanOnly(const std::string& text) {
  SeparatorIndex index;
  ScanState state;
  std::uint64_t separators = 0;
  constexpr std::size_t kWindow = 4096;
  for (std::size_t from = 0; from < text.size(); from += kWindow) {
    index.separators.Clear();
    index.row_ends.Clear();
    ScanSeparators(BestScanKind(), text.data(), from, std::min(text.size(), from + kWindow), state,
                   index);
    separators += index.separators.size();
  }
  return separators;
}

// Sum of all values, so that the parsers can be held against each other.
std::uint64_t ParseTyped(const std::string& text, ScanKind kind) {
  RowReader reader(*MakeTextSource(MakeMemorySource(text)), {.scan = kind});
  const std::vector<std::size_t> positions = *reader.ReadHeader()->Require(kVitalSignColumns);
  RowBlock block;
  VitalSigns values;
  std::uint64_t sum = 0;
  while (*reader.Next(block)) {
    ReadVitalSigns(block, positions, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      sum += static_cast<std::uint64_t>(ToUnixMicros(values.times[i].instant)) +
             static_cast<std::uint64_t>(values.heart_rates[i] + values.systolic[i] +
                                        values.diastolic[i]) +
             values.patients[i].size();
    }
    if (!values.rejects.empty()) std::abort();
  }
  return sum;
}

std::uint64_t MakeObservations(const std::string& text) {
  auto source = *OpenCsv(*MakeTextSource(MakeMemorySource(text)), {});
  ObservationBatch batch;
  std::uint64_t count = 0;
  while (*source->NextBatch(batch)) count += batch.observations.size();
  return count;
}

std::uint64_t ParseNaively(const std::string& text) {
  std::istringstream file(text);
  std::string line;
  std::getline(file, line);
  std::uint64_t sum = 0;
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::string patient, time, rate, pressure;
    std::getline(fields, patient, ',');
    std::getline(fields, time, ',');
    std::getline(fields, rate, ',');
    std::getline(fields, pressure, ',');
    std::tm parts{};
    strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    const std::size_t slash = pressure.find('/');
    sum += static_cast<std::uint64_t>(timegm(&parts)) * 1'000'000 +
           static_cast<std::uint64_t>(std::stoi(rate) + std::stoi(pressure.substr(0, slash)) +
                                      std::stoi(pressure.substr(slash + 1))) +
           patient.size();
  }
  return sum;
}

struct Case {
  std::string name;
  std::function<std::uint64_t(const std::string&)> run;
  bool small = false;  // runs on a tenth of the file
  std::vector<double> seconds = {};
};

// Processor time of this thread: what a core needs, whatever else the machine does.
double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 128;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  std::size_t rows = 0;
  std::size_t small_rows = 0;
  const std::string text = MakeFile(megabytes * 1'000'000, rows);
  const std::string small = MakeFile(megabytes * 100'000, small_rows);
  if (ParseTyped(small, BestScanKind()) != ParseNaively(small)) {
    fmt::print("The parsers disagree.\n");
    return 1;
  }

  std::vector<Case> cases = {
      {"memory read", ReadMemory},
      {"structural scan", ScanOnly},
      {"typed and validated", [](const std::string& t) { return ParseTyped(t, BestScanKind()); }},
      {"typed, portable scan",
       [](const std::string& t) { return ParseTyped(t, ScanKind::kPortable); }},
      {"as import observations", MakeObservations},
      {"naive stream parser", ParseNaively, true},
  };
  volatile std::uint64_t sink = 0;
  for (int round = 0; round < rounds; ++round) {
    for (Case& one : cases) {
      const double start = ThreadSeconds();
      sink = sink + one.run(one.small ? small : text);
      one.seconds.push_back(ThreadSeconds() - start);
    }
  }

  fmt::print(
      "vital sign file: {:.1f} MB, {} rows, {:.1f} bytes a row; processor time of one core, median "
      "of {}\n\n",
      static_cast<double>(text.size()) / 1e6, rows,
      static_cast<double>(text.size()) / static_cast<double>(rows), rounds);
  fmt::print("{:<24}{:>9}{:>13}{:>12}{:>12}\n", "", "GB/s", "M rows/s", "of memory", "x naive");
  const auto speed = [&](const Case& one) {
    return static_cast<double>(one.small ? small.size() : text.size()) / Median(one.seconds) / 1e9;
  };
  for (const Case& one : cases) {
    const double rate =
        static_cast<double>(one.small ? small_rows : rows) / Median(one.seconds) / 1e6;
    fmt::print("{:<24}{:>9.2f}{:>13.2f}{:>11.1f}%{:>12.1f}\n", one.name, speed(one), rate,
               100 * speed(one) / speed(cases.front()), speed(one) / speed(cases.back()));
  }
  return 0;
}
