// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "rules/backtest/columns.h"
#include "rules/catalog.h"
#include "rules/clinical/observation.h"

namespace vedette::app::rules_data {

struct SdtmOptions {
  // Keeps the changes in the order in which they became known, for back-tests as known. SDTM does
  // not say when; the collection date stands for it.
  bool keep_arrival = false;
  // Days before and after a planned visit's day that still count; SDTM has no windows.
  std::int32_t visit_window_days = 0;
  // Term lists that the folder cannot know: "STRONG_CYP3A4", "HEPATIC_DISORDERS".
  std::map<std::string, std::vector<std::string>, std::less<>> codelists;
};

// A study out of a folder of SDTM domains: what rules may name, and what was observed.
//
// Series are named by domain and test code: "vs.SYSBP", "lab.ALT", "eg.QTCF", "pro.<QSTESTCD>";
// LB's BILI is "lab.TBILI". A test whose results are texts is a text series. Numbers are --STRESN,
// limits
// --STNRLO and --STNRHI, in the --STRESU that most records of the test have; records in another
// unit are left out. Forms are AE, CM, EX, DS and MH, a row a record; a --DTC field is a time and
// named without its C ("AESTDT"). Attributes come from DM: sex, age, country, arm (unblinding),
// reference (RFSTDTC), first_dose, last_dose, end (RFENDTC), consent, death; status is DS's last
// disposition event, else "ACTIVE". Visits are TV's that are planned for everyone: with a day, and
// not starting "If …"; "WEEK 4" is visit.W4, done by SV's record of its VISITNUM.
struct SdtmStudy {
  std::shared_ptr<const rules::Catalog> catalog;
  std::unique_ptr<rules::History> history;  // finished
  rules::Seconds cutoff = 0;                // a day after the latest time of any record
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;  // without a subject of DM or without a whole date, or in another unit
};

// Reads dm and what there is of vs, lb, eg, qs, ae, cm, ex, ds, mh, sv and tv, as .csv or .csv.gz.
// kNotFound without the folder or its dm; kInvalidArgument where a file is not of its domain.
Result<SdtmStudy> LoadSdtmFolder(const std::string& folder, const SdtmOptions& options = {});

}  // namespace vedette::app::rules_data
