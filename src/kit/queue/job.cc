// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job.h"

namespace vedette::queue {

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
