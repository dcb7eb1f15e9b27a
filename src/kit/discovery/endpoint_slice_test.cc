// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/endpoint_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vedette::discovery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kList = R"({
  "kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1",
  "metadata": {"resourceVersion": "812"},
  "items": [
    {"metadata": {"name": "trial-a"}, "addressType": "IPv4",
     "ports": [{"name": "http", "port": 8080}, {"name": "grpc", "port": 9090}],
     "endpoints": [
       {"addresses": ["10.1.0.1"], "conditions": {"ready": true}},
       {"addresses": ["10.1.0.2"], "conditions": {"ready": false, "serving": true}},
       {"addresses": ["10.1.0.3"], "conditions": {"ready": true, "terminating": true}},
       {"addresses": ["10.1.0.4"], "conditions": {}},
       {"addresses": ["10.1.0.5"]},
       {"addresses": ["10.1.0.6"], "conditions": {"ready": null, "terminating": null}}]},
    {"metadata": {"name": "trial-b"}, "addressType": "IPv6",
     "ports": [{"name": "grpc", "port": 9091}],
     "endpoints": [{"addresses": ["2001:db8::1"]}]},
    {"metadata": {"name": "trial-c"}, "ports": null, "endpoints": null}]})";

Instances Listed(std::string_view port) {
  EndpointSlices slices;
  slices.Load(*ParseEndpointSliceList(kList, port));
  return slices.List();
}

TEST(EndpointSlice, TakesWhatIsReadyAndNotTerminatingOfAllSlices) {
  EXPECT_THAT(Listed("grpc"), ElementsAre("10.1.0.1:9090", "10.1.0.4:9090", "10.1.0.5:9090",
                                          "10.1.0.6:9090", "[2001:db8::1]:9091"));
  EXPECT_EQ(ParseEndpointSliceList(kList, "grpc")->resource_version, "812");
}

TEST(EndpointSlice, APortIsANumberOrAName) {
  EXPECT_THAT(Listed("http"),
              ElementsAre("10.1.0.1:8080", "10.1.0.4:8080", "10.1.0.5:8080", "10.1.0.6:8080"));
  EXPECT_EQ(Listed("7000").size(), 5U);
  EXPECT_THAT(Listed("metrics"), IsEmpty());
}

TEST(EndpointSlice, EventsPutAndDeleteWholeSlices) {
  EndpointSlices slices;
  slices.Load(*ParseEndpointSliceList(kList, "9090"));
  const auto put = ParseEndpointSliceEvent(
      R"({"type":"MODIFIED","object":{"metadata":{"name":"trial-a"},
          "endpoints":[{"addresses":["10.1.0.9"]}]}})",
      "9090");
  ASSERT_TRUE(put);
  slices.Apply(*put);
  EXPECT_THAT(slices.List(), ElementsAre("10.1.0.9:9090", "[2001:db8::1]:9090"));
  slices.Apply(*ParseEndpointSliceEvent(
      R"({"type":"DELETED","object":{"metadata":{"name":"trial-b"}}})", "9090"));
  EXPECT_THAT(slices.List(), ElementsAre("10.1.0.9:9090"));
  slices.Apply(*ParseEndpointSliceEvent(
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"900"}}})", "9090"));
  EXPECT_THAT(slices.List(), ElementsAre("10.1.0.9:9090"));
}

TEST(EndpointSlice, AnOutdatedVersionIsNoFailure) {
  EXPECT_EQ(ParseEndpointSliceEvent(R"({"type":"ERROR","object":{"code":410}})", "1").error().code,
            Code::kConflict);
  EXPECT_EQ(ParseEndpointSliceEvent(R"({"type":"ERROR","object":{"code":500}})", "1").error().code,
            Code::kUnavailable);
}

TEST(EndpointSlice, SurvivesAnyBytes) {
  for (const std::string& bytes :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"),
        std::string("{\"items\":{}}"), std::string("{\"metadata\":1,\"items\":[]}"),
        std::string("{\"metadata\":{},\"items\":[1]}"),
        std::string("{\"metadata\":{},\"items\":[{}]}"),
        std::string("{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}"),
        std::string("{\"type\":\"OTHER\",\"object\":{\"metadata\":{\"name\":\"a\"}}}"),
        std::string("\xff\xfe\x00", 3), std::string(5000, '[')}) {
    EXPECT_FALSE(ParseEndpointSliceList(bytes, "1")) << bytes;
    EXPECT_FALSE(ParseEndpointSliceEvent(bytes, "1")) << bytes;
  }
  // What is odd inside a slice is left out.
  const auto odd = ParseEndpointSliceList(
      R"({"metadata":{},"items":[{"metadata":{"name":"a"},"ports":[1],
          "endpoints":[1,{"addresses":[2,"no address\r\n","10.0.0.1"],"conditions":3}]}]})",
      "80");
  ASSERT_TRUE(odd);
  EXPECT_THAT(odd->slices.front().instances, ElementsAre("10.0.0.1:80"));
}

}  // namespace
}  // namespace vedette::discovery
