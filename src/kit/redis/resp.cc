// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/resp.h"

#include <hiredis/read.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vedette::redis {
namespace {

constexpr std::array<std::string_view, 8> kServerTrouble = {
    "LOADING", "BUSY", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "MISCONF", "OOM", "NOREPLICAS"};

// An array's announced length is not trusted with memory.
constexpr int kMaxReserved = 1024;
constexpr std::size_t kMaxErrorWord = 32;

std::unexpected<Error> Nonsense() {
  return Fail(Code::kUnavailable, "The answer of Redis is not valid.");
}

// Where the value that `task` announces goes. An array does not grow while one of its elements is
// being read, so the address holds.
Reply* Place(const redisReadTask* task) {
  if (task->parent == nullptr) return &static_cast<Answer*>(task->privdata)->reply;
  auto& siblings = std::get<std::vector<Reply>>(static_cast<Reply*>(task->parent->obj)->value);
  return &siblings.emplace_back();
}

void* CreateString(const redisReadTask* task, char* text, std::size_t size) {
  Reply* const reply = Place(task);
  reply->value.emplace<std::string>(text, size);
  if (task->type == REDIS_REPLY_ERROR) {
    auto* const answer = static_cast<Answer*>(task->privdata);
    if (answer->error.empty()) answer->error = size == 0 ? "ERR" : std::string(text, size);
  }
  return reply;
}

void* CreateArray(const redisReadTask* task, int size) {
  Reply* const reply = Place(task);
  reply->value.emplace<std::vector<Reply>>().reserve(
      static_cast<std::size_t>(std::clamp(size, 0, kMaxReserved)));
  return reply;
}

void* CreateInteger(const redisReadTask* task, long long number) {
  Reply* const reply = Place(task);
  reply->value.emplace<std::int64_t>(number);
  return reply;
}

void* CreateNil(const redisReadTask* task) { return Place(task); }

// The reader's owner holds the values.
void FreeNothing(void*) {}

redisReplyObjectFunctions kFunctions = {CreateString, CreateArray, CreateInteger, CreateNil,
                                        FreeNothing};

void AppendBulk(std::string& out, std::string_view text) {
  out += '$';
  out += std::to_string(text.size());
  out += "\r\n";
  out += text;
  out += "\r\n";
}

}  // namespace

std::string_view Answer::ErrorWord() const {
  const auto end = std::ranges::find_if(error, [](char c) { return c < 'A' || c > 'Z'; });
  return std::string_view(error).substr(
      0, std::min<std::size_t>(kMaxErrorWord, static_cast<std::size_t>(end - error.begin())));
}

bool Answer::IsServerTrouble() const {
  return std::ranges::find(kServerTrouble, ErrorWord()) != kServerTrouble.end();
}

void AppendCommand(std::string& out,
                   std::string_view command,
                   std::span<const std::string> arguments) {
  const auto words = static_cast<std::size_t>(1 + std::ranges::count(command, ' '));
  out += '*';
  out += std::to_string(words + arguments.size());
  out += "\r\n";
  while (!command.empty()) {
    const std::size_t space = command.find(' ');
    AppendBulk(out, command.substr(0, space));
    command = space == std::string_view::npos ? std::string_view() : command.substr(space + 1);
  }
  for (const std::string& argument : arguments) AppendBulk(out, argument);
}

struct AnswerReader::Impl {
  explicit Impl(std::size_t limit) : max_bytes(limit) {
    if (reader == nullptr) throw std::bad_alloc();
    reader->privdata = &answer;
  }
  struct Free {
    void operator()(redisReader* held) const { redisReaderFree(held); }
  };

  const std::size_t max_bytes;
  Answer answer;          // the one that is being read
  std::size_t bytes = 0;  // of it, and of those that follow
  std::unique_ptr<redisReader, Free> reader{redisReaderCreateWithFunctions(&kFunctions)};
};

AnswerReader::AnswerReader(std::size_t max_bytes) : impl_(std::make_unique<Impl>(max_bytes)) {}
AnswerReader::~AnswerReader() = default;

Status AnswerReader::Feed(std::string_view bytes) {
  impl_->bytes += bytes.size();
  if (impl_->bytes > impl_->max_bytes) return Nonsense();
  if (redisReaderFeed(impl_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return Nonsense();
  }
  return {};
}

Result<std::optional<Answer>> AnswerReader::Next() {
  void* complete = nullptr;
  if (redisReaderGetReply(impl_->reader.get(), &complete) != REDIS_OK) return Nonsense();
  if (complete == nullptr) return std::nullopt;
  impl_->bytes = impl_->reader->len - impl_->reader->pos;
  return std::exchange(impl_->answer, {});
}

}  // namespace vedette::redis
