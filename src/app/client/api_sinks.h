// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "app/client/session.h"
#include "app/import/sinks.h"
#include "formats/csv/sdtm_records.h"

namespace vedette::app {

// The sinks of an import over a running system's public operations. `session` outlives them.
class ApiRecordSink final : public importing::RecordSink {
 public:
  // `source` is written beside every event: "file:vs.csv".
  ApiRecordSink(Session& session, std::string study_id, std::string source);
  ~ApiRecordSink() override;

  Task<Result<importing::RecordOutcome>> Record(std::span<const formats::Observation> events,
                                                bool dry_run) override;

 private:
  struct Api;
  Session& session_;
  const std::string study_id_;
  const std::string source_;
  std::unique_ptr<Api> api_;
};

// What of SDTM's events, interventions and demographics the study records: its items whose codes
// are columns of their domain, and its planned visits by the number that ends their item's code
// ("SV_8.1").
Task<Result<formats::csv::RecordOptions>> ReadRecordOptions(Session& session, std::string study_id);

class ApiSubjectSink final : public importing::SubjectSink {
 public:
  ApiSubjectSink(Session& session, std::string study_id);
  ~ApiSubjectSink() override;

  Task<Status> AddSites(std::vector<std::string> sites) override;
  Task<Result<importing::RegisterOutcome>> Register(
      std::span<const formats::csv::Registration> subjects) override;

 private:
  struct Apis;
  Session& session_;
  const std::string study_id_;
  std::unique_ptr<Apis> apis_;
};

}  // namespace vedette::app
