// SPDX-License-Identifier: Apache-2.0
#include "system/system.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "kit/http/client.h"
#include "kit/testing/postgres.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A database that no other system uses.
std::string CreateDatabase() {
  static int number = 0;
  const std::string& server = testkit::PostgresUrl();
  const std::string name = "system_" + std::to_string(getpid()) + "_" + std::to_string(++number);
  PGconn* connection = PQconnectdb(server.c_str());
  PGresult* result = PQexec(connection, ("CREATE DATABASE " + name).c_str());
  const bool created = PQresultStatus(result) == PGRES_COMMAND_OK;
  const std::string reason = PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
  if (!created) throw std::runtime_error("cannot create a database: " + reason);
  const std::size_t slash = server.find('/', server.find("://") + 3);
  const std::size_t query = server.find('?');
  return server.substr(0, std::min(slash, query)) + "/" + name +
         (query == std::string::npos ? std::string() : server.substr(query));
}

Task<RestAnswer> FetchRest(http::Endpoint endpoint, http::ClientRequest request) {
  const auto response = co_await http::Fetch(endpoint, std::move(request),
                                             std::chrono::steady_clock::now() + seconds(60));
  if (!response) co_return RestAnswer{0, response.error().message, {}};
  co_return RestAnswer{response->status, response->body,
                       std::string(response->headers.Get("Content-Type").value_or(""))};
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

constexpr char kPassword[] = "correct horse battery staple";

// How the reports of the sanitizers begin; what follows is the report.
constexpr std::string_view kSanitizerReports[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                                  "runtime error:", "WARNING: ThreadSanitizer",
                                                  "FATAL: ThreadSanitizer"};

// A server that is sanitized too must not fail silently behind a test that passes.
void ExpectNoSanitizerReport(const std::filesystem::path& log) {
  const std::string text = ReadFile(log);
  for (const std::string_view report : kSanitizerReports) {
    const std::size_t at = text.find(report);
    if (at == std::string::npos) continue;
    const std::size_t line = text.rfind('\n', at);  // npos + 1 is the beginning
    ADD_FAILURE() << log.filename().string() << ": " << text.substr(line + 1);
    return;
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Shape shape) {
  switch (shape) {
    case Shape::kSingleSqlite:
      return out << "SingleSqlite";
    case Shape::kSinglePostgres:
      return out << "SinglePostgres";
    case Shape::kSplitPostgres:
      return out << "SplitPostgres";
    case Shape::kFleet:
      return out << "Fleet";
  }
  return out;
}

System::System(Shape shape, std::vector<std::string> settings)
    : shape_(shape), settings_(std::move(settings)), http_port_(FreePort()), rpc_port_(FreePort()) {
  std::ofstream(password_file()) << kPassword << "\n";
  std::filesystem::permissions(
      password_file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (shape != Shape::kSingleSqlite) database_url_ = CreateDatabase();
  if (shape == Shape::kFleet) return;
  if (shape != Shape::kSplitPostgres) {
    AddPart("all", "all", http_port_, rpc_port_, {});
    return;
  }
  const std::uint16_t core_rpc = FreePort();
  const std::uint16_t monitor_rpc = FreePort();
  const std::string core = "127.0.0.1:" + std::to_string(core_rpc);
  std::vector<std::string> peers;
  for (const char* role : {"identity", "trial", "subject", "rule"}) {
    peers.push_back("peers." + std::string(role) + "=" + core);
  }
  const std::string monitor = "peers.monitor=127.0.0.1:" + std::to_string(monitor_rpc);
  AddPart("core", "identity,trial,subject,rule", FreePort(), core_rpc, {monitor});
  AddPart("monitor", "monitor", FreePort(), monitor_rpc, peers);
  peers.push_back(monitor);
  AddPart("gateway", "gateway", http_port_, rpc_port_, peers);
}

System::~System() {
  Kill();
  for (const Part& part : parts_) ExpectNoSanitizerReport(part.log);
}

std::filesystem::path System::core_data() const {
  return DataFolder(shape_ == Shape::kSplitPostgres ? "core" : "all");
}

// Replicas of a role share its keys, and so its folder.
std::filesystem::path System::DataFolder(const std::string& name) const {
  return folder_.path() / (shape_ == Shape::kFleet ? "shared" : name);
}

void System::AddPart(const std::string& name,
                     const std::string& roles,
                     std::uint16_t http_port,
                     std::uint16_t rpc_port,
                     std::vector<std::string> settings) {
  Part part;
  part.name = name;
  part.http_port = http_port;
  part.rpc_port = rpc_port;
  part.log = folder_.path() / (name + ".log");
  part.arguments = {"serve", "--data", DataFolder(name).string(), "--roles", roles};
  settings.push_back("http.port=" + std::to_string(http_port));
  settings.push_back("rpc.address=127.0.0.1:" + std::to_string(rpc_port));
  if (!database_url_.empty()) settings.push_back("database.url=" + database_url_);
  if (roles == "all" || roles.find("identity") != std::string::npos) {
    settings.push_back("identity.bootstrap_admin_password_file=" + password_file().string());
  }
  if (roles != "all") settings.push_back("process.service_secret=${VEDETTE_SERVICE_SECRET}");
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  for (std::string& setting : settings) {
    part.arguments.push_back("--set");
    part.arguments.push_back(std::move(setting));
  }
  parts_.push_back(std::move(part));
}

void System::Start() {
  for (Part& part : parts_) {
    if (!part.process || !part.process->Running()) Launch(part);
  }
  for (Part& part : parts_) AwaitReady(part);
}

void System::Launch(Part& part) {
  part.process = std::make_unique<Process>(
      part.arguments,
      std::vector<std::string>{"VEDETTE_SERVICE_SECRET=a secret that all processes share"},
      part.log);
}

void System::AwaitReady(Part& part) {
  // Sanitizers start slowly on a busy machine; what is not ready by then hangs.
  const auto limit = std::chrono::steady_clock::now() + seconds(90);
  while (std::chrono::steady_clock::now() < limit) {
    const auto answer = Await<RestAnswer>(
        runtime_, [&] { return FetchRest({"127.0.0.1", part.http_port}, {.target = "/readyz"}); });
    if (answer.status == 200) return;
    if (!part.process->Running()) break;
    std::this_thread::sleep_for(milliseconds(20));
  }
  throw std::runtime_error("not ready: " + ReadFile(part.log));
}

void System::Kill() {
  for (Part& part : parts_) part.process.reset();
}

int System::Stop() {
  int code = 0;
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (part->process) code = std::max(code, part->process->Terminate());
    part->process.reset();
  }
  return code;
}

double System::CpuSeconds() const {
  double sum = 0;
  for (const Part& part : parts_) sum += part.process->CpuSeconds();
  return sum;
}

std::uint64_t System::ResidentBytes() const {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.process->ResidentBytes();
  return sum;
}

std::string System::Logs() const {
  std::string text;
  for (const Part& part : parts_) text += ReadFile(part.log);
  return text;
}

RestAnswer System::Rest(const std::string& method,
                        const std::string& target,
                        const std::string& body,
                        const std::string& token) {
  return RestAt(http_port_, method, target, body, token);
}

void System::UseGateway(const Part& part) {
  http_port_ = part.http_port;
  rpc_port_ = part.rpc_port;
}

RestAnswer System::RestAt(std::uint16_t port,
                          const std::string& method,
                          const std::string& target,
                          const std::string& body,
                          const std::string& token) {
  http::ClientRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  if (!body.empty()) request.headers.Set("Content-Type", "application/json");
  if (!token.empty()) request.headers.Set("Authorization", "Bearer " + token);
  return Await<RestAnswer>(runtime_,
                           [&] { return FetchRest({"127.0.0.1", port}, std::move(request)); });
}

std::string System::Token(const std::string& user, const std::string& password) {
  const RestAnswer answer = Rest("POST", "/api/v1/identity/login",
                                 "{\"username\":" + Quoted(user) + ",\"password\":" +
                                     Quoted(password.empty() ? kPassword : password) + "}");
  if (answer.status != 200) {
    throw std::runtime_error("log-in refused: " + std::to_string(answer.status) + " " +
                             answer.body);
  }
  return JsonAt(answer.body, "/accessToken");
}

Outcome System::Command(std::vector<std::string> arguments) {
  return RunCommand(std::move(arguments), {"VEDETTE_SERVER=" + rpc(), "VEDETTE_USER=admin",
                                           "VEDETTE_PASSWORD_FILE=" + password_file().string()});
}

std::string JsonAt(const std::string& document, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(document).at_pointer(pointer).get(element) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(element);
}

std::size_t JsonSize(const std::string& document, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(document).at_pointer(pointer).get_array().get(array) != simdjson::SUCCESS) {
    return 0;
  }
  return array.size();
}

}  // namespace vedette::system_test
