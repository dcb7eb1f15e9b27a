// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/tracer.h"

#include <algorithm>
#include <limits>

#include "kit/telemetry/span_data.h"

namespace vedette {
namespace {

// Setting a name again replaces its value.
void SetAttribute(Span::Data& data, SpanAttribute attribute) {
  for (std::size_t i = 0; i < data.attribute_count; ++i) {
    if (data.attributes[i].name == attribute.name) {
      data.attributes[i].value = attribute.value;
      return;
    }
  }
  if (data.attribute_count < Span::Data::kMaxAttributes) {
    data.attributes[data.attribute_count++] = attribute;
  } else if (data.dropped_attributes < std::numeric_limits<std::uint8_t>::max()) {
    ++data.dropped_attributes;
  }
}

}  // namespace

std::string_view Span::Data::Keep(std::string_view text) {
  char* const begin = text_buffer.data() + text_bytes;
  const std::size_t length = std::min(text.size(), kMaxTextBytes - text_bytes);
  std::ranges::transform(text.substr(0, length), begin,
                         [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
  text_bytes = static_cast<std::uint16_t>(text_bytes + length);
  return {begin, length};
}

Span::Span() = default;
Span::Span(const TraceContext& context) : context_(context) {}
Span::Span(std::unique_ptr<Data> data) : data_(std::move(data)) {
  if (data_) context_ = data_->context;
}
Span::~Span() { End(); }

Span::Span(Span&& other) noexcept
    : context_(std::exchange(other.context_, {})), data_(std::move(other.data_)) {}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  End();
  context_ = std::exchange(other.context_, {});
  data_ = std::move(other.data_);
  return *this;
}

const TraceContext& Span::context() const { return context_; }

void Span::Set(std::string_view name, std::string_view value) {
  if (data_) SetAttribute(*data_, {name, data_->Keep(value)});
}

void Span::Set(std::string_view name, std::int64_t value) {
  if (data_) SetAttribute(*data_, {name, value});
}

void Span::Fail(Code code) {
  if (!data_ || data_->failed) return;
  data_->failed = true;
  data_->code = code;
}

void Span::End() {
  if (!data_) return;
  Sink* const sink = data_->sink;
  if (sink != nullptr) sink->Finish(std::move(data_));
  data_.reset();
}

Span NullTracer::Start(std::string_view, SpanKind, const TraceContext& parent) {
  TraceContext context = parent.Child();
  if (!parent.IsValid()) context.sampled = false;
  return Span(context);
}

}  // namespace vedette
