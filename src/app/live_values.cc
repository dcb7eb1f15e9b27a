// SPDX-License-Identifier: Apache-2.0
#include "app/live_values.h"

namespace vedette::app {
namespace {

void DescribeSlowAfter(config::Section& section, std::chrono::milliseconds& slow_after) {
  section.Field("slow_after", slow_after,
                {.text = "Operations that take longer are listed on the status page.",
                 .minimum = 1,
                 .maximum = 600'000});
}

}  // namespace

void LiveValues::Describe(config::Section& section) {
  section.Field("log_level", log_level,
                {.text = "The least severe lines that are logged.",
                 .choices = {"debug", "info", "warning", "error"}});
  section.Nested("log_sampling", log_sampling, "What is left out of the log when it repeats.");
  DescribeSlowAfter(section, slow_after);
  section.Nested("limits", limits, "The budgets of callers.");
  section.Field("features_off", features_off,
                {.text = "Features that are switched off, e.g. preview."});
  section.Field("features_on", features_on, {.text = "Features that stay on also under overload."});
}

void LiveOptions::Describe(config::Section& section) {
  section.Field("file", file,
                {.text = "A YAML file that is read again whenever it changes: log_level, "
                         "log_sampling, slow_after, limits, features_off, features_on."});
  section.Field("etcd_key", etcd_key,
                {.text = "A key in etcd that holds the same; needs discovery.etcd.endpoints."});
  section.Nested("log_sampling", log_sampling,
                 "What is left out of the log when it repeats, unless the live values say so.");
  DescribeSlowAfter(section, slow_after);
}

}  // namespace vedette::app
