// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "kit/rpc/channel.h"
#include "kit/rpc/guard.h"
#include "kit/rpc/operation.h"
#include "kit/rpc/stream_writer.h"

// Between the generated, typed world and the transports' untyped one. Included by generated sources
// only.
namespace vedette::rpc::glue {

template <class Api, class Request, class Response>
using Unary = Task<Result<Response>> (Api::*)(CallContext, Request);
template <class Api, class Request, class Item>
using Streaming = Task<Status> (Api::*)(CallContext, Request, StreamWriter<Item>&);

template <class Type>
const Message& Prototype() {
  return Type::default_instance();
}

template <class Api, class Request, class Response, Unary<Api, Request, Response> kMethod>
Task<Result<std::unique_ptr<Message>>> Call(void* api,
                                            CallContext context,
                                            std::unique_ptr<Message> request) {
  Result<Response> response = co_await (static_cast<Api*>(api)->*kMethod)(
      std::move(context), std::move(static_cast<Request&>(*request)));
  if (!response) co_return std::unexpected(std::move(response).error());
  co_return std::make_unique<Response>(std::move(*response));
}

template <class Item>
class SinkWriter final : public StreamWriter<Item> {
 public:
  explicit SinkWriter(MessageSink& sink) : sink_(sink) {}
  Task<bool> Accept() override { return sink_.Accept(); }
  Task<bool> Write(Item item) override { co_return co_await sink_.Write(item); }

 private:
  MessageSink& sink_;
};

template <class Api, class Request, class Item, Streaming<Api, Request, Item> kMethod>
Task<Status> Stream(void* api,
                    CallContext context,
                    std::unique_ptr<Message> request,
                    MessageSink& sink) {
  SinkWriter<Item> writer(sink);
  co_return co_await (static_cast<Api*>(api)->*kMethod)(
      std::move(context), std::move(static_cast<Request&>(*request)), writer);
}

template <class Api, class Request, class Response>
Task<Result<Response>> Guarded(const MethodGuard& guard,
                               Api& api,
                               Unary<Api, Request, Response> method,
                               CallContext context,
                               Request request) {
  GuardedCall call = guard.Begin(context);
  if (Status admitted = guard.Admit(context, request); !admitted) {
    guard.Account(call, &admitted.error());
    co_return std::unexpected(std::move(admitted).error());
  }
  std::exception_ptr exception;
  try {
    Result<Response> response = co_await (api.*method)(context, std::move(request));
    guard.Account(call, response ? nullptr : &response.error());
    co_return response;
  } catch (...) {
    exception = std::current_exception();
  }
  Error error = guard.Translate(exception, context);
  guard.Account(call, &error);
  co_return std::unexpected(std::move(error));
}

template <class Api, class Request, class Item>
Task<Status> GuardedStream(const MethodGuard& guard,
                           Api& api,
                           Streaming<Api, Request, Item> method,
                           CallContext context,
                           Request request,
                           StreamWriter<Item>& writer) {
  GuardedCall call = guard.Begin(context);
  if (Status admitted = guard.Admit(context, request); !admitted) {
    guard.Account(call, &admitted.error());
    co_return admitted;
  }
  std::exception_ptr exception;
  try {
    Status status = co_await (api.*method)(context, std::move(request), writer);
    guard.Account(call, status ? nullptr : &status.error());
    co_return status;
  } catch (...) {
    exception = std::current_exception();
  }
  Error error = guard.Translate(exception, context);
  guard.Account(call, &error);
  co_return std::unexpected(std::move(error));
}

template <class Response, class Request>
Task<Result<Response>> Remote(std::shared_ptr<Channel> channel,
                              const MethodInfo& info,
                              CallContext context,
                              Request request) {
  Response response;
  if (Status status = co_await channel->Call(info, std::move(context), request, response);
      !status) {
    co_return std::unexpected(std::move(status).error());
  }
  co_return response;
}

template <class Item, class Request>
Task<Status> RemoteStream(std::shared_ptr<Channel> channel,
                          const MethodInfo& info,
                          CallContext context,
                          Request request,
                          StreamWriter<Item>& writer) {
  VEDETTE_CO_TRY(std::unique_ptr<ClientStream> stream,
                 co_await channel->Open(info, std::move(context), request));
  if (co_await stream->Accepted()) co_await writer.Accept();
  while (true) {
    Item item;
    if (!co_await stream->Read(item)) break;
    // A receiver that is gone ends the call on the other side too, by the stream's destructor.
    if (!co_await writer.Write(std::move(item))) co_return Status();
  }
  co_return co_await stream->Finish();
}

}  // namespace vedette::rpc::glue
