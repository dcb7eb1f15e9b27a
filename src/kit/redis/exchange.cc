// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/exchange.h"

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "kit/task/signal.h"

namespace vedette::redis {
namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 16 * 1024;

struct LoginCommands {
  std::string bytes;
  std::vector<std::string_view> names;

  void Add(std::string_view command, std::vector<std::string> arguments) {
    AppendCommand(bytes, command, arguments);
    names.push_back(command);
  }
};

LoginCommands CommandsOf(const Login& login) {
  LoginCommands commands;
  const std::string& password = login.password.Reveal();
  if (!password.empty()) {
    commands.Add("AUTH",
                 login.user.empty() ? std::vector{password} : std::vector{login.user, password});
  }
  if (login.database != 0) commands.Add("SELECT", {std::to_string(login.database)});
  if (!login.name.empty()) commands.Add("CLIENT SETNAME", {login.name});
  if (login.must_be_master) commands.Add("ROLE", {});
  commands.Add("PING", {});
  return commands;
}

bool IsMaster(const Reply& role) {
  const auto* parts = role.array();
  if (parts == nullptr || parts->empty()) return false;
  const std::string* name = parts->front().text();
  return name != nullptr && *name == "master";
}

Status Check(std::string_view command, const Answer& answer) {
  // A name is a convenience, and some hosts refuse it.
  if (command == "CLIENT SETNAME") return {};
  if (!answer.error.empty()) {
    if (command == "AUTH" || answer.ErrorWord() == "NOAUTH") {
      return Fail(Code::kUnavailable, "Redis refuses the login.");
    }
    if (command == "SELECT") return Fail(Code::kUnavailable, "Redis has no such database.");
    return Fail(Code::kUnavailable, "Redis is not ready: " + std::string(answer.ErrorWord()));
  }
  if (command == "ROLE" && !IsMaster(answer.reply)) {
    return Fail(Code::kUnavailable, "This Redis is no master.");
  }
  return {};
}

}  // namespace

Task<Result<std::vector<Answer>>> Exchange(std::shared_ptr<Stream> stream,
                                           std::string commands,
                                           std::size_t count,
                                           SteadyTime deadline) {
  Timer timer(co_await asio::this_coro::executor, deadline);
  timer.async_wait([stream](ErrorCode error) {
    if (!error) stream->Close();
  });
  const auto sent = std::make_shared<std::string>(std::move(commands));
  stream->Write(*sent, [sent, stream](ErrorCode error) {
    if (error) stream->Close();
  });
  std::vector<Answer> answers;
  AnswerReader reader(kMaxAnswerBytes);
  std::array<char, kReadBytes> buffer{};
  while (answers.size() < count) {
    ErrorCode error;
    const std::size_t n = co_await stream->Read(asio::buffer(buffer), error);
    if (error) co_return Fail(Code::kUnavailable, "Redis does not answer.");
    VEDETTE_CO_CHECK_OK(reader.Feed({buffer.data(), n}));
    for (;;) {
      VEDETTE_CO_TRY(auto answer, reader.Next());
      if (!answer) break;
      answers.push_back(*std::move(answer));
    }
  }
  if (answers.size() > count)
    co_return Fail(Code::kUnavailable, "The answer of Redis is not valid.");
  co_return answers;
}

Task<Result<std::shared_ptr<Stream>>> Connect(std::shared_ptr<const Dialer> dialer,
                                              Endpoint endpoint,
                                              Login login,
                                              SteadyTime deadline) {
  VEDETTE_CO_TRY(std::shared_ptr<Stream> stream, co_await dialer->Dial(endpoint, deadline));
  LoginCommands commands = CommandsOf(login);
  VEDETTE_CO_TRY(const auto answers, co_await Exchange(stream, std::move(commands.bytes),
                                                       commands.names.size(), deadline));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (Status good = Check(commands.names[i], answers[i]); !good) {
      stream->Close();
      co_return Fail(std::move(good).error());
    }
  }
  co_return stream;
}

Task<Result<Answer>> AskOnce(std::shared_ptr<const Dialer> dialer,
                             Endpoint endpoint,
                             Login login,
                             std::string command,
                             SteadyTime deadline) {
  VEDETTE_CO_TRY(
      const std::shared_ptr<Stream> stream,
      co_await Connect(std::move(dialer), std::move(endpoint), std::move(login), deadline));
  auto answers = co_await Exchange(stream, std::move(command), 1, deadline);
  stream->Close();
  if (!answers) co_return Fail(std::move(answers).error());
  if (!answers->front().error.empty()) {
    co_return Fail(Code::kUnavailable,
                   "Redis refuses: " + std::string(answers->front().ErrorWord()));
  }
  co_return std::move(answers->front());
}

}  // namespace vedette::redis
