// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kit/testing/free_port.h"
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

// PostgreSQL refuses to run as root; then it runs as its own user.
constexpr const char* kServerUser = "postgres";

std::vector<std::string> AsServerUser(std::vector<std::string> command) {
  if (::geteuid() != 0) return command;
  const std::string user = kServerUser;
  command.insert(command.begin(), {"/usr/bin/setpriv", "--reuid=" + user, "--regid=" + user,
                                   "--clear-groups", "--"});
  return command;
}

void GiveToServerUser(const fs::path& folder) {
  if (::geteuid() != 0) return;
  const passwd* entry = ::getpwnam(kServerUser);
  if (entry == nullptr || ::chown(folder.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
    throw std::runtime_error("the folder of PostgreSQL cannot be given to its user");
  }
}

// Starts a program that reads `input` and writes to the file `log`, in a session of its own, so
// that a terminal's Ctrl-C does not reach it.
pid_t Launch(const std::vector<std::string>& command, int input, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  // Only what is safe after a fork among threads.
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::setsid();
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void WaitForEnd(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Makes the cluster ($1), unless it is there, with initdb ($2), and becomes the server ($3…).
constexpr const char* kServer = R"(
data=$1; initdb=$2; shift 2
# Only the server's own writes need fsync.
[ -e "$data/PG_VERSION" ] || "$initdb" --pgdata="$data" --username=vedette --auth=trust \
  --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions || exit 1
exec "$@"
)";

// Runs the server ($2…) until its input ends: by "stop", or because the test process is gone,
// however that came about; then nobody else removes the folder ($1).
constexpr const char* kKeeper = R"(
folder=$1; shift
"$@" &
server=$!
read -r word
# Again, because a server that has just been started does not listen to signals yet.
while kill -QUIT $server; do sleep 0.05; done
wait $server
[ "$word" = stop ] && exit
until rm -rf "$folder"; do sleep 0.1; done
)";

}  // namespace

struct PostgresServer::Impl {
  TempDir folder;
  std::string data = folder.path() / "data";
  std::string log = folder.path() / "log";
  int port = FreePort();
  std::string url =
      "postgres://vedette@127.0.0.1:" + std::to_string(port) + "/postgres?sslmode=disable";
  pid_t keeper = -1;
  int keeper_input = -1;

  void Run() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::vector<std::string> command = AsServerUser({"/bin/sh",
                                                     "-c",
                                                     kServer,
                                                     "server",
                                                     data,
                                                     Program("initdb"),
                                                     Program("postgres"),
                                                     "-D",
                                                     data,
                                                     "-p",
                                                     std::to_string(port),
                                                     "-c",
                                                     "listen_addresses=127.0.0.1",
                                                     "-c",
                                                     "unix_socket_directories=",
                                                     "-c",
                                                     "max_connections=200",
                                                     "-c",
                                                     "shared_buffers=32MB",
                                                     "-c",
                                                     "autovacuum=off",
                                                     "-c",
                                                     "recovery_init_sync_method=syncfs"});
    command.insert(command.begin(), {"/bin/sh", "-c", kKeeper, "keeper", folder.path().string()});
    keeper = Launch(command, ends[0], log);
    ::close(ends[0]);
    keeper_input = ends[1];
    const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
    while (PQping(url.c_str()) != PQPING_OK) {
      if (std::chrono::steady_clock::now() > give_up) {
        throw std::runtime_error("PostgreSQL did not start");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void Stop() {
    if (keeper < 0) return;
    constexpr std::string_view kStop = "stop\n";
    (void)!::write(keeper_input, kStop.data(), kStop.size());
    ::close(keeper_input);
    WaitForEnd(keeper);
    keeper = -1;
  }

  ~Impl() { Stop(); }
};

PostgresServer::PostgresServer() : impl_(std::make_unique<Impl>()) {
  GiveToServerUser(impl_->folder.path());
  impl_->Run();
}

PostgresServer::~PostgresServer() = default;

const std::string& PostgresServer::url() const { return impl_->url; }
void PostgresServer::Stop() { impl_->Stop(); }
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
