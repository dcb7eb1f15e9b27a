// SPDX-License-Identifier: Apache-2.0
#include "rules/live/testing/operation_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "rules/live/testing/series_models.h"

namespace vedette::rules::testing {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Bits() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  double Uniform() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Uniform() < probability; }
  std::uint32_t Below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(Uniform() * static_cast<double>(limit));
  }
  double Normal() {  // by twelve uniforms
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      sum += Uniform();
    }
    return sum;
  }
  double Exponential() { return -std::log1p(-Uniform()); }

 private:
  std::uint64_t state_;
};

struct Arrival {
  OperationStream::Batch batch;
  std::uint64_t order;
};

class Generator {
 public:
  explicit Generator(const OperationStreamOptions& options)
      : options_(options), random_(options.seed), catalog_(OperationCatalog()) {}

  OperationStream Generate() {
    stream_.changes.reserve(std::size_t{options_.subjects} * options_.observations * 102 / 100);
    for (subject_ = 0; subject_ < options_.subjects; ++subject_) {
      stream_.subjects.push_back("S-" + std::to_string(subject_ + 1));
      GenerateSubject();
    }
    std::ranges::sort(arrivals_, {}, [](const Arrival& arrival) {
      return std::pair(arrival.batch.received, arrival.order);
    });
    // Changes lie in memory as they arrive.
    std::vector<Change> ordered;
    ordered.reserve(stream_.changes.size());
    stream_.batches.reserve(arrivals_.size());
    for (const Arrival& arrival : arrivals_) {
      OperationStream::Batch batch = arrival.batch;
      const auto begin = static_cast<std::uint32_t>(ordered.size());
      for (std::uint32_t i = batch.begin; i < batch.end; ++i) {
        ordered.push_back(std::move(stream_.changes[i]));
      }
      batch.begin = begin;
      batch.end = static_cast<std::uint32_t>(ordered.size());
      stream_.batches.push_back(batch);
    }
    stream_.changes = std::move(ordered);
    return std::move(stream_);
  }

 private:
  std::uint32_t Item(std::string_view code) const {
    return catalog_->IndexOf(*catalog_->FindByCode(code));
  }

  // Ends a batch of the changes added since the last.
  void Arrive(double at) {
    const auto end = static_cast<std::uint32_t>(stream_.changes.size());
    const auto received = static_cast<Seconds>(at);
    for (std::uint32_t i = begin_; i < end; ++i) {
      stream_.changes[i].received = received;
    }
    arrivals_.push_back({{subject_, received, begin_, end}, arrivals_.size()});
    begin_ = end;
  }
  Change& Add(std::uint32_t item, Seconds time) {
    Change& change = stream_.changes.emplace_back();
    change.item = item;
    change.time = time;
    change.key = random_.Bits();
    change.first_version = options_.plain || !random_.Chance(0.01);
    return change;
  }

  void GenerateSubject() {
    dose_ = kStreamStart + static_cast<Seconds>((30 + random_.Uniform() * 100) * kDay);
    has_liver_injury_ = random_.Chance(0.02);
    for (double& shift : shifts_) {
      shift = random_.Normal() * 0.6;
    }
    SetDose();
    if (!options_.plain) {
      SetAttributes();
      AddRows();
      AddVisits();
      AddDiary();
      if (random_.Chance(0.5)) {
        AddWearable();
      }
    }
    for (std::uint32_t i = 0; i < options_.observations; ++i) {
      AddObservation(i);
    }
  }

  void SetDose() {
    Change& dose = Add(Item("FIRST_DOSE"), dose_);
    dose.number = static_cast<double>(dose_);
    const std::uint64_t key = dose.key;
    // Most are known on the day, some much later, a few never.
    const bool late = !options_.plain && random_.Chance(0.2);
    Arrive(static_cast<double>(options_.plain ? kStreamStart : dose_) +
           (late ? random_.Uniform() * 60 * kDay : 0));
    if (options_.plain) {
      return;
    }
    double at = static_cast<double>(dose_ + 70 * kDay);
    for (int i = 0; i < 2; ++i) {
      if (random_.Chance(0.2)) {
        Change& changed = Add(Item("FIRST_DOSE"), dose_);
        changed.key = key;
        changed.first_version = false;
        changed.kind = random_.Chance(0.2) ? Change::Kind::kRemove : Change::Kind::kPut;
        changed.number =
            static_cast<double>(dose_ + static_cast<Seconds>(random_.Normal() * 5 * kDay));
        at += random_.Uniform() * 100 * kDay;
        Arrive(at);
      }
    }
  }

  void SetAttributes() {
    Add(Item("SEX"), kStreamStart).text = random_.Chance(0.5) ? "F" : "M";
    Arrive(static_cast<double>(kStreamStart));
    if (random_.Chance(0.1)) {
      Add(Item("SEX"), kStreamStart + kDay).text = "F";
      Arrive(static_cast<double>(dose_) + random_.Uniform() * 200 * kDay);
    }
  }

  void AddRows() {
    for (std::uint32_t rows = random_.Below(6); rows > 0; --rows) {
      const Seconds start = dose_ + static_cast<Seconds>((random_.Uniform() * 300 - 30) * kDay);
      const std::uint64_t row = random_.Bits();
      const double at = static_cast<double>(start) + random_.Uniform() * 20 * kDay;
      Change& term = Add(Item("AETERM"), start);
      term.row = row;
      term.text = random_.Chance(0.3) ? "HEPATITIS" : "HEADACHE";
      const std::uint64_t term_key = term.key;
      Change& begun = Add(Item("AESTDT"), start);
      begun.row = row;
      begun.number = static_cast<double>(start);
      const std::uint64_t begun_key = begun.key;
      if (random_.Chance(0.5)) {
        Change& aware = Add(Item("AWAREDTM"), start + kDay);
        aware.row = row;
        aware.number = static_cast<double>(start + kDay);
      }
      Arrive(at);
      const double later = at + random_.Exponential() * 10 * kDay;
      if (random_.Chance(0.3)) {
        Change& reported = Add(Item("REPORTED"), start + 3 * kDay);
        reported.row = row;
        reported.number = static_cast<double>(start + 3 * kDay);
        Arrive(later);
      }
      if (random_.Chance(0.2)) {
        Change& corrected = Add(Item("AESTDT"), start + 5 * kDay);
        corrected.key = begun_key;
        corrected.first_version = false;
        corrected.row = row;
        corrected.number = static_cast<double>(start + 5 * kDay);
        Arrive(later + kDay);
      }
      if (random_.Chance(0.15)) {
        Change& withdrawn = Add(Item("AETERM"), start);
        withdrawn.kind = Change::Kind::kRemove;
        withdrawn.key = term_key;
        withdrawn.first_version = false;
        withdrawn.row = row;
        Arrive(later + 2 * kDay);
      }
    }
  }

  void AddVisits() {
    for (const CatalogVisit& visit : catalog_->visits) {
      if (random_.Chance(0.3)) {
        continue;
      }
      const Seconds time =
          dose_ + visit.day * kDay + static_cast<Seconds>(random_.Normal() * 2 * kDay);
      Add(Item(visit.item), time).number = 1;
      const double delay = random_.Chance(0.3) ? random_.Uniform() * 30 * kDay : 3600;
      Arrive(static_cast<double>(time) + delay);
    }
  }

  void AddDiary() {
    for (Seconds week = 0; week < 20; ++week) {
      if (random_.Chance(0.3)) {
        continue;
      }
      const Seconds time = dose_ + week * 7 * kDay + random_.Below(kDay);
      Add(Item("DIARY"), time).number = random_.Below(10);
      Arrive(static_cast<double>(time) + random_.Exponential() * 2 * kDay);
    }
  }

  // A few days of a heart rate every ten minutes, sent many at a time, some of it late.
  void AddWearable() {
    Seconds time = dose_ + static_cast<Seconds>(random_.Uniform() * 300 * kDay);
    for (std::uint32_t left = 50 + random_.Below(250); left > 0;) {
      const std::uint32_t sent = std::min(left, 1 + random_.Below(60));
      left -= sent;
      Change last;
      for (std::uint32_t i = 0; i < sent; ++i, time += 600) {
        Change& change = Add(kHeartRate, time);
        Fill(&change);
        last = change;
      }
      double at = static_cast<double>(time);
      if (random_.Chance(0.2)) {
        at += random_.Exponential() * 2 * kDay;
      }
      Arrive(at);
      if (random_.Chance(0.2)) {
        Correct(last, at);
      }
      time += random_.Chance(0.1) ? random_.Below(2 * kDay) : 0;
    }
  }

  double ValueOf(std::uint32_t item, Seconds time) {
    const std::uint32_t model = std::min<std::uint32_t>(item, kModels.size() - 1);
    double value =
        kModels[model].mean + kModels[model].deviation * (random_.Normal() + shifts_[model]);
    if (item == kAlt || item == kTbili || item == kAnc) {
      value = std::abs(value) + 1e-3;
    }
    if (has_liver_injury_ && time > dose_ + 60 * kDay && (item == kAlt || item == kTbili)) {
      value *= item == kAlt ? 5 : 3.5;
    }
    if (item == kWeight && random_.Chance(0.01)) {
      value *= 0.93;
    }
    if (item == kAnc && random_.Chance(0.02)) {
      value *= 0.2;
    }
    // As laboratories report it; ties happen.
    return options_.plain ? value : std::round(value * 100) / 100;
  }

  void Fill(Change* change) {
    const std::uint32_t model = std::min<std::uint32_t>(change->item, kModels.size() - 1);
    change->number = ValueOf(change->item, change->time);
    if (kModels[model].upper_limit > 0) {
      change->range_high = kModels[model].upper_limit;
    }
    if (!options_.plain && random_.Chance(0.01)) {
      change->flags = random_.Chance(0.5)   ? Observation::kBelow
                      : random_.Chance(0.5) ? Observation::kAbove
                                            : Observation::kAbsent;
    }
  }

  std::uint32_t AnyItem() {
    const double u = random_.Uniform();
    return u < 0.2 ? kHeartRate : u < 0.3 ? kSpo2 : random_.Below(kSeries);
  }

  void AddObservation(std::uint32_t i) {
    const double day = static_cast<double>(i) / options_.observations * 400 - 28;
    Seconds time = dose_ + static_cast<Seconds>((day + random_.Uniform()) * kDay);
    if (!options_.plain) {
      time -= time % 1800;
    }
    const std::uint32_t panel = !options_.plain && random_.Chance(0.05) ? 2 + random_.Below(4) : 1;
    Change first;
    for (std::uint32_t member = 0; member < panel; ++member) {
      Change& change = Add(AnyItem(), time);
      Fill(&change);
      first = change;
    }
    const bool late = random_.Chance(options_.plain ? 0.012 : 0.05);
    const double at = static_cast<double>(time) +
                      (late ? random_.Exponential() * 3 * kDay : random_.Uniform() * 1800);
    Arrive(at);
    if (random_.Chance(options_.plain ? 0.01 : 0.02)) {
      Correct(first, at);
    }
  }

  void Correct(const Change& original, double at) {
    for (int times = options_.plain ? 1 : 1 + static_cast<int>(random_.Below(3)); times > 0;
         --times) {
      Change corrected = original;
      corrected.first_version = false;
      if (random_.Chance(0.1)) {
        corrected.kind = Change::Kind::kRemove;
      } else {
        Fill(&corrected);
        if (random_.Chance(0.2)) {
          corrected.time += static_cast<Seconds>(random_.Normal() * kDay);
        }
      }
      stream_.changes.push_back(corrected);
      at += random_.Exponential() * 5 * kDay;
      Arrive(at);
    }
  }

  OperationStreamOptions options_;
  Random random_;
  std::shared_ptr<const Catalog> catalog_;
  OperationStream stream_;
  std::vector<Arrival> arrivals_;
  std::uint32_t subject_ = 0;
  std::uint32_t begin_ = 0;
  Seconds dose_ = 0;
  bool has_liver_injury_ = false;
  std::array<double, kModels.size()> shifts_{};
};

}  // namespace

OperationStream GenerateOperations(const OperationStreamOptions& options) {
  return Generator(options).Generate();
}

}  // namespace vedette::rules::testing
