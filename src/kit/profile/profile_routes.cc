// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/profile_routes.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace vedette {
namespace {

constexpr std::uint64_t kMaxSymbolBytes = 1 << 20;
constexpr std::chrono::seconds kUsualDuration{10};
// Nothing from elsewhere, and no scripts at all.
constexpr char kPolicy[] = "default-src 'none'; style-src 'unsafe-inline'";

// N of "seconds=N" in a query; the usual when it is not there, 0 when it is no number.
std::chrono::seconds DurationOf(std::string_view query) {
  constexpr std::string_view kName = "seconds=";
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (!pair.starts_with(kName)) continue;
    const std::string_view text = pair.substr(kName.size());
    int seconds = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(error == std::errc() && rest == text.data() + text.size() ? seconds
                                                                                          : 0);
  }
  return kUsualDuration;
}

http::Response Answer(Result<std::string> body, std::string type) {
  if (!body) return http::ProblemResponse(body.error());
  http::Response response;
  response.headers.Set("Content-Type", std::move(type));
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.body = std::move(*body);
  return response;
}

Task<http::Response> AnswerProfile(Profiler& profiler, std::chrono::seconds duration) {
  co_return Answer(co_await profiler.Cpu(duration), "application/octet-stream");
}

Task<http::Response> AnswerFlame(Profiler& profiler, std::chrono::seconds duration) {
  http::Response response = Answer(co_await profiler.Flame(duration), "text/html; charset=utf-8");
  response.headers.Set("Content-Security-Policy", kPolicy);
  co_return response;
}

Task<http::Response> AnswerHeap(Profiler& profiler) {
  co_return Answer(co_await profiler.Heap(), "text/plain; charset=utf-8");
}

Task<http::Response> AnswerSymbols(Profiler& profiler, std::string addresses) {
  co_return Answer(co_await profiler.Symbols(std::move(addresses)), "text/plain; charset=utf-8");
}

// That there are symbols; pprof then sends its addresses by POST.
Task<http::Response> AnswerSymbolCount() { co_return Answer("num_symbols: 1\n", "text/plain"); }

// Arguments may hold addresses and paths that are nobody's business.
Task<http::Response> AnswerProgram() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  co_return Answer(path.string() + "\n", "text/plain; charset=utf-8");
}

}  // namespace

void AddProfileRoutes(http::Router& router, const OpsAccess& access, Profiler& profiler) {
  router.Add("GET", "/debug/pprof/profile", access.Guard([&profiler](http::Request request) {
    return AnswerProfile(profiler, DurationOf(request.query));
  }));
  router.Add("GET", "/debug/pprof/heap",
             access.Guard([&profiler](http::Request) { return AnswerHeap(profiler); }));
  router.Add("GET", "/debug/pprof/symbol", access.Guard([&profiler](http::Request request) {
    return request.query.empty() ? AnswerSymbolCount()
                                 : AnswerSymbols(profiler, std::move(request.query));
  }));
  router.Add("POST", "/debug/pprof/symbol", access.Guard([&profiler](http::Request request) {
    return AnswerSymbols(profiler, std::move(request.body));
  }),
             {.max_body_bytes = kMaxSymbolBytes});
  router.Add("GET", "/debug/pprof/cmdline",
             access.Guard([](http::Request) { return AnswerProgram(); }));
  router.Add("GET", "/debug/flame", access.Guard([&profiler](http::Request request) {
    return AnswerFlame(profiler, DurationOf(request.query));
  }));
}

}  // namespace vedette
