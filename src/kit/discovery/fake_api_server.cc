// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/fake_api_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

namespace vedette::discovery {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

std::string Chunk(const std::string& bytes) {
  std::ostringstream out;
  out << std::hex << bytes.size() << "\r\n" << bytes << "\r\n";
  return out.str();
}

std::string Answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

struct FakeApiServer::Impl {
  struct Watch {
    std::deque<std::string> chunks;
    bool ended = false;
  };

  asio::io_context context;
  Tcp::acceptor acceptor{context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::optional<asio::ssl::context> tls;

  mutable std::mutex mutex;  // of what follows
  std::condition_variable more;
  bool stopping = false;
  std::string token;
  std::string list = R"({"metadata":{"resourceVersion":"1"},"items":[]})";
  std::vector<std::string> targets;
  std::size_t refused = 0;
  std::size_t watches_begun = 0;
  std::list<Watch> watches;
  std::list<Tcp::socket> sockets;
  std::vector<std::thread> threads;

  void Accept() {
    for (;;) {
      boost::system::error_code error;
      Tcp::socket socket(context);
      acceptor.accept(socket, error);
      const std::scoped_lock lock(mutex);
      if (stopping) return;
      if (error) continue;
      Tcp::socket& kept = sockets.emplace_back(std::move(socket));
      threads.emplace_back([this, &kept] { Serve(kept); });
    }
  }

  void Serve(Tcp::socket& socket) {
    boost::system::error_code error;
    if (tls) {
      asio::ssl::stream<Tcp::socket&> stream(socket, *tls);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) Talk(stream);
    } else {
      Talk(socket);
    }
    ::shutdown(socket.native_handle(), SHUT_RDWR);
  }

  template <class Stream>
  void Talk(Stream& stream) {
    std::string head;
    std::array<char, 4096> buffer{};
    boost::system::error_code error;
    while (head.find("\r\n\r\n") == std::string::npos) {
      head.append(buffer.data(), stream.read_some(asio::buffer(buffer), error));
      if (error) return;
    }
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    std::unique_lock lock(mutex);
    targets.push_back(target);
    if (!token.empty() && head.find("Authorization: Bearer " + token + "\r\n") == head.npos) {
      ++refused;
      lock.unlock();
      asio::write(stream, asio::buffer(Answer("401 Unauthorized", "{}")), error);
      return;
    }
    if (target.find("watch=1") != target.npos) {
      KeepOpen(stream, lock);
      return;
    }
    const std::string answer = Answer("200 OK", list);
    lock.unlock();
    asio::write(stream, asio::buffer(answer), error);
  }

  template <class Stream>
  void KeepOpen(Stream& stream, std::unique_lock<std::mutex>& lock) {
    boost::system::error_code error;
    const auto watch = watches.emplace(watches.end());
    ++watches_begun;
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    while (!error && !bytes.empty()) {
      lock.unlock();
      asio::write(stream, asio::buffer(bytes), error);
      lock.lock();
      if (error) break;
      more.wait(lock, [&] { return watch->ended || !watch->chunks.empty(); });
      bytes = watch->chunks.empty() ? "" : Chunk(watch->chunks.front());
      if (!watch->chunks.empty()) watch->chunks.pop_front();
    }
    watches.erase(watch);
    lock.unlock();
    asio::write(stream, asio::buffer(std::string("0\r\n\r\n")), error);
  }

  void End() {
    for (Watch& watch : watches) watch.ended = true;
    more.notify_all();
  }

  void Close() {
    for (Tcp::socket& socket : sockets) ::shutdown(socket.native_handle(), SHUT_RDWR);
    End();
  }
};

FakeApiServer::FakeApiServer() : impl_(std::make_shared<Impl>()) {
  impl_->threads.emplace_back([impl = impl_.get()] { impl->Accept(); });
}

FakeApiServer::FakeApiServer(const std::string& cert_file, const std::string& key_file)
    : impl_(std::make_shared<Impl>()) {
  impl_->tls.emplace(asio::ssl::context::tls_server);
  impl_->tls->use_certificate_chain_file(cert_file);
  impl_->tls->use_private_key_file(key_file, asio::ssl::context::pem);
  impl_->threads.emplace_back([impl = impl_.get()] { impl->Accept(); });
}

FakeApiServer::~FakeApiServer() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stopping = true;
    impl_->Close();
  }
  // Wakes the thread that accepts.
  asio::io_context context;
  Tcp::socket socket(context);
  boost::system::error_code ignored;
  socket.connect(impl_->acceptor.local_endpoint(), ignored);
  impl_->threads.front().join();
  {
    const std::scoped_lock lock(impl_->mutex);
    threads.swap(impl_->threads);
  }
  for (std::thread& thread : threads) {
    if (thread.joinable()) thread.join();
  }
}

std::string FakeApiServer::url() const {
  return (impl_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(impl_->acceptor.local_endpoint().port());
}

void FakeApiServer::SetToken(std::string token) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->token = std::move(token);
}

void FakeApiServer::SetList(std::string json) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->list = std::move(json);
}

void FakeApiServer::SendEvent(std::string json) { SendBytes(std::move(json) + "\n"); }

void FakeApiServer::SendBytes(std::string bytes) {
  const std::scoped_lock lock(impl_->mutex);
  for (Impl::Watch& watch : impl_->watches) watch.chunks.push_back(bytes);
  impl_->more.notify_all();
}

void FakeApiServer::EndWatches() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->End();
}

void FakeApiServer::HangUp() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->Close();
}

std::size_t FakeApiServer::watches() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->watches_begun;
}

std::vector<std::string> FakeApiServer::targets() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->targets;
}

std::size_t FakeApiServer::refused() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->refused;
}

}  // namespace vedette::discovery
