// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/http/gzip.h"
#include "kit/http/parser.h"
#include "kit/http/response_head.h"
#include "kit/http/shard.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"
#include "kit/telemetry/tracer.h"

namespace vedette::http {

// A refused request's body up to this size is read away, so that the connection can go on.
inline constexpr std::uint64_t kDiscardLimit = 64 * 1024;
// What log and metrics say of a request whose client did not wait for its answer.
inline constexpr int kClientLeft = 499;
// Of a request to which no route belongs.
inline constexpr std::string_view kUnmatched = "(none)";

// One connection: reads a request, runs its handler, writes the answer, and again. Runs on its
// shard's thread alone. The coroutine that serves owns it; the shard's list only points at it.
class Connection final : public std::enable_shared_from_this<Connection>,
                         private BodySink,
                         private ResponseStream {
 public:
  Connection(std::shared_ptr<Shard> shard, Socket socket, bool refuse);

  static Task<void> Run(std::shared_ptr<Connection> connection);

  // Called by the shard's sweep: acts on a passed deadline and on a stream's heartbeat.
  void Check(SteadyTime now);
  // Ends the connection at once when it waits for a request or streams; else after its answer.
  void Drain();
  void ForceClose();

  Canceller& canceller() { return canceller_; }
  bool refuse() const { return refuse_; }

  std::size_t index = 0;  // in the shard's list

 private:
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kHandling, kWriting, kStreaming, kLinger };
  enum class BodyFault : std::uint8_t { kNone, kTooLarge, kBroken };
  enum class Sent : std::uint8_t { kAll, kBlocked, kFailed };

  // What the log and the metrics say about one request.
  struct Exchange {
    const Router::Route* route = nullptr;
    std::string_view method;
    TraceContext trace;
    SteadyTime start;
    bool head_only = false;
    bool keep_alive = false;
    bool gzip_answer = false;
  };

  // How the reading of a request's body ended.
  struct BodyEnd {
    bool left = false;  // the client went away
    bool cut = false;   // some of it is not read, so the connection ends after the answer
    std::optional<Response> refusal;
  };

  Task<void> Serve();
  Task<bool> ServeOne();
  Task<ParseEvent> ReadHead();
  Task<ParseEvent> ReadBody();
  Task<BodyEnd> TakeBody(bool refused, bool expects_continue);
  Response BodyRefusal(ParseEvent event);
  Task<bool> Fill();
  Task<bool> RefuseHead(ParseEvent event);
  Task<Response> CallHandler(const Router::Route* route, Request request);
  Task<bool> Answer(Exchange exchange, Response response);
  Task<void> Stream(Exchange exchange, Response response, HeadOptions head);
  Task<void> Linger();
  Task<bool> Flush(std::string_view tail);

  std::optional<Response> Decide(const Router::Match& match, const Request& request, bool& expects);
  Response HandlerFailure(std::exception_ptr error, const Router::Route* route);
  void Finish(const Exchange& exchange, int status, std::uint64_t bytes);
  Sent Send(std::string_view& tail);
  void AppendChunk(std::string_view chunk);
  void Begin(Exchange& exchange, const Request& request);
  void ReadAhead();
  void OnReadAhead(const boost::system::error_code& error, std::size_t bytes);
  void Probe();
  void Leave();
  void Enter(Phase phase, std::chrono::milliseconds timeout);

  bool OnBody(std::string_view bytes) override;
  Task<bool> Write(std::string chunk) override;

  std::shared_ptr<Shard> shard_;
  ServerCore& core_;
  Socket socket_;
  const bool refuse_;
  Canceller canceller_;
  std::string peer_;
  RequestParser parser_;

  Phase phase_ = Phase::kIdle;
  SteadyTime deadline_ = SteadyTime::max();
  bool timed_out_ = false;
  Span span_;                         // of the request under way
  std::shared_ptr<Passage> passage_;  // what its gate gave

  std::vector<char> in_;  // bytes [begin_, end_) wait to be parsed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ahead_ = false;     // a read behind end_ is under way; in_ must stay as it is
  bool input_ended_ = false;       // what read ahead met the end or an error
  std::optional<Signal> arrival_;  // who waits for what is read ahead
  std::string out_;                // bytes from sent_ on wait to be sent
  std::size_t sent_ = 0;

  std::string body_;
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_received_ = 0;
  bool discard_body_ = false;
  BodyFault body_fault_ = BodyFault::kNone;
  std::optional<GzipInflater> inflater_;

  bool stream_chunked_ = false;
  bool stream_writing_ = false;
  bool peer_gone_ = false;
  bool draining_ = false;
  std::uint64_t stream_bytes_ = 0;
  std::chrono::milliseconds heartbeat_{0};
  SteadyTime last_write_;
};

}  // namespace vedette::http
