// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/kubernetes_resolver.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "kit/config/private_file.h"
#include "kit/discovery/address.h"
#include "kit/discovery/endpoint_slice.h"
#include "kit/discovery/follow.h"

namespace vedette::discovery {
namespace {

constexpr std::size_t kMaxListBytes = 64 << 20;
constexpr std::size_t kMaxLineBytes = 4 << 20;
constexpr std::size_t kMaxTokenBytes = 64 * 1024;
// What the server may take longer than it was asked to.
constexpr std::chrono::seconds kWatchSlack{15};

// Empty when there is none: an API server without authentication, or its answer is 401.
std::string ReadToken(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string_view token = config::Trim(text);
  const bool usable =
      token.size() <= kMaxTokenBytes &&
      std::ranges::all_of(token, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return usable ? std::string(token) : std::string();
}

class Follower {
 public:
  Follower(KubernetesService service,
           ApiUrl api,
           KubernetesOptions options,
           std::shared_ptr<const NameLookups> names)
      : service_(std::move(service)),
        api_(std::move(api)),
        options_(std::move(options)),
        names_(std::move(names)) {}

  // A list and the watch after it. A watch that has lasted its time ends with kConflict.
  Task<Error> Round(std::shared_ptr<InstanceFeed> feed, Backoff& backoff) const {
    EndpointSlices slices;
    auto list = co_await List();
    if (!list) co_return list.error();
    const std::string version = list->resource_version;
    slices.Load(*std::move(list));
    feed->Publish(slices.List());
    HttpsStream stream(names_);
    const SteadyTime opened = SystemClock().SteadyNow();
    const Status open = co_await Open(stream, WatchQuery(version), opened + options_.timeout);
    if (!open) co_return open.error();
    backoff.Reset();
    const SteadyTime end = opened + options_.watch + kWatchSlack;
    std::string lines;
    for (;;) {
      const auto piece = co_await stream.Read(end);
      if (!piece) co_return piece.error();
      if (!*piece) co_return Error{Code::kConflict, "The watch has lasted its time."};
      lines += **piece;
      const Status applied = ApplyLines(lines, slices);
      feed->Publish(slices.List());
      if (!applied) co_return applied.error();
    }
  }

 private:
  Task<Status> Open(HttpsStream& stream, std::string query, SteadyTime deadline) const {
    const std::string target = "/apis/discovery.k8s.io/v1/namespaces/" + service_.name_space +
                               "/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D" +
                               service_.service + query;
    co_return co_await stream.Open(api_, options_.ca_file, ReadToken(options_.token_file), target,
                                   deadline);
  }

  Task<Result<EndpointSliceList>> List() const {
    HttpsStream stream(names_);
    const SteadyTime deadline = SystemClock().SteadyNow() + options_.timeout;
    VEDETTE_CO_CHECK_OK(co_await Open(stream, "", deadline));
    VEDETTE_CO_TRY(const std::string body, co_await stream.ReadAll(kMaxListBytes, deadline));
    co_return ParseEndpointSliceList(body, service_.port);
  }

  std::string WatchQuery(const std::string& version) const {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.watch).count();
    std::string query =
        "&watch=1&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(seconds);
    if (IsName(version)) query += "&resourceVersion=" + version;
    return query;
  }

  // Takes the whole lines off the front.
  Status ApplyLines(std::string& lines, EndpointSlices& slices) const {
    std::size_t begin = 0;
    for (;;) {
      const std::size_t end = lines.find('\n', begin);
      if (end == std::string::npos) break;
      const std::string_view line =
          config::Trim(std::string_view(lines).substr(begin, end - begin));
      begin = end + 1;
      if (line.empty()) continue;
      VEDETTE_TRY(EndpointSliceEvent event, ParseEndpointSliceEvent(line, service_.port));
      slices.Apply(std::move(event));
    }
    lines.erase(0, begin);
    if (lines.size() > kMaxLineBytes) {
      return Fail(Code::kPayloadTooLarge, "The API server's event is too large.");
    }
    return {};
  }

  KubernetesService service_;
  ApiUrl api_;
  KubernetesOptions options_;
  std::shared_ptr<const NameLookups> names_;
};

}  // namespace

KubernetesResolver::KubernetesResolver(std::string target,
                                       KubernetesService service,
                                       ApiUrl api,
                                       KubernetesOptions options,
                                       std::shared_ptr<Background> background,
                                       RandomSource& random,
                                       MetricsRegistry& metrics,
                                       const Clock& clock)
    : feed_(std::make_shared<InstanceFeed>(target, metrics, background->logger(), clock)),
      loop_(background,
            "discovery " + target,
            [feed = feed_,
             &random,
             follower = std::make_shared<Follower>(
                 std::move(service), std::move(api), std::move(options), background->names())] {
              return FollowForEver(
                  feed, random, [=](Backoff& backoff) { return follower->Round(feed, backoff); });
            }) {}

}  // namespace vedette::discovery
