// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "kit/testing/free_port.h"
#include "kit/testing/temp_dir.h"

namespace vedette::testkit {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kStartTimeout{30};

// Tells the server's process id on descriptor 3 and kills the server when its input ends: by
// "stop", or because the test process is gone; then nobody else removes the folder ($1).
constexpr const char* kKeeper = R"(
folder=$1; shift
"$@" 3>&- &
server=$!
echo $server >&3
exec 3>&-
read -r word
kill -KILL $server 2>/dev/null
wait $server
[ "$word" = stop ] && exit
until rm -rf "$folder"; do sleep 0.1; done
)";

// Empty when there is none.
std::string Find(const std::string& program) {
  if (program.find('/') != std::string::npos)
    return ::access(program.c_str(), X_OK) == 0 ? program : "";
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/bin:/usr/sbin:/usr/local/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + program;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::vector<int> FreePorts(std::size_t count) {
  std::vector<int> ports;
  for (std::size_t i = 0; i < count; ++i) ports.push_back(FreePort());
  return ports;
}

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  int ends[2];
};

// In a session of its own, so that a terminal's Ctrl-C does not reach it.
pid_t Launch(std::vector<std::string> command, int input, int report, const std::string& log) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  // Only what is safe after a fork among threads.
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  // Out of the way of the numbers that follow.
  const int kept_input = ::fcntl(input, F_DUPFD, 10);
  const int kept_report = ::fcntl(report, F_DUPFD, 10);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::dup2(kept_input, STDIN_FILENO);
  ::dup2(kept_report, 3);
  ::close(kept_input);
  ::close(kept_report);
  ::setsid();
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t ReadPid(int descriptor) {
  std::string text;
  char letter = 0;
  for (;;) {
    const ssize_t n = ::read(descriptor, &letter, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || letter == '\n') break;
    text += letter;
  }
  return text.empty() ? -1 : static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
}

// The keeper leaves a server that has ended as a zombie.
bool HasEnded(pid_t server) {
  std::ifstream file("/proc/" + std::to_string(server) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(") ");
  return name_end == std::string::npos || text.substr(name_end + 2, 1) == "Z";
}

}  // namespace

bool TakesConnections(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool taken =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return taken;
}

struct ServerProcess::Impl {
  explicit Impl(Options given) : options(std::move(given)), ports(FreePorts(options.port_count)) {}
  ~Impl() { Stop(); }

  void Run(const ServerProcess& self) {
    if (keeper >= 0) return;
    const std::string program = Find(options.program);
    if (program.empty()) throw std::runtime_error(options.program + " is not installed");
    std::vector<std::string> command = {"/bin/sh",           "-c",   kKeeper, "keeper",
                                        dir.path().string(), program};
    for (std::string& word : options.arguments(self)) command.push_back(std::move(word));
    const Pipe input;
    const Pipe report;
    keeper = Launch(std::move(command), input.ends[0], report.ends[1], LogPath());
    ::close(input.ends[0]);
    ::close(report.ends[1]);
    keeper_input = input.ends[1];
    server = ReadPid(report.ends[0]);
    ::close(report.ends[0]);
    WaitForAnswer(self);
  }

  void WaitForAnswer(const ServerProcess& self) {
    const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
    while (!(options.answers ? options.answers(self) : TakesConnections(ports.front()))) {
      if (HasEnded(server) || std::chrono::steady_clock::now() > give_up) {
        Stop();
        const std::string text = self.log();
        throw std::runtime_error(
            options.program + " did not start: " +
            text.substr(text.size() - std::min<std::size_t>(text.size(), 500)));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  void Stop() {
    if (keeper < 0) return;
    constexpr std::string_view kStop = "stop\n";
    (void)!::write(keeper_input, kStop.data(), kStop.size());
    ::close(keeper_input);
    while (::waitpid(keeper, nullptr, 0) < 0 && errno == EINTR) {
    }
    keeper = -1;
    server = -1;
  }

  std::string LogPath() const { return dir.path() / "log"; }

  const Options options;
  const TempDir dir;
  const std::vector<int> ports;
  pid_t keeper = -1;
  int keeper_input = -1;
  pid_t server = -1;
};

bool ServerProcess::IsInstalled(const std::string& program) { return !Find(program).empty(); }

ServerProcess::ServerProcess(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->Run(*this);
}

ServerProcess::~ServerProcess() = default;

int ServerProcess::port(std::size_t index) const { return impl_->ports.at(index); }

std::string ServerProcess::address(std::size_t index) const {
  return "127.0.0.1:" + std::to_string(port(index));
}

const fs::path& ServerProcess::folder() const { return impl_->dir.path(); }

std::string ServerProcess::log() const {
  std::ifstream file(impl_->LogPath());
  return {std::istreambuf_iterator<char>(file), {}};
}

void ServerProcess::Stop() { impl_->Stop(); }
void ServerProcess::Start() { impl_->Run(*this); }

void ServerProcess::Freeze() {
  if (impl_->server > 0) ::kill(impl_->server, SIGSTOP);
}

void ServerProcess::Thaw() {
  if (impl_->server > 0) ::kill(impl_->server, SIGCONT);
}

}  // namespace vedette::testkit
