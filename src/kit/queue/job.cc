// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job.h"

#include <algorithm>

namespace vedette::queue {
namespace {

constexpr std::size_t kLongestKind = 100;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

}  // namespace

bool IsJobKind(std::string_view kind) {
  return !kind.empty() && kind.size() <= kLongestKind && std::ranges::all_of(kind, IsPlain);
}

std::string_view Name(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kDone:
      return "done";
    case JobOutcome::kRetried:
      return "retried";
    case JobOutcome::kDead:
      return "dead";
    case JobOutcome::kCancelled:
      return "cancelled";
    case JobOutcome::kReleased:
      return "released";
    case JobOutcome::kLost:
      return "lost";
  }
  return "";
}

}  // namespace vedette::queue
