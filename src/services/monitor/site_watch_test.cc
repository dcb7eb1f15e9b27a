// SPDX-License-Identifier: Apache-2.0
#include "model/study_time.h"
#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Rules of sites and of the study, in a study of two subjects on treatment for 100 days.
class SiteWatchTest : public MonitorTest {
 protected:
  static constexpr char kFew[] =
      "title: Few adverse events\nscope: site\nwhen: kri(\"AE_RATE\").z <= -0.9\n"
      "severity: warning\n";
  static constexpr char kMany[] =
      "title: Many adverse events\nscope: study\nwhen: kri(\"AE_RATE\").rate > 0.05\n"
      "severity: warning\n";

  SiteWatchTest() {
    AddItem("AETERM", trial::v1::TEXT, trial::v1::FIELD, "AE");
    AddItem("FIRST_DOSE", trial::v1::TIME, trial::v1::ATTRIBUTE, "first_dose");
    trial::v1::StudyDesign design;
    design.set_first_dose("first_dose");
    design.set_visit_reference("first_dose");
    auto& form = *design.add_forms();
    form.set_name("AE");
    form.set_repeating(true);
    auto& rate = *design.add_indicators();
    rate.set_id("AE_RATE");
    rate.set_numerator_form("AE");
    rate.set_minimum_denominator(30);
    trial_.SetDesign(design);
    StartAgain();
  }

  void AddItem(const char* code,
               trial::v1::ItemType type,
               trial::v1::ItemRole role,
               const char* place) {
    trial::v1::Item item;
    item.set_code(code);
    item.set_type(type);
    item.set_role(role);
    if (role == trial::v1::FIELD) {
      item.set_form(place);
    } else {
      item.set_rule_name(place);
    }
    trial_.AddItem(item);
  }

  std::string DaysAgo(int days) const {
    return FormatStudyTime({.instant = std::chrono::floor<std::chrono::seconds>(
                                clock_.Now() - std::chrono::days(days)),
                            .offset_minutes = 0});
  }

  v1::Observation Entry(const std::string& subject,
                        const std::string& key,
                        const char* item,
                        std::string text) const {
    auto event = Systolic(subject + key, 0, subject);
    event.clear_number();
    event.clear_unit();
    event.set_item(item);
    event.set_text(std::move(text));
    event.set_time(DaysAgo(10));
    return event;
  }

  void BeginTreatment(const std::string& subject) {
    ASSERT_TRUE(Record(Batch({Entry(subject, "dose", "FIRST_DOSE", DaysAgo(100))})));
  }

  void ReportEvents(const std::string& subject) {
    std::vector<v1::Observation> events;
    for (int i = 0; i < 20; ++i) {
      const std::string number = std::to_string(i);
      events.push_back(Entry(subject, "ae" + number, "AETERM", "HEADACHE"));
      events.back().set_row("AE/" + number);
    }
    ASSERT_TRUE(Record(Batch(std::move(events))));
  }
};

TEST_P(SiteWatchTest, ASiteThatUnderReportsIsOneAlertUntilItsRowsArrive) {
  BeginTreatment("701-1");
  BeginTreatment("702-1");
  ReportEvents("702-1");
  Activate(Rule("few", kFew));
  Eventually("the alert is raised", [&] { return !Alerts().empty(); });
  auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].scope(), "site");
  EXPECT_EQ(alerts[0].site_id(), "701");
  EXPECT_EQ(alerts[0].patient_id(), "");
  const v1::AlertDetail detail = Detail(alerts[0].alert_id());
  ASSERT_EQ(detail.evidence().steps_size(), 2);
  EXPECT_EQ(detail.evidence().steps(1).expression(), "kri(\"AE_RATE\").z");
  EXPECT_EQ(detail.evidence().steps(1).value(), "-1");
  EXPECT_EQ(Summary().alerts(), 1);
  EXPECT_EQ(Summary().subjects(), 0);
  Become({"702"});
  EXPECT_THAT(Alerts(), IsEmpty());
  Become({"*"});

  StartAgain();
  clock_.Shift(std::chrono::days(1));
  StartAgain();
  ReportEvents("701-1");
  clock_.Shift(std::chrono::days(2));
  Eventually("the alert is over", [&] { return Alerts().at(0).detection() == "resolved"; });
  alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "resolved"));
}

TEST_P(SiteWatchTest, AnAlertOfTheStudyIsForThoseWhoSeeAllSitesAndEndsWithItsVersion) {
  BeginTreatment("701-1");
  ReportEvents("701-1");
  Activate(Rule("many", kMany));
  Eventually("the alert is raised", [&] { return !Alerts().empty(); });
  EXPECT_EQ(Alerts().at(0).scope(), "study");
  EXPECT_EQ(Alerts().at(0).site_id(), "");
  v1::GetAlertRequest request;
  request.set_study_id("S1");
  request.set_alert_id(Alerts().at(0).alert_id());
  const auto get = [&] {
    return Run<Result<v1::AlertDetail>>([&] { return api().GetAlert(Context(), request); });
  };
  EXPECT_TRUE(get());
  Become({"701", "702"});
  EXPECT_THAT(Alerts(), IsEmpty());
  EXPECT_EQ(get().error().code, Code::kPermissionDenied);
  Become({"*"});

  clock_.Shift(std::chrono::seconds(10));
  rule_.Retire("many", ToUnixMicros(clock_.Now()));
  clock_.Shift(std::chrono::seconds(12));
  Eventually("the alert is over", [&] { return Alerts().at(0).change() == "superseded"; });
  EXPECT_THAT(Trail(Alerts().at(0).alert_id()), ElementsAre("raised", "superseded"));
}

VEDETTE_ON_BOTH_DATABASES(SiteWatchTest);

}  // namespace
}  // namespace vedette::monitor
