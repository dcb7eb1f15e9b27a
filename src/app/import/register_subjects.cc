// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "app/import/importer.h"
#include "app/import/violations.h"

namespace vedette::importing {
namespace {

using formats::RowReject;
using formats::csv::Registration;

constexpr std::size_t kSubjectsPerCall = 1000;

Status Reject(const RowReject& reject,
              RejectsFile& rejects,
              const ImportOptions& options,
              RegistrationSummary& summary) {
  ++summary.rows_rejected;
  VEDETTE_CHECK_OK(rejects.Add(options.file, reject));
  if (!options.abort_on_error) return {};
  return Fail(Code::kInvalidArgument,
              "Line " + std::to_string(reject.line) + ", " + reject.column + ": " + reject.reason);
}

std::string ColumnOf(std::string_view field) {
  if (field == "subjectNumber" || field == "subject_number") return "USUBJID";
  if (field == "siteId" || field == "site_id") return "SITEID";
  if (field == "age") return "AGE";
  if (field == "sex") return "SEX";
  return std::string(field);
}

}  // namespace

Task<Result<RegistrationSummary>> RegisterSubjects(formats::csv::Demographics demographics,
                                                   SubjectSink& sink,
                                                   RejectsFile& rejects,
                                                   Sleeper& sleeper,
                                                   ImportOptions options) {
  RegistrationSummary summary;
  summary.rows_read = demographics.rows;
  for (const RowReject& reject : demographics.rejects) {
    VEDETTE_CO_CHECK_OK(Reject(reject, rejects, options, summary));
  }
  std::vector<Registration>& subjects = demographics.registrations;
  std::set<std::string> names;
  for (const Registration& subject : subjects) names.insert(subject.site);
  const std::vector<std::string> sites(names.begin(), names.end());
  summary.sites = sites.size();
  if (options.dry_run || subjects.empty()) co_return summary;

  const std::atomic<bool> stopped{false};
  Retrier retrier(sleeper, options.retry, stopped);
  VEDETTE_CO_CHECK_OK(
      co_await CallWithRetry<void>(retrier, [&sink, &sites] { return sink.AddSites(sites); }));
  for (std::size_t from = 0; from < subjects.size(); from += kSubjectsPerCall) {
    const auto begin = subjects.begin() + static_cast<std::ptrdiff_t>(from);
    const auto count =
        static_cast<std::ptrdiff_t>(std::min(kSubjectsPerCall, subjects.size() - from));
    std::vector<Registration> call(begin, begin + count);
    while (!call.empty()) {
      const std::span<const Registration> view(call);
      const Result<RegisterOutcome> outcome = co_await CallWithRetry<RegisterOutcome>(
          retrier, [&sink, view] { return sink.Register(view); });
      if (outcome) {
        summary.created += static_cast<std::uint64_t>(outcome->created);
        summary.existing += static_cast<std::uint64_t>(outcome->existing);
        break;
      }
      const auto faults = FaultsByElement(outcome.error(), "subjects", call.size());
      if (!faults) co_return Fail(outcome.error());
      std::set<std::uint64_t> lines;
      for (const auto& [index, fault] : *faults) {
        lines.insert(call[index].line);
        VEDETTE_CO_CHECK_OK(Reject(
            {call[index].line, ColumnOf(fault.field), fault.reason, call[index].subject_number},
            rejects, options, summary));
      }
      std::erase_if(call,
                    [&lines](const Registration& subject) { return lines.contains(subject.line); });
    }
  }
  co_return summary;
}

std::string FormatSummary(const RegistrationSummary& summary) {
  return fmt::format("{} subjects at {} sites: {} registered, {} there already, {} rejected\n",
                     summary.rows_read, summary.sites, summary.created, summary.existing,
                     summary.rows_rejected);
}

}  // namespace vedette::importing
