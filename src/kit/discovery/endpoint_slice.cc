// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/endpoint_slice.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "kit/discovery/address.h"

namespace vedette::discovery {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> Unreadable() {
  return Fail(Code::kInternal, "The API server's answer is not what was asked for.");
}

std::string_view Text(const object& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// Of a member that may be absent or null.
std::optional<bool> Flag(const object& from, std::string_view key) {
  bool flag = false;
  if (from[key].get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::string> PortOf(const object& slice, std::string_view port) {
  if (IsNumber(port)) return std::string(port);
  array ports;
  if (slice["ports"].get(ports) != simdjson::SUCCESS) return std::nullopt;
  for (const element entry : ports) {
    object fields;
    std::int64_t number = 0;
    if (entry.get(fields) != simdjson::SUCCESS || Text(fields, "name") != port) continue;
    if (fields["port"].get(number) == simdjson::SUCCESS) return std::to_string(number);
  }
  return std::nullopt;
}

bool TakesTraffic(const object& endpoint) {
  object conditions;
  if (endpoint["conditions"].get(conditions) != simdjson::SUCCESS) return true;
  return Flag(conditions, "ready").value_or(true) &&
         !Flag(conditions, "terminating").value_or(false);
}

void AddEndpoint(const object& endpoint, const std::string& port, Instances& instances) {
  array addresses;
  if (!TakesTraffic(endpoint) || endpoint["addresses"].get(addresses) != simdjson::SUCCESS) return;
  for (const element entry : addresses) {
    std::string_view host;
    if (entry.get(host) != simdjson::SUCCESS) continue;
    const std::string address = HostPort{std::string(host), port}.ToString();
    if (ParseHostPort(address)) instances.push_back(address);
  }
}

Result<EndpointSlice> SliceOf(const object& json, std::string_view port) {
  object metadata;
  if (json["metadata"].get(metadata) != simdjson::SUCCESS) return Unreadable();
  EndpointSlice slice;
  slice.name = Text(metadata, "name");
  if (slice.name.empty()) return Unreadable();
  const auto number = PortOf(json, port);
  array endpoints;
  if (!number || json["endpoints"].get(endpoints) != simdjson::SUCCESS) return slice;
  for (const element entry : endpoints) {
    object endpoint;
    if (entry.get(endpoint) == simdjson::SUCCESS) AddEndpoint(endpoint, *number, slice.instances);
  }
  return slice;
}

}  // namespace

Result<EndpointSliceList> ParseEndpointSliceList(std::string_view json, std::string_view port) {
  simdjson::dom::parser parser;
  object root;
  object metadata;
  array items;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["metadata"].get(metadata) != simdjson::SUCCESS ||
      root["items"].get(items) != simdjson::SUCCESS) {
    return Unreadable();
  }
  EndpointSliceList list;
  list.resource_version = Text(metadata, "resourceVersion");
  for (const element item : items) {
    object fields;
    if (item.get(fields) != simdjson::SUCCESS) return Unreadable();
    VEDETTE_TRY(EndpointSlice slice, SliceOf(fields, port));
    list.slices.push_back(std::move(slice));
  }
  return list;
}

Result<EndpointSliceEvent> ParseEndpointSliceEvent(std::string_view json, std::string_view port) {
  simdjson::dom::parser parser;
  object root;
  object fields;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["object"].get(fields) != simdjson::SUCCESS) {
    return Unreadable();
  }
  const std::string_view type = Text(root, "type");
  if (type == "BOOKMARK") return EndpointSliceEvent();
  if (type == "ERROR") {
    std::int64_t code = 0;
    if (fields["code"].get(code) == simdjson::SUCCESS && code == 410) {
      return Fail(Code::kConflict, "The API server has forgotten this version.");
    }
    return Fail(Code::kUnavailable, "The API server ended the watch.");
  }
  EndpointSliceEvent event;
  if (type == "DELETED") {
    event.kind = EndpointSliceEvent::Kind::kDeleted;
  } else if (type == "ADDED" || type == "MODIFIED") {
    event.kind = EndpointSliceEvent::Kind::kPut;
  } else {
    return Unreadable();
  }
  VEDETTE_TRY(event.slice, SliceOf(fields, port));
  return event;
}

void EndpointSlices::Load(EndpointSliceList list) {
  by_name_.clear();
  for (EndpointSlice& slice : list.slices) by_name_[slice.name] = std::move(slice.instances);
}

void EndpointSlices::Apply(EndpointSliceEvent event) {
  switch (event.kind) {
    case EndpointSliceEvent::Kind::kPut:
      by_name_[event.slice.name] = std::move(event.slice.instances);
      break;
    case EndpointSliceEvent::Kind::kDeleted:
      by_name_.erase(event.slice.name);
      break;
    case EndpointSliceEvent::Kind::kBookmark:
      break;
  }
}

Instances EndpointSlices::List() const {
  Instances list;
  for (const auto& [name, instances] : by_name_) {
    list.insert(list.end(), instances.begin(), instances.end());
  }
  return list;
}

}  // namespace vedette::discovery
