// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_runner.h"
#include "kit/queue/job_table.h"
#include "kit/queue/outbox_relay.h"

namespace vedette::queue {

void JobRunnerOptions::Describe(config::Section& section) {
  section.Field("concurrency", concurrency,
                {.text = "Jobs that run at a time.", .minimum = 1, .maximum = 1000});
  section.Field("claim", claim,
                {.text = "Time after which the jobs of a process that is gone are taken over.",
                 .minimum = 1000,
                 .maximum = 3'600'000});
  section.Field("poll", poll,
                {.text = "How often the queue is looked at when nobody wakes it.",
                 .minimum = 10,
                 .maximum = 600'000});
  section.Field("observe", observe,
                {.text = "How often the depth of the queue is read for the metrics.",
                 .minimum = 100,
                 .maximum = 600'000});
  section.Field("keep_dead", keep_dead,
                {.text = "How long a job that was given up is kept for an operator.",
                 .minimum = 1000,
                 .maximum = 366.0 * 86'400'000});
  section.Field("most_dead", most_dead,
                {.text = "Jobs given up that are kept; beyond it the oldest are dropped.",
                 .minimum = 0,
                 .maximum = kMostCounted - 1});
}

void OutboxRelayOptions::Describe(config::Section& section) {
  section.Field("batch", batch,
                {.text = "Messages that are read at a time.", .minimum = 1, .maximum = 10'000});
  section.Field(
      "width", width,
      {.text = "Keys whose messages are published at a time.", .minimum = 1, .maximum = 256});
  section.Field("lease", lease,
                {.text = "Time after which another process publishes in place of one that is gone.",
                 .minimum = 1000,
                 .maximum = 600'000});
  section.Field("poll", poll,
                {.text = "How often the outbox is looked at when nobody wakes the relay.",
                 .minimum = 10,
                 .maximum = 600'000});
  section.Field("publish_timeout", publish_timeout,
                {.text = "Time one message may take.", .minimum = 1, .maximum = 600'000});
  section.Nested("backoff", backoff, "The wait after a message that could not be published.");
  section.Field(
      "observe", observe,
      {.text = "How often the lag is read for the metrics.", .minimum = 100, .maximum = 600'000});
}

}  // namespace vedette::queue
