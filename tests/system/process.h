// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vedette::system_test {

// The program under test: VEDETTE_BINARY, or the one of this build.
std::string Binary();

// A running `vedette` (VEDETTE_BINARY). Its log goes to a file; it dies with the test.
class Process {
 public:
  Process(std::vector<std::string> arguments,
          std::vector<std::string> environment,
          std::filesystem::path log);
  ~Process();  // kills
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Kill();              // SIGKILL, and waits
  int Terminate();          // SIGTERM, and waits; the exit code, or 128 + signal
  void Signal(int number);  // sends it, no more
  int Wait();               // the exit code, or 128 + signal
  bool Running();

  // User and system time of the process so far, and its resident memory.
  double CpuSeconds() const;
  std::uint64_t ResidentBytes() const;

  const std::filesystem::path& log() const { return log_; }

 private:
  pid_t pid_ = -1;
  std::filesystem::path log_;
};

// What a command printed on standard output, and its exit code.
struct Outcome {
  int code = 0;
  std::string output;
};
Outcome RunCommand(std::vector<std::string> arguments, std::vector<std::string> environment = {});

// A port of the loopback interface that was free a moment ago.
std::uint16_t FreePort();

std::string ReadFile(const std::filesystem::path& path);

}  // namespace vedette::system_test
