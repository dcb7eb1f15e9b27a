// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <vedette/identity/v1/identity.pb.h>
#include <vedette/monitor/v1/monitor.pb.h>
#include <vedette/rule/v1/rule.pb.h>
#include <vedette/subject/v1/subject.pb.h>
#include <vedette/trial/v1/trial.pb.h>

#include <cstdio>

#include "app/commands/command.h"
#include "base/suggest.h"
#include "kit/rpc/json.h"
#include "kit/task/runtime.h"

namespace vedette::app {
namespace {

namespace pb = google::protobuf;

// The files of all contracts; naming them links them.
std::vector<const pb::FileDescriptor*> Contracts() {
  return {identity::v1::User::descriptor()->file(), trial::v1::Study::descriptor()->file(),
          subject::v1::Subject::descriptor()->file(), rule::v1::RuleVersion::descriptor()->file(),
          monitor::v1::Alert::descriptor()->file()};
}

// "vedette.trial.v1.TrialService/GetStudy", the name a gRPC tool takes.
std::string NameOf(const pb::MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

Result<const pb::MethodDescriptor*> FindMethod(std::string_view name) {
  std::vector<std::string> names;
  for (const pb::FileDescriptor* file : Contracts()) {
    const pb::ServiceDescriptor* service = file->service(0);
    for (int i = 0; i < service->method_count(); ++i) {
      names.push_back(NameOf(*service->method(i)));
      if (names.back() == name) return service->method(i);
    }
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string text = "there is no operation " + std::string(name);
  if (const std::string_view closest = Suggest(name, candidates); !closest.empty()) {
    text += "; did you mean " + std::string(closest) + "?";
  } else {
    text += "; these are offered:";
    for (const std::string& offered : names) text += "\n  " + offered;
  }
  return Fail(Code::kInvalidArgument, std::move(text));
}

void Print(rpc::JsonCodec& codec, const pb::Message& message) {
  std::string text;
  rpc::JsonCodec::Write(codec.Compile(message.GetDescriptor()), message, text);
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

struct Invocation {
  Session& session;
  rpc::MethodInfo info;
  std::unique_ptr<pb::Message> request;
  std::unique_ptr<pb::Message> response;
  bool first_only;  // of a stream
};

Task<Status> Invoke(Invocation& invocation, rpc::JsonCodec& codec) {
  VEDETTE_CO_TRY(CallContext context,
                 co_await invocation.session.Context(std::chrono::seconds(60)));
  rpc::Channel& channel = *invocation.session.channel();
  if (!invocation.info.streams) {
    VEDETTE_CO_CHECK_OK(co_await channel.Call(invocation.info, std::move(context),
                                              *invocation.request, *invocation.response));
    Print(codec, *invocation.response);
    co_return Status();
  }
  context.deadline = Deadline::None();
  VEDETTE_CO_TRY(const std::unique_ptr<rpc::ClientStream> stream,
                 co_await channel.Open(invocation.info, std::move(context), *invocation.request));
  while (co_await stream->Read(*invocation.response)) {
    Print(codec, *invocation.response);
    if (invocation.first_only) co_return Status();
  }
  co_return co_await stream->Finish();
}

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.empty() || words.size() > 2) {
    return Fail(Code::kInvalidArgument, "say `vedette call SERVICE/METHOD '{…}'`");
  }
  VEDETTE_TRY(const pb::MethodDescriptor* method, FindMethod(words[0]));
  VEDETTE_TRY(LogInDetails details, ReadLogInDetails(arguments));
  pb::MessageFactory& messages = *pb::MessageFactory::generated_factory();
  rpc::JsonCodec codec;
  std::unique_ptr<pb::Message> request(messages.GetPrototype(method->input_type())->New());
  std::unique_ptr<pb::Message> response(messages.GetPrototype(method->output_type())->New());
  std::string text = words.size() == 2 ? words[1] : "{}";
  VEDETTE_CHECK_OK(rpc::JsonCodec::Read(codec.Compile(method->input_type()), text, *request));

  const std::string path = "/" + NameOf(*method);
  rpc::MethodInfo info;
  info.service = method->service()->full_name();
  info.name = method->name();
  info.path = path;
  info.label = method->name();
  info.streams = method->server_streaming();
  VEDETTE_TRY(const std::unique_ptr<Session> session, Session::Create(std::move(details), clock));
  Runtime runtime(1);
  Invocation invocation{*session, info, std::move(request), std::move(response),
                        arguments.Has("first")};
  VEDETTE_CHECK_OK(Await<Status>(runtime, [&] { return Invoke(invocation, codec); }));
  return 0;
}

}  // namespace

Command CallCommand() {
  Command command{
      {"call", "SERVICE/METHOD [JSON]",
       "Calls any operation over gRPC and prints the answer as JSON.", ConnectionOptions()},
      Run};
  command.spec.options.push_back({"first", "", "of a stream, stop after the first message"});
  return command;
}

}  // namespace vedette::app
