// SPDX-License-Identifier: Apache-2.0
#include "system/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "kit/testing/free_port.h"

namespace vedette::system_test {
std::string Binary() {
  const char* path = std::getenv("VEDETTE_BINARY");
  return path == nullptr ? VEDETTE_DEFAULT_BINARY : path;
}

namespace {

// In the child: standard output and error to `descriptor`, then the program.
[[noreturn]] void Become(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment,
                         int out,
                         int error) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(out, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  // A socket of the test that a child holds too would stay open when the test closes it.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
  }
  const std::string binary = Binary();
  std::vector<char*> words{const_cast<char*>(binary.c_str())};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(binary.c_str(), words.data());
  _exit(127);
}

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Process::Process(std::vector<std::string> arguments,
                 std::vector<std::string> environment,
                 std::filesystem::path log)
    : log_(std::move(log)) {
  const int file = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot open " + log_.string());
  pid_ = fork();
  if (pid_ == 0) Become(arguments, environment, file, file);
  close(file);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

Process::~Process() { Kill(); }

void Process::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

void Process::Signal(int number) { kill(pid_, number); }

int Process::Terminate() {
  kill(pid_, SIGTERM);
  return Wait();
}

int Process::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return ExitCode(status);
}

bool Process::Running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

double Process::CpuSeconds() const {
  const std::string text = ReadFile("/proc/" + std::to_string(pid_) + "/stat");
  // Fields 14 and 15, counted from behind the command's name in parentheses.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t Process::ResidentBytes() const {
  const std::string text = ReadFile("/proc/" + std::to_string(pid_) + "/status");
  const std::size_t at = text.find("VmRSS:");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + 6)) * 1024;
}

Outcome RunCommand(std::vector<std::string> arguments, std::vector<std::string> environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  const pid_t child = fork();
  if (child == 0) Become(arguments, environment, ends[1], STDERR_FILENO);
  close(ends[1]);
  Outcome outcome;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(ends[0], buffer, sizeof buffer)) > 0) {
    outcome.output.append(buffer, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.code = ExitCode(status);
  return outcome;
}

std::uint16_t FreePort() { return static_cast<std::uint16_t>(testkit::FreePort()); }

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace vedette::system_test
