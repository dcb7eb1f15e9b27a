// SPDX-License-Identifier: Apache-2.0
//
// What a call through a contract costs: the object itself, the same behind its guard, and the same
// in another process's place through gRPC on loopback. A request of 10 fields, answered with
// itself.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <vector>

#include "kit/rpc/testing/fixture.h"
#include "kit/task/parallel.h"

namespace vedette::rpc::testing {
namespace {

v1::EchoRequest MakeRequest() {
  v1::EchoRequest request;
  request.set_study_id("S1");
  request.set_text("hello");
  request.set_age(41);
  request.set_mood(v1::CALM);
  request.set_secret("0123456789");
  v1::Part& part = *request.add_parts();
  part.set_item_code("SYSBP");
  part.set_number(152);
  part.add_tags("vs");
  return request;
}

// `request` and `context` are copied for each call, as a caller would make them.
Task<void> Repeat(v1::EchoApi& api, CallContext context, v1::EchoRequest request, int count) {
  for (int i = 0; i < count; ++i) {
    const auto response = co_await api.Echo(context, request);
    if (!response) throw std::runtime_error(response.error().message);
  }
}

Task<void> RepeatInParallel(
    v1::EchoApi& api, CallContext context, v1::EchoRequest request, int count, int parallel) {
  struct Nothing {};
  struct Lane {
    static Task<Nothing> Run(v1::EchoApi& api,
                             CallContext context,
                             v1::EchoRequest request,
                             int count) {
      co_await Repeat(api, std::move(context), std::move(request), count);
      co_return Nothing();
    }
  };
  std::vector<Task<Nothing>> lanes;
  for (int i = 0; i < parallel; ++i) {
    lanes.push_back(Lane::Run(api, context, request, count / parallel));
  }
  co_await WhenAll(std::move(lanes));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Figure {
  double wall_ns = 0;
  double cpu_ns = 0;
};

Figure Measure(EchoFixture& fixture, v1::EchoApi& api, int count, int parallel) {
  const CallContext context = ContextOf("maria");
  const v1::EchoRequest request = MakeRequest();
  const auto run = [&](int calls) {
    fixture.runtime.RunBlocking(
        [&, calls] { return RepeatInParallel(api, context, request, calls, parallel); });
  };
  run(count / 10);
  const double cpu = CpuSeconds();
  const SteadyTime begin = fixture.clock.SteadyNow();
  run(count);
  const std::chrono::duration<double> wall = fixture.clock.SteadyNow() - begin;
  return {wall.count() * 1e9 / count, (CpuSeconds() - cpu) * 1e9 / count};
}

void Print(std::string_view name, Figure figure, Figure base) {
  fmt::print("{:<28} {:>10.0f} ns/call {:>10.0f} ns CPU {:>9.0f} calls/s   {:>7.1f} x direct\n",
             name, figure.wall_ns, figure.cpu_ns, 1e9 / figure.wall_ns,
             figure.wall_ns / base.wall_ns);
}

void Run() {
  EchoFixture fixture;
  const Figure direct = Measure(fixture, fixture.service, 500'000, 1);
  Print("direct", direct, direct);
  const Figure guarded = Measure(fixture, *fixture.guard, 500'000, 1);
  Print("through the guard", guarded, direct);
  fmt::print("{:<28} {:>10.0f} ns\n", "  the guard alone", guarded.wall_ns - direct.wall_ns);
  Print("gRPC, 1 in flight", Measure(fixture, *fixture.client, 20'000, 1), direct);
  Print("gRPC, 64 in flight", Measure(fixture, *fixture.client, 64'000, 64), direct);
}

}  // namespace
}  // namespace vedette::rpc::testing

int main() {
  vedette::rpc::testing::Run();
  return 0;
}
