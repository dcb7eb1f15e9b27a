// SPDX-License-Identifier: Apache-2.0
#include "services/subject/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "kit/rpc/guard.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"
#include "kit/testing/temp_dir.h"
#include "model/role_table.h"
#include "services/subject/module.h"

namespace vedette::subject {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kName[] = "Canarius Nominatus";
constexpr char kMobile[] = "13900007777";

// Study S1 with sites 701 and 702.
class FakeTrial final : public trial::v1::TrialApi {
 public:
  Task<Result<trial::v1::ListSitesResponse>> ListSites(
      CallContext context, trial::v1::ListSitesRequest request) override {
    EXPECT_TRUE(context.principal->is_service);
    if (request.study_id() != "S1") co_return Fail(Code::kNotFound, "There is no such study.");
    trial::v1::ListSitesResponse response;
    response.add_sites()->set_id("701");
    response.add_sites()->set_id("702");
    co_return response;
  }

  Task<Result<trial::v1::Study>> CreateStudy(CallContext, trial::v1::CreateStudyRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::Study>> GetStudy(CallContext, trial::v1::GetStudyRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::ListStudiesResponse>> ListStudies(CallContext,
                                                           trial::v1::ListStudiesRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::PutSitesResponse>> PutSites(CallContext,
                                                     trial::v1::PutSitesRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::PutItemsResponse>> PutItems(CallContext,
                                                     trial::v1::PutItemsRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::ListItemsResponse>> ListItems(CallContext,
                                                       trial::v1::ListItemsRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::StudyDesign>> PutDesign(CallContext,
                                                 trial::v1::PutDesignRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<trial::v1::StudyDesign>> GetDesign(CallContext,
                                                 trial::v1::GetDesignRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
};

CallContext As(std::vector<Grant> grants) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "ann", .grants = std::move(grants)});
  return context;
}

CallContext OnSite(const std::string& site) { return As({{"investigator", "S1", site}}); }

CallContext AsService() {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "monitor", .name = "monitor", .is_service = true, .grants = {}});
  return context;
}

v1::CreateSubjectRequest NewPatient() {
  v1::CreateSubjectRequest request;
  request.set_name(kName);
  request.set_mobile(kMobile);
  request.set_age(44);
  request.set_project_id("S1");
  request.set_site_id("701");
  request.set_subject_number("01-701-1015");
  return request;
}

std::string ContentOf(const std::filesystem::path& folder) {
  std::string content;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    content += text.str();
  }
  return content;
}

// The module as the app builds it, called as everybody calls it: through the guard.
class SubjectApiTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  SubjectApiTest() {
    EXPECT_TRUE(Await<Status>(runtime_, [&] { return module_->Start(); }));
  }

  std::unique_ptr<SubjectModule> MakeModule(const std::filesystem::path& folder) {
    SubjectConfig config;
    config.data_dir = folder.string();
    return std::make_unique<SubjectModule>(
        SubjectDependencies{*database_, clock_, authorizer_, logger_, trial_}, config);
  }

  template <class Response, class Request>
  Result<Response> Call(Task<Result<Response>> (v1::SubjectApi::*method)(CallContext, Request),
                        CallContext context,
                        Request request) {
    return Await<Result<Response>>(runtime_, [&] { return (*guard_.*method)(context, request); });
  }

  Result<v1::Subject> Get(CallContext context, const std::string& id) {
    v1::GetSubjectRequest request;
    request.set_id(id);
    return Call(&v1::SubjectApi::GetSubject, std::move(context), request);
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_);
  testkit::TempDir keys_;
  FakeClock clock_;
  std::shared_ptr<LogCapture> log_ = std::make_shared<LogCapture>();
  Logger logger_{log_, clock_, LogLevel::kDebug};
  Authorizer authorizer_{DefaultRoleTable()};
  MetricsRegistry metrics_;
  FakeTrial trial_;
  std::unique_ptr<SubjectModule> module_ = MakeModule(keys_.path() / "made");
  std::unique_ptr<v1::SubjectApi> guard_ = v1::MakeSubjectGuard(
      module_->api(), rpc::GuardDependencies{authorizer_, metrics_, clock_, logger_});
};

VEDETTE_ON_BOTH_DATABASES(SubjectApiTest);

TEST_P(SubjectApiTest, GivesBackTheSubjectItCreated) {
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  ASSERT_TRUE(created);
  EXPECT_EQ(created->name(), "C***");
  EXPECT_EQ(created->mobile(), "139****7777");
  EXPECT_EQ(created->project_id(), "S1");
  EXPECT_EQ(created->subject_number(), "01-701-1015");
  EXPECT_EQ(created->age(), 44);
  EXPECT_EQ(created->created_at(), 1'767'225'600);
  const auto read = Get(OnSite("701"), created->id());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->SerializeAsString(), created->SerializeAsString());
}

TEST_P(SubjectApiTest, ShowsAPatientAsTheStudysStaffKnowThem) {
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  v1::GetPatientInfoRequest request;
  request.set_patient_id(created->id());
  const auto answer = Call(&v1::SubjectApi::GetPatientInfo, OnSite("701"), request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->patient_info().id(), created->id());
  EXPECT_EQ(answer->patient_info().mobile(), "139****7777");
  EXPECT_EQ(answer->patient_info().trial_id(), "S1");

  request.set_patient_id("1015");
  const auto malformed = Call(&v1::SubjectApi::GetPatientInfo, OnSite("701"), request);
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().violations.at(0).field, "patientId");
}

TEST_P(SubjectApiTest, AnotherSitesSubjectIsDeniedWithAReason) {
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  const auto denied = Get(OnSite("702"), created->id());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::kPermissionDenied);
  EXPECT_EQ(denied.error().message, "Subject belongs to site 701; your role covers site 702.");
}

TEST_P(SubjectApiTest, EnrollingOnAnotherSiteIsDenied) {
  EXPECT_EQ(Call(&v1::SubjectApi::CreateSubject, OnSite("702"), NewPatient()).error().code,
            Code::kPermissionDenied);
  EXPECT_EQ(
      Call(&v1::SubjectApi::CreateSubject, As({{"cra", "S1", "701"}}), NewPatient()).error().code,
      Code::kPermissionDenied);
}

TEST_P(SubjectApiTest, TheSiteMayBeLeftOutWhereOnlyOneCanBeMeant) {
  v1::CreateSubjectRequest request = NewPatient();
  request.clear_site_id();
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("702"), request);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->site_id(), "702");
  const auto refused =
      Call(&v1::SubjectApi::CreateSubject, As({{"investigator", "S1", "*"}}), request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_EQ(refused.error().violations.at(0).field, "siteId");
}

TEST_P(SubjectApiTest, ATakenNumberAlreadyExists) {
  ASSERT_TRUE(Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient()));
  const auto again = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().violations.at(0).field, "subjectNumber");
}

TEST_P(SubjectApiTest, NamesEveryFieldAtFault) {
  v1::CreateSubjectRequest request = NewPatient();
  request.clear_name();
  request.set_age(0);
  request.set_mobile("not a number");
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), request);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::kInvalidArgument);
  std::vector<std::string> fields;
  for (const auto& violation : created.error().violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("name", "age", "mobile"));
}

TEST_P(SubjectApiTest, RegistersListsResolvesAndGetsMany) {
  v1::RegisterSubjectsRequest registration;
  registration.set_study_id("S1");
  for (const char* number : {"a", "b"}) {
    v1::SubjectRegistration& subject = *registration.add_subjects();
    subject.set_subject_number(number);
    subject.set_site_id("701");
  }
  const CallContext feed = As({{"integrator", "S1", "*"}});
  const auto registered = Call(&v1::SubjectApi::RegisterSubjects, feed, registration);
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->created(), 2);

  v1::ListSubjectsRequest list;
  list.set_project_id("S1");
  list.set_page_size(1);
  const auto page = Call(&v1::SubjectApi::ListSubjects, OnSite("701"), list);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->subjects_size(), 1);
  EXPECT_EQ(page->subjects(0).subject_number(), "a");
  EXPECT_NE(page->next_page_token(), "");

  v1::ResolveSubjectsRequest resolve;
  resolve.set_study_id("S1");
  resolve.add_subject_numbers("b");
  EXPECT_EQ(Call(&v1::SubjectApi::ResolveSubjects, feed, resolve).error().code,
            Code::kPermissionDenied);
  const auto resolved = Call(&v1::SubjectApi::ResolveSubjects, AsService(), resolve);
  ASSERT_TRUE(resolved);
  ASSERT_EQ(resolved->subjects_size(), 1);
  EXPECT_EQ(resolved->subjects(0).site_id(), "701");

  v1::BatchGetSubjectsRequest batch;
  batch.set_study_id("S1");
  batch.add_ids(resolved->subjects(0).id());
  const auto subjects = Call(&v1::SubjectApi::BatchGetSubjects, AsService(), batch);
  ASSERT_TRUE(subjects);
  ASSERT_EQ(subjects->subjects_size(), 1);
  EXPECT_EQ(subjects->subjects(0).subject_number(), "b");
}

TEST_P(SubjectApiTest, PersonalDataIsNowhereInClear) {
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  ASSERT_TRUE(created);
  (void)Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());  // refused: taken
  (void)Get(OnSite("702"), created->id());
  for (const char* secret : {kName, kMobile, "Canarius", "Nominatus"}) {
    EXPECT_FALSE(log_->Contains(secret));
    EXPECT_THAT(metrics_.Expose(), Not(HasSubstr(secret)));
  }

  std::string stored;
  if (GetParam() == testkit::DatabaseKind::kSqlite) {
    stored = ContentOf(database_.url().substr(std::string("sqlite:").size()));
  } else {
    constexpr db::Sql kWholeTable{"canary", "SELECT CAST(t AS TEXT) FROM subject_subject t"};
    const auto rows = Await<Result<db::Rows>>(
        runtime_, [&] { return database_->Query(Deadline::None(), kWholeTable); });
    ASSERT_TRUE(rows);
    stored = rows->rows.at(0).Text(0);
  }
  ASSERT_THAT(stored, HasSubstr("01-701-1015"));
  const bool text = GetParam() == testkit::DatabaseKind::kPostgres;  // shows bytes in hexadecimal
  for (const char* secret : {kName, kMobile, "Canarius", "Nominatus"}) {
    EXPECT_THAT(stored, Not(HasSubstr(text ? HexEncode(secret) : secret)));
    EXPECT_THAT(stored, Not(HasSubstr(secret)));
  }
}

TEST_P(SubjectApiTest, OpensWhatItSealedBeforeARestart) {
  const auto created = Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient());
  const auto again = MakeModule(keys_.path() / "made");
  ASSERT_TRUE(Await<Status>(runtime_, [&] { return again->Start(); }));
  v1::GetSubjectRequest request;
  request.set_id(created->id());
  const auto read = Await<Result<v1::Subject>>(
      runtime_, [&] { return again->api().GetSubject(OnSite("701"), request); });
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name(), "C***");
}

TEST_P(SubjectApiTest, DoesNotStartWithoutTheKeysOfWhatIsSealed) {
  ASSERT_TRUE(Call(&v1::SubjectApi::CreateSubject, OnSite("701"), NewPatient()));
  const auto without = MakeModule(keys_.path() / "elsewhere");
  const Status status = Await<Status>(runtime_, [&] { return without->Start(); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kFailedPrecondition);
  EXPECT_FALSE(without->Ready());
}

}  // namespace
}  // namespace vedette::subject
