// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vedette/monitor/v1/monitor.vedette.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "services/monitor/fakes_for_test.h"
#include "services/monitor/module.h"

namespace vedette::monitor {

// A whole monitor on a database of its own, among fakes.
class MonitorTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  MonitorTest();
  ~MonitorTest() override;

  // Ends the monitor, as in a restart, and begins another on the same database.
  void StartAgain(MonitorConfig config = QuickConfig());
  static MonitorConfig QuickConfig();

  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }
  // Calls until it is true; fails the test after some seconds.
  void Eventually(const char* what, const std::function<bool()>& condition);

  v1::MonitorApi& api() { return module_->api(); }
  CallContext Context() const;
  // Further calls come from one who has the role on these sites.
  void Become(std::vector<std::string> sites, std::string role = "staff");
  MonitorDependencies Dependencies();

  static v1::Observation Systolic(std::string key, double value, std::string subject = "701-1");
  static v1::RecordRequest Batch(std::vector<v1::Observation> events, std::string study = "S1");
  // The reading replaces the one with key `corrects`.
  static v1::Observation Correction(std::string corrects, std::string key, double value);
  static v1::Observation Withdrawal(std::string corrects, std::string key);
  Result<v1::RecordResponse> Record(v1::RecordRequest request);
  // The answers to requests made at the same time.
  std::vector<Result<v1::RecordResponse>> RecordAll(std::vector<v1::RecordRequest> requests);
  Result<v1::ListProjectAlertsResponse> List(v1::ListProjectAlertsRequest request);
  std::vector<v1::Alert> Alerts(std::string study = "S1");
  v1::AlertDetail Detail(const std::string& alert_id);
  // "raised", "retracted", …: what happened to the alert, oldest first.
  std::vector<std::string> Trail(const std::string& alert_id);
  v1::AlertSummary Summary();
  v1::Series Series(std::string subject = "id-701-1");

  // "vs.SYSBP.value > threshold", each reading for itself, at work from now on.
  rule::v1::RuleVersion HighRule(std::string id = "v1", double threshold = 140);
  // A version of rule "HIGH-" + id, at work from now on. `fields`: lines of its envelope.
  rule::v1::RuleVersion Rule(std::string id, const std::string& fields);
  // Puts it to work and waits until monitor has judged all it has to judge by it.
  void Activate(rule::v1::RuleVersion version);
  void AwaitCovered();

  WallClock clock_;
  Runtime runtime_{3};
  testkit::TestDatabase database_;
  MetricsRegistry metrics_;
  Authorizer authorizer_;
  FakeTrial trial_;
  FakeSubject subject_;
  FakeRule rule_;
  FakeIdentity identity_;
  std::shared_ptr<const Principal> caller_;
  std::unique_ptr<MonitorModule> module_;
};

}  // namespace vedette::monitor
