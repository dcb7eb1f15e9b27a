// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/csv/column.h"
#include "formats/csv/row_reader.h"
#include "formats/data_source.h"
#include "model/study_time.h"

namespace vedette::formats::csv {

// The columns of a vital sign file, in any order among others:
//   patient_id,record_time,heart_rate,blood_pressure
//   P001,2026-03-01T08:30:00Z,72,120/80
inline constexpr std::array<std::string_view, 4> kVitalSignColumns = {
    "patient_id", "record_time", "heart_rate", "blood_pressure"};

// Typed rows, a column each. Text points into the block that was read.
struct VitalSigns {
  Column<std::string_view> patients;
  Column<std::string_view> time_texts;
  Column<StudyTime> times;
  Column<std::int16_t> heart_rates;  // beats a minute
  Column<std::int16_t> systolic;     // mmHg
  Column<std::int16_t> diastolic;    // mmHg
  Column<std::uint32_t> rows;        // which row of the block
  std::vector<RowReject> rejects;    // those of the block and those of its values, by line

  std::size_t size() const { return patients.size(); }
};

// Replaces `values` by the block's rows. `positions` are the four columns' positions. A row is
// taken whole or rejected whole: a patient, a real time, a whole heart rate and "120/80".
void ReadVitalSigns(const RowBlock& block,
                    std::span<const std::size_t> positions,
                    VitalSigns& values);

struct VitalSignOptions {
  std::string source =
      "vital-signs";  // first part of every key: "<source>/<patient>/<time>/<item>"
  std::string heart_rate_item = "HR";
  std::string systolic_item = "SYSBP";
  std::string diastolic_item = "DIABP";
  std::string heart_rate_unit = "beats/min";
  std::string pressure_unit = "mmHg";
};

// Three observations of each row. `reader` has read its header.
Result<std::unique_ptr<DataSource>> MakeVitalSignSource(RowReader reader,
                                                        const Header& header,
                                                        VitalSignOptions options);

}  // namespace vedette::formats::csv
