// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/vital_signs.h"

#include <bit>
#include <utility>

#include "formats/csv/block_of.h"
#include "formats/csv/number.h"

namespace vedette::formats::csv {
namespace {

enum Position : std::size_t { kPatient, kTime, kHeartRate, kBloodPressure };

// Fields lie in a block, so eight characters can be read at any of them.
bool ReadRate(std::string_view text, std::int16_t& rate) {
  return ReadSmallNumber(LoadCharacters(text.data()), text.size(), rate);
}

bool ReadPressure(std::string_view text, std::int16_t& systolic, std::int16_t& diastolic) {
  static_assert(RowBlock::kPadding >= sizeof(std::uint64_t));
  const std::uint64_t word = LoadCharacters(text.data());
  // The first zero byte of the difference is the first slash.
  const std::uint64_t difference = word ^ 0x2f2f2f2f2f2f2f2fULL;
  const std::uint64_t zeros =
      (difference - 0x0101010101010101ULL) & ~difference & 0x8080808080808080ULL;
  const auto slash = static_cast<std::size_t>(std::countr_zero(zeros)) / 8;
  if (slash > 3 || slash >= text.size()) return false;
  return ReadSmallNumber(word, slash, systolic) &&
         ReadSmallNumber(word >> (8 * (slash + 1)), text.size() - slash - 1, diastolic);
}

RowReject Explain(const RowBlock& block, std::size_t row, std::span<const std::size_t> positions) {
  const RowBlock::View fields = block[row];
  const auto reject = [&](Position column, std::string reason) {
    return RowReject{block.LineOf(row), std::string(kVitalSignColumns[column]), std::move(reason),
                     ""};
  };
  std::int16_t number = 0;
  if (fields[positions[kPatient]].empty()) return reject(kPatient, "is empty");
  if (const auto time = ParseStudyTime(fields[positions[kTime]]); !time) {
    return reject(kTime, time.error().message);
  }
  if (!ReadRate(fields[positions[kHeartRate]], number)) {
    return reject(kHeartRate, fields[positions[kHeartRate]].empty()
                                  ? "is empty"
                                  : "is not a whole number of up to three digits");
  }
  return reject(kBloodPressure, fields[positions[kBloodPressure]].empty()
                                    ? "is empty"
                                    : "is not systolic/diastolic in whole numbers, as in 120/80");
}

class VitalSignSource final : public DataSource {
 public:
  VitalSignSource(RowReader reader, std::vector<std::size_t> positions, VitalSignOptions options)
      : reader_(std::move(reader)),
        positions_(std::move(positions)),
        options_(std::move(options)) {}

  Result<bool> NextBatch(ObservationBatch& batch) override {
    RowBlock& block = BlockOf(batch);
    VEDETTE_TRY(const bool more, reader_.Next(block));
    if (!more) return false;
    ReadVitalSigns(block, positions_, values_);
    batch.rejects.swap(values_.rejects);
    batch.rows = values_.size() + batch.rejects.size();
    batch.observations.reserve(values_.size() * 3);
    // The batch may outlive this source, so it gets its own copy of the names.
    const auto keep = [&batch](const std::string& text) { return batch.arena.Join({text}); };
    const Measure measures[] = {
        {keep(options_.heart_rate_item), keep(options_.heart_rate_unit), &values_.heart_rates},
        {keep(options_.systolic_item), keep(options_.pressure_unit), &values_.systolic},
        {keep(options_.diastolic_item), keep(options_.pressure_unit), &values_.diastolic}};
    for (std::size_t i = 0; i < values_.size(); ++i) {
      for (const Measure& measure : measures) {
        Observation& observation = batch.observations.emplace_back();
        observation.subject_number = values_.patients[i];
        observation.item = measure.item;
        observation.unit = measure.unit;
        observation.time_text = values_.time_texts[i];
        observation.idempotency_key =
            batch.arena.Join({options_.source, "/", values_.patients[i], "/", values_.time_texts[i],
                              "/", measure.item});
        observation.time = values_.times[i];
        observation.number = (*measure.values)[i];
        observation.line = block.LineOf(values_.rows[i]);
      }
    }
    return true;
  }

  SourceProgress progress() const override { return reader_.progress(); }

  std::string ColumnOf(std::string_view field, const Observation& observation) const override {
    const bool is_rate = observation.item == options_.heart_rate_item;
    switch (FindObservationField(field)) {
      case ObservationField::kSubject:
        return std::string(kVitalSignColumns[kPatient]);
      case ObservationField::kTime:
      case ObservationField::kKey:
        return std::string(kVitalSignColumns[kTime]);
      case ObservationField::kItem:
      case ObservationField::kValue:
      case ObservationField::kUnit:
        return std::string(kVitalSignColumns[is_rate ? kHeartRate : kBloodPressure]);
      case ObservationField::kOther:
        break;
    }
    return std::string(field);
  }

 private:
  struct Measure {
    std::string_view item;
    std::string_view unit;
    const Column<std::int16_t>* values;
  };

  RowReader reader_;
  std::vector<std::size_t> positions_;
  VitalSignOptions options_;
  VitalSigns values_;
};

}  // namespace

void ReadVitalSigns(const RowBlock& block,
                    std::span<const std::size_t> positions,
                    VitalSigns& values) {
  const std::size_t count = block.size();
  const auto prepare = [count](auto&... columns) {
    ((columns.Clear(), columns.Reserve(count)), ...);
  };
  prepare(values.patients, values.time_texts, values.times, values.heart_rates, values.systolic,
          values.diastolic, values.rows);
  values.rejects = block.rejects();
  const std::size_t syntax_rejects = values.rejects.size();

  const std::size_t patient_at = positions[kPatient];
  const std::size_t time_at = positions[kTime];
  const std::size_t heart_rate_at = positions[kHeartRate];
  const std::size_t pressure_at = positions[kBloodPressure];
  std::size_t good = 0;
  for (std::size_t row = 0; row < count; ++row) {
    const RowBlock::View fields = block[row];
    const std::string_view patient = fields[patient_at];
    const std::string_view time_text = fields[time_at];
    // Into the next free place of each column, which a bad row leaves free.
    if (patient.empty() || !ReadStudyTime(time_text, values.times[good]) ||
        !ReadRate(fields[heart_rate_at], values.heart_rates[good]) ||
        !ReadPressure(fields[pressure_at], values.systolic[good], values.diastolic[good]))
        [[unlikely]] {
      values.rejects.push_back(Explain(block, row, positions));
      continue;
    }
    values.patients[good] = patient;
    values.time_texts[good] = time_text;
    values.rows[good] = static_cast<std::uint32_t>(row);
    ++good;
  }
  const auto finish = [good](auto&... columns) { (columns.Resize(good), ...); };
  finish(values.patients, values.time_texts, values.times, values.heart_rates, values.systolic,
         values.diastolic, values.rows);
  SortRejects(values.rejects, syntax_rejects);
}

Result<std::unique_ptr<DataSource>> MakeVitalSignSource(RowReader reader,
                                                        const Header& header,
                                                        VitalSignOptions options) {
  VEDETTE_TRY(std::vector<std::size_t> positions, header.Require(kVitalSignColumns));
  return std::make_unique<VitalSignSource>(std::move(reader), std::move(positions),
                                           std::move(options));
}

}  // namespace vedette::formats::csv
