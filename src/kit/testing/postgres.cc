// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kit/testing/temp_dir.h"

namespace vedette::testkit {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kStartTimeout{30};

std::string Program(const std::string& name) {
  for (int version = 18; version >= 13; --version) {
    const fs::path path = "/usr/lib/postgresql/" + std::to_string(version) + "/bin/" + name;
    if (fs::exists(path)) return path;
  }
  throw std::runtime_error("PostgreSQL is not installed: no " + name);
}

struct Account {
  uid_t user;
  gid_t group;
};

// PostgreSQL refuses to run as root.
Account ServerAccount() {
  if (::geteuid() != 0) return {::geteuid(), ::getegid()};
  const passwd* entry = ::getpwnam("postgres");
  if (entry == nullptr) throw std::runtime_error("there is no user postgres");
  return {entry->pw_uid, entry->pw_gid};
}

int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// In the child: become the account, die with the parent, write to the log file, run.
[[noreturn]] void Execute(const std::vector<std::string>& command,
                          Account account,
                          const std::string& log,
                          pid_t parent) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(account.group) != 0 ||
        ::setuid(account.user) != 0) {
      ::_exit(126);
    }
  }
  // After setuid, which clears it. SIGINT is PostgreSQL's fast shutdown; initdb ends by it too.
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  if (::getppid() != parent) ::_exit(125);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t Launch(const std::vector<std::string>& command, Account account, const std::string& log) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) Execute(command, account, log, parent);
  return child;
}

void WaitForEnd(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

bool EndedWell(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

struct PostgresServer::Impl {
  TempDir folder;
  Account account = ServerAccount();
  std::string data = folder.path() / "data";
  std::string log = folder.path() / "log";
  int port = FreePort();
  std::string url =
      "postgres://vedette@127.0.0.1:" + std::to_string(port) + "/postgres?sslmode=disable";
  pid_t server = -1;

  void Create() {
    fs::permissions(folder.path(), fs::perms::owner_all);
    if (::chown(folder.path().c_str(), account.user, account.group) != 0) {
      throw std::runtime_error("the folder of PostgreSQL cannot be given away");
    }
    // Its own files need no fsync; the server, as it runs, keeps it on.
    const pid_t initdb =
        Launch({Program("initdb"), "--pgdata=" + data, "--username=vedette", "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
               account, log);
    if (!EndedWell(initdb)) throw std::runtime_error("initdb failed");
  }

  // The thread that calls this must live as long as the server: it is what the server dies with.
  void Run() {
    server = Launch({Program("postgres"), "-D", data, "-p", std::to_string(port), "-c",
                     "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c",
                     "max_connections=200", "-c", "shared_buffers=32MB", "-c", "autovacuum=off"},
                    account, log);
    const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
    while (PQping(url.c_str()) != PQPING_OK) {
      int status = 0;
      if (::waitpid(server, &status, WNOHANG) == server) {
        server = -1;
        throw std::runtime_error("PostgreSQL did not start");
      }
      if (std::chrono::steady_clock::now() > give_up) {
        throw std::runtime_error("PostgreSQL did not answer");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void Kill() {
    if (server < 0) return;
    ::kill(server, SIGQUIT);
    WaitForEnd(server);
    server = -1;
  }
};

PostgresServer::PostgresServer() : impl_(std::make_unique<Impl>()) {
  impl_->Create();
  impl_->Run();
}

PostgresServer::~PostgresServer() { impl_->Kill(); }

const std::string& PostgresServer::url() const { return impl_->url; }
void PostgresServer::Stop() { impl_->Kill(); }
void PostgresServer::Start() { impl_->Run(); }

const std::string& PostgresUrl() {
  static const char* const given = std::getenv("VEDETTE_TEST_POSTGRES");
  if (given != nullptr) {
    static const std::string url = given;
    return url;
  }
  static const PostgresServer server;
  return server.url();
}

}  // namespace vedette::testkit
