// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/encode.h"

#include <kit/telemetry/otlp/otlp.pb.h>

#include <string>

#include "kit/telemetry/otlp/sampling.h"

namespace vedette {
namespace {

template <class Bytes>
std::string ToString(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Owner>
void AddText(Owner& owner, std::string_view key, std::string_view value) {
  otlp::KeyValue& attribute = *owner.add_attributes();
  attribute.set_key(std::string(key));
  attribute.mutable_value()->set_string_value(std::string(value));
}

otlp::SpanRecord::Kind ToKind(SpanKind kind) {
  switch (kind) {
    case SpanKind::kInternal:
      return otlp::SpanRecord::KIND_INTERNAL;
    case SpanKind::kServer:
      return otlp::SpanRecord::KIND_SERVER;
    case SpanKind::kClient:
      return otlp::SpanRecord::KIND_CLIENT;
    case SpanKind::kProducer:
      return otlp::SpanRecord::KIND_PRODUCER;
    case SpanKind::kConsumer:
      return otlp::SpanRecord::KIND_CONSUMER;
  }
  return otlp::SpanRecord::KIND_UNSPECIFIED;
}

void Encode(const Span::Data& span, otlp::SpanRecord& record) {
  record.set_trace_id(ToString(span.context.trace_id));
  record.set_span_id(ToString(span.context.span_id));
  if (span.parent_span_id != decltype(span.parent_span_id){}) {
    record.set_parent_span_id(ToString(span.parent_span_id));
  }
  record.set_name(std::string(span.name));
  record.set_kind(ToKind(span.kind));
  const auto start = static_cast<std::uint64_t>(ToUnixMicros(span.start)) * 1000;
  record.set_start_time_unix_nano(start);
  record.set_end_time_unix_nano(start + static_cast<std::uint64_t>(span.duration.count()));
  for (const SpanAttribute& attribute : span.Attributes()) {
    if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
      AddText(record, attribute.name, *text);
    } else {
      otlp::KeyValue& added = *record.add_attributes();
      added.set_key(std::string(attribute.name));
      added.mutable_value()->set_int_value(std::get<std::int64_t>(attribute.value));
    }
  }
  record.set_dropped_attributes_count(span.dropped_attributes);
  if (span.failed) {
    AddText(record, "error.type", Describe(span.code).name);
    if (span.kind == SpanKind::kClient || IsFault(span.code)) {
      record.mutable_status()->set_code(otlp::SpanStatus::ERROR);
    }
  }
  record.set_flags(span.context.sampled ? 1 : 0);
}

}  // namespace

void EncodeSpans(const TelemetryResource& resource,
                 std::span<const std::unique_ptr<Span::Data>> spans,
                 otlp::ExportRequest& request) {
  otlp::ResourceSpans& group = *request.add_resource_spans();
  otlp::Resource& owner = *group.mutable_resource();
  AddText(owner, "service.name", resource.service_name);
  AddText(owner, "service.version", resource.service_version);
  AddText(owner, "service.instance.id", resource.service_instance_id);
  otlp::ScopeSpans& scope = *group.add_scope_spans();
  scope.mutable_scope()->set_name("vedette");
  scope.mutable_scope()->set_version(resource.service_version);
  scope.mutable_spans()->Reserve(static_cast<int>(spans.size()));
  for (const auto& span : spans) Encode(*span, *scope.add_spans());
}

}  // namespace vedette
