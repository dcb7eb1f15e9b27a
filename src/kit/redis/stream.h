// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kit/redis/address.h"
#include "kit/redis/options.h"
#include "kit/task/task.h"

namespace vedette::redis {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

// Bytes to a server and back, over TCP, a Unix socket or TLS. Used on its executor; one read and
// one write at a time. Shared with whatever is under way.
class Stream {
 public:
  virtual ~Stream() = default;
  // Bytes read; `error` is set at the end.
  virtual Task<std::size_t> Read(asio::mutable_buffer buffer, boost::system::error_code& error) = 0;
  // Writes all; the bytes stay until `done` is called.
  virtual void Write(std::string_view bytes,
                     std::move_only_function<void(boost::system::error_code)> done) = 0;
  // What is under way ends with an error.
  void Close();

 private:
  friend class Dialer;
  virtual Socket& socket() = 0;
  // After the connection is there: what TLS must settle.
  virtual Task<boost::system::error_code> Handshake(std::string name);
};

// Makes connections. Thread-safe once made.
class Dialer {
 public:
  // kInvalidArgument when a file of certificates or keys cannot be used.
  static Result<std::shared_ptr<const Dialer>> Make(const RedisOptions& options, bool tls);
  ~Dialer();

  // On the caller's executor. kUnavailable, also at the deadline.
  Task<Result<std::shared_ptr<Stream>>> Dial(Endpoint endpoint, SteadyTime deadline) const;

 private:
  struct Tls;
  Dialer();
  std::unique_ptr<Tls> tls_;  // null: none
  std::string server_name_;
};

}  // namespace vedette::redis
