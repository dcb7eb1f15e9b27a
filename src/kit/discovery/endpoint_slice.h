// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/discovery/resolver.h"

namespace vedette::discovery {

// What one EndpointSlice (discovery.k8s.io/v1) says about the instances that take traffic: those
// that are ready, or do not say, and are not terminating.
struct EndpointSlice {
  std::string name;
  Instances instances;
};

struct EndpointSliceList {
  std::vector<EndpointSlice> slices;
  std::string resource_version;  // where a watch goes on
};

struct EndpointSliceEvent {
  enum class Kind { kPut, kDeleted, kBookmark };
  Kind kind = Kind::kBookmark;
  EndpointSlice slice;
};

// `port` is a number, or the name of a port of the slice. Any bytes are survived: kInternal for
// what is not the expected JSON. An ERROR event of the watch is kConflict when it says that the
// version is gone, else kUnavailable.
Result<EndpointSliceList> ParseEndpointSliceList(std::string_view json, std::string_view port);
Result<EndpointSliceEvent> ParseEndpointSliceEvent(std::string_view json, std::string_view port);

// All slices of a service together. Pure.
class EndpointSlices {
 public:
  void Load(EndpointSliceList list);  // in place of all before
  void Apply(EndpointSliceEvent event);
  Instances List() const;

 private:
  std::map<std::string, Instances> by_name_;
};

}  // namespace vedette::discovery
