// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/tcp_gate.h"

#include <fcntl.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

namespace vedette::testkit {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

struct Rules {
  bool hung = false;
  std::chrono::milliseconds delay{0};
};

// One way through the gate.
struct Flow {
  Flow(Tcp::socket& source, Tcp::socket& sink)
      : from(source), to(sink), timer(source.get_executor()) {}
  Tcp::socket& from;
  Tcp::socket& to;
  asio::steady_timer timer;
  std::array<char, 64 * 1024> bytes{};
  std::size_t size = 0;
  bool held = false;
};

// One connection through the gate.
class Passage : public std::enable_shared_from_this<Passage> {
 public:
  Passage(Tcp::socket client, const Rules& rules, std::function<void(Passage*)> closed)
      : client_(std::move(client)),
        server_(client_.get_executor()),
        rules_(rules),
        closed_(std::move(closed)) {}

  void Start(const Tcp::endpoint& target) {
    server_.async_connect(target, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->Close();
      ErrorCode ignored;
      self->client_.set_option(Tcp::no_delay(true), ignored);
      self->server_.set_option(Tcp::no_delay(true), ignored);
      self->Read(self->up_);
      self->Read(self->down_);
    });
  }

  void Close() {
    ErrorCode ignored;
    client_.close(ignored);
    server_.close(ignored);
    up_.timer.cancel();
    down_.timer.cancel();
    if (closed_) std::exchange(closed_, nullptr)(this);
  }

  // Passes nothing any more, for ever.
  void Strand() { stranded_ = true; }

  // What was held may go on.
  void Resume() {
    if (stranded_) return;
    for (Flow* flow : {&up_, &down_}) {
      if (std::exchange(flow->held, false)) Pass(*flow);
      if (rules_.delay.count() == 0) flow->timer.cancel();
    }
  }

 private:
  void Read(Flow& flow) {
    flow.from.async_read_some(asio::buffer(flow.bytes),
                              [self = shared_from_this(), &flow](ErrorCode error, std::size_t n) {
                                if (error) return self->Close();
                                flow.size = n;
                                self->Pass(flow);
                              });
  }

  void Pass(Flow& flow) {
    if (rules_.delay.count() == 0) return Write(flow);
    flow.timer.expires_after(rules_.delay);
    // Cancelled: it goes on at once, or the sockets are closed.
    flow.timer.async_wait([self = shared_from_this(), &flow](ErrorCode) { self->Write(flow); });
  }

  void Write(Flow& flow) {
    if (!flow.to.is_open()) return;
    if (rules_.hung || stranded_) {
      flow.held = true;
      return;
    }
    asio::async_write(flow.to, asio::buffer(flow.bytes.data(), flow.size),
                      [self = shared_from_this(), &flow](ErrorCode error, std::size_t) {
                        if (error) return self->Close();
                        self->Read(flow);
                      });
  }

  Tcp::socket client_;
  Tcp::socket server_;
  const Rules& rules_;
  std::function<void(Passage*)> closed_;
  Flow up_{client_, server_};
  Flow down_{server_, client_};
  bool stranded_ = false;
};

// Kept here, for one that is held both ways has no operation under way.
using Passages = std::map<Passage*, std::shared_ptr<Passage>>;

Tcp::endpoint Parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("the gate's target has no port");
  return {asio::ip::make_address(address.substr(0, colon)),
          static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))};
}

}  // namespace

struct TcpGate::Impl {
  // Runs on the gate's thread; returns when it has run.
  template <class Action>
  auto Do(Action action) -> decltype(action()) {
    // Shared: the waiter may be gone before the call has returned.
    auto task = std::make_shared<std::packaged_task<decltype(action())()>>(std::move(action));
    auto future = task->get_future();
    asio::post(context, [task] { (*task)(); });
    return future.get();
  }

  explicit Impl(const std::string& address) : target(Parse(address)) {
    Bind(0);
    port = acceptor.local_endpoint().port();
    acceptor.listen();
    Accept();
    thread = std::thread([this] { context.run(); });
  }

  ~Impl() {
    Do([this] { Shut(); });
    work.reset();
    thread.join();
  }

  void Bind(std::uint16_t at) {
    acceptor.open(Tcp::v4());
    // A child process of the test must not keep the port open.
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.set_option(Tcp::acceptor::reuse_address(true));
    acceptor.bind({asio::ip::address_v4::loopback(), at});
  }

  void Accept() {
    acceptor.async_accept([this](ErrorCode error, Tcp::socket client) {
      if (error) return;
      ++accepted;
      auto passage = std::make_shared<Passage>(std::move(client), rules,
                                               [this](Passage* gone) { passages.erase(gone); });
      passages.emplace(passage.get(), passage);
      passage->Start(target);
      Accept();
    });
  }

  void Shut() {
    ErrorCode ignored;
    acceptor.close(ignored);
    for (const auto& [key, passage] : Passages(passages)) passage->Close();
  }

  void Set(Rules wanted) {
    rules = wanted;
    if (cut) {
      acceptor.listen();
      Accept();
      cut = false;
    }
    if (!rules.hung) {
      for (const auto& [key, passage] : Passages(passages)) passage->Resume();
    }
  }

  void Cut() {
    if (cut) return;
    Shut();
    Bind(port);  // without listening: connections are refused and the port stays ours
    cut = true;
  }

  const Tcp::endpoint target;
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  Tcp::acceptor acceptor{context};
  std::uint16_t port = 0;
  // Of the gate's thread alone.
  Rules rules;
  bool cut = false;
  std::size_t accepted = 0;
  Passages passages;
  std::thread thread;
};

TcpGate::TcpGate(std::string target) : impl_(std::make_unique<Impl>(target)) {}
TcpGate::~TcpGate() = default;

int TcpGate::port() const { return impl_->port; }
std::string TcpGate::address() const { return "127.0.0.1:" + std::to_string(impl_->port); }

void TcpGate::Open() {
  impl_->Do([this] { impl_->Set({}); });
}
void TcpGate::Cut() {
  impl_->Do([this] { impl_->Cut(); });
}
void TcpGate::Hang() {
  impl_->Do([this] { impl_->Set({.hung = true}); });
}
void TcpGate::Strand() {
  impl_->Do([this] {
    for (const auto& [key, passage] : impl_->passages) passage->Strand();
  });
}
void TcpGate::Delay(std::chrono::milliseconds delay) {
  impl_->Do([this, delay] { impl_->Set({.delay = delay}); });
}

std::size_t TcpGate::connections() const {
  return impl_->Do([this] { return impl_->passages.size(); });
}
std::size_t TcpGate::accepted() const {
  return impl_->Do([this] { return impl_->accepted; });
}

}  // namespace vedette::testkit
