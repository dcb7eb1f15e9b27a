// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/arena.h"
#include "model/study_time.h"

namespace vedette::formats {

enum class ValueKind : std::uint8_t { kNumber, kText, kAbsent };

// One observation about a subject as a source states it. Views point into the batch it came with.
struct Observation {
  std::string_view subject_number;
  std::string_view item;
  std::string_view text;             // kText: the value; kAbsent: why there is none, "NOT DONE"
  std::string_view unit;             // as the source wrote it; may be empty
  std::string_view time_text;        // as the source wrote it
  std::string_view idempotency_key;  // the same for the same observation, however often it is read
  std::string_view row;              // of a form's field: which row, "AE/3"; else empty
  StudyTime time;
  double number = 0;
  // The laboratory's reference range, in `unit`; NaN where it gave none.
  double range_low = std::numeric_limits<double>::quiet_NaN();
  double range_high = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t line = 0;  // physical line, from 1, where its row starts
  ValueKind kind = ValueKind::kNumber;
  char comparator = 0;  // '<' or '>' where the number is a limit, else 0
};

// A row that gave no observation, and why. Holds no value of the row except its key.
struct RowReject {
  std::uint64_t line = 0;
  std::string column;  // empty when the row as a whole is wrong
  std::string reason;
  std::string key;  // the idempotency key, where it could be read
};

// What a batch's views point into; each format has its own.
class BatchStorage {
 public:
  virtual ~BatchStorage() = default;
};

// A run of rows. Each row of the source is either in `observations`, once or several times one
// behind the other, or once in `rejects`; both are in the order of the source.
struct ObservationBatch {
  std::vector<Observation> observations;
  std::vector<RowReject> rejects;
  std::uint64_t rows = 0;
  Arena arena;
  std::unique_ptr<BatchStorage> storage;
};

struct SourceProgress {
  std::uint64_t bytes_read = 0;  // of the file as it is stored
  std::optional<std::uint64_t> bytes_total;
};

// Observations pulled out of a file or a stream, in bounded memory. Used by one thread at a time.
class DataSource {
 public:
  virtual ~DataSource() = default;

  // Replaces the batch's content by the next rows; false, with an empty batch, at the end. Bad rows
  // become rejects; an error means that the source cannot be read any further. A batch is on its
  // own: it may go to another thread, and handed back it lends its memory to the next rows.
  virtual Result<bool> NextBatch(ObservationBatch& batch) = 0;

  virtual SourceProgress progress() const = 0;

  // The source's own name of what is wrong with an observation: for "item" "VSTESTCD". `field` is a
  // field of the contract's Observation, in either spelling; an unknown one comes back as it is.
  // Thread-safe, also beside NextBatch.
  virtual std::string ColumnOf(std::string_view field, const Observation& observation) const = 0;
};

// The fields of an observation as the contract names them.
enum class ObservationField : std::uint8_t { kSubject, kItem, kValue, kUnit, kTime, kKey, kOther };

inline ObservationField FindObservationField(std::string_view field) {
  if (field == "subjectNumber" || field == "subject_number") return ObservationField::kSubject;
  if (field == "item") return ObservationField::kItem;
  if (field == "number" || field == "text" || field == "comparator" || field == "absentReason" ||
      field == "absent_reason") {
    return ObservationField::kValue;
  }
  if (field == "unit") return ObservationField::kUnit;
  if (field == "time") return ObservationField::kTime;
  if (field == "idempotencyKey" || field == "idempotency_key") return ObservationField::kKey;
  return ObservationField::kOther;
}

}  // namespace vedette::formats
