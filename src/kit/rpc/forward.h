// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names that generated headers mention, without what stands behind them.
namespace vedette::http {
class Router;
}  // namespace vedette::http

namespace vedette::rpc {

class Channel;             // kit/rpc/channel.h
class GrpcService;         // kit/rpc/grpc_server.h
class RestAdapter;         // kit/rpc/rest.h
struct GuardDependencies;  // kit/rpc/guard.h

}  // namespace vedette::rpc
