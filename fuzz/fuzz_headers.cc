// SPDX-License-Identifier: Apache-2.0
// Header fields that strangers write: any bytes are a structured field or none, and what is read
// from one writes itself in a form that reads back the same; so does a trace context. What a
// signature covers is taken from the request, one line for each part.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kit/http/message_signature.h"
#include "kit/http/structured_fields.h"
#include "kit/telemetry/trace_context.h"

namespace {

using namespace vedette;
using namespace vedette::http;

void Require(bool held) {
  if (!held) std::abort();
}

template <class Value>
void ReadsBack(const Value& value) {
  const std::string text = Serialize(value);
  const auto again = ParseDictionary("a=" + text);
  Require(again && again->size() == 1);
  const auto* same = std::get_if<Value>(&again->front().value);
  Require(same != nullptr && Serialize(*same) == text);
}

void SignsWhatItCovers(const SfInnerList& covered, std::string_view text) {
  Headers headers;
  headers.Add("Host", "Example.org");
  headers.Add("Signature-Input", std::string(text));
  headers.Add("X-Text", "1");
  headers.Add("x-text", " 2 ");
  const auto base = SignatureBase(covered, {.headers = headers,
                                            .method = "POST",
                                            .path = "/a",
                                            .query = "b=c",
                                            .target_uri = "https://example.org/a?b=c"});
  if (!base) return;
  for (const SfItem& item : covered.items) {
    const auto* name = std::get_if<std::string>(&item.value);
    Require(name != nullptr && Covers(covered, *name));
  }
  Require(base->ends_with("\"@signature-params\": " + Serialize(covered)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto dictionary = ParseDictionary(text)) {
    for (const SfMember& member : *dictionary) {
      Require(FindMember(*dictionary, member.name) == &member);
      if (const auto* item = std::get_if<SfItem>(&member.value)) ReadsBack(*item);
      if (const SfInnerList* list = member.list()) {
        ReadsBack(*list);
        SignsWhatItCovers(*list, text);
      }
    }
  }
  if (const auto trace = TraceContext::FromTraceparent(text)) {
    Require(trace->IsValid());
    const auto again = TraceContext::FromTraceparent(trace->ToTraceparent());
    Require(again && again->ToTraceparent() == trace->ToTraceparent());
    Require(trace->Child().trace_id == trace->trace_id);
  }
  return 0;
}
