// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/clinical_objects.h"

#include <cmath>
#include <string>

#include "rules/clinical/series_objects.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

Value Time(Seconds time) { return Value(TimestampValue{time, 0}); }
Value Number(double number) { return std::isnan(number) ? Value::Unknown() : Value(number); }

// An object whose members are all written without parentheses.
class FieldObject : public Object {
 public:
  explicit FieldObject(const ClinicalScope& scope) : scope_(scope) {}
  Value Call(std::string_view function, std::span<const Value>) const override {
    return Value::Error("no function '" + std::string(function) + "' of a " +
                        std::string(TypeName()));
  }
  bool Has(std::string_view field) const override {
    const Value value = Select(field);
    return !value.IsUnknown() && !value.IsError();
  }

 protected:
  Value NoField(std::string_view field) const {
    return Value::Error("no field '" + std::string(field) + "' of a " + std::string(TypeName()));
  }
  const SubjectView& subject() const { return scope_.subject(); }
  const ClinicalScope& scope() const { return scope_; }
  const Catalog& catalog() const { return scope_.subject().catalog(); }

 private:
  const ClinicalScope& scope_;
};

class RowObject final : public FieldObject {
 public:
  RowObject(const ClinicalScope& scope, const FormRow& row, std::string_view form)
      : FieldObject(scope), row_(row), form_(form) {}
  std::string_view TypeName() const override { return "row"; }
  Value Select(std::string_view field) const override {
    const CatalogItem* item = catalog().FindField(form_, field);
    if (item == nullptr) {
      return NoField(field);
    }
    const std::uint32_t index = catalog().IndexOf(*item);
    const Observation* value = row_.Find(index);
    return value == nullptr ? Value::Unknown() : ToValue(scope(), index, *value);
  }
  // A bound is a value too.
  bool Has(std::string_view field) const override {
    const CatalogItem* item = catalog().FindField(form_, field);
    const Observation* value = item == nullptr ? nullptr : row_.Find(catalog().IndexOf(*item));
    return value != nullptr && (value->flags() & Observation::kAbsent) == 0;
  }

 private:
  const FormRow& row_;
  std::string form_;
};

class FormObject final : public FieldObject {
 public:
  FormObject(const ClinicalScope& scope, std::string_view form) : FieldObject(scope), form_(form) {}
  std::string_view TypeName() const override { return "form"; }
  Value Select(std::string_view field) const override {
    const CatalogItem* item = catalog().FindField(form_, field);
    if (item == nullptr) {
      return NoField(field);
    }
    const std::uint32_t index = catalog().IndexOf(*item);
    Value latest = Value::Unknown();
    for (const FormRow& row : subject().Rows(form_)) {
      const Observation* value = row.Find(index);
      if (value != nullptr && (value->flags() & Observation::kAbsent) == 0) {
        latest = ToValue(scope(), index, *value);
      }
    }
    return latest;
  }
  std::optional<ValueList> Elements() const override {
    ValueList rows;
    for (const FormRow& row : subject().Rows(form_)) {
      rows.push_back(MakeRow(scope(), row, form_));
    }
    return rows;
  }

 private:
  std::string form_;
};

class VisitObject final : public FieldObject {
 public:
  VisitObject(const ClinicalScope& scope, const CatalogVisit& visit)
      : FieldObject(scope), visit_(visit) {}
  std::string_view TypeName() const override { return "visit"; }
  Value Select(std::string_view field) const override {
    if (field == "day") {
      return Value(std::int64_t{visit_.day});
    }
    if (field == "done" || field == "time") {
      const Observation* record = VisitRecord(visit_, subject(), scope().anchor().as_of);
      if (field == "done") {
        return Value(record != nullptr);
      }
      return record == nullptr ? Value::Unknown() : Time(record->time());
    }
    const auto times = TimesOf(visit_, subject());
    if (field != "due" && field != "window_start" && field != "window_end") {
      return NoField(field);
    }
    if (!times) {
      return Value::Unknown();
    }
    return Time(field == "due"            ? times->due
                : field == "window_start" ? times->window_start
                                          : times->window_end);
  }

 private:
  const CatalogVisit& visit_;
};

class SubjectObject final : public FieldObject {
 public:
  using FieldObject::FieldObject;
  std::string_view TypeName() const override { return "subject"; }
  Value Select(std::string_view field) const override {
    if (const CatalogItem* item = catalog().FindAttribute(field); item != nullptr) {
      const std::uint32_t index = catalog().IndexOf(*item);
      const Observation* value = subject().Attribute(index);
      return value == nullptr ? Value::Unknown() : ToValue(scope(), index, *value);
    }
    if (field == "id") {
      return Value::Text(std::string(scope().context().subject_id));
    }
    if (field == "site") {
      return Value::Text(std::string(scope().context().site_id));
    }
    if (field == "on_treatment") {
      const auto first = TimeAttribute(subject(), catalog().first_dose);
      const auto last = TimeAttribute(subject(), catalog().last_dose);
      const Seconds as_of = scope().anchor().as_of;
      return Value(first && *first <= as_of && !(last && *last < as_of));
    }
    return NoField(field);
  }
};

class KriObject final : public FieldObject {
 public:
  KriObject(const ClinicalScope& scope, std::uint32_t kri) : FieldObject(scope), kri_(kri) {}
  std::string_view TypeName() const override { return "kri"; }
  Value Select(std::string_view field) const override {
    const FeatureContext& context = scope().context();
    const auto value =
        context.kris == nullptr ? std::nullopt : context.kris->Value(kri_, context.site_id);
    if (field != "z" && field != "rate" && field != "numerator" && field != "denominator") {
      return NoField(field);
    }
    if (!value) {
      return Value::Unknown();
    }
    return Number(field == "z"           ? value->score
                  : field == "rate"      ? value->rate
                  : field == "numerator" ? value->numerator
                                         : value->denominator);
  }

 private:
  std::uint32_t kri_;
};

template <class T, class... Arguments>
Value Make(Arguments&&... arguments) {
  return Value(std::shared_ptr<const Object>(
      std::make_shared<const T>(std::forward<Arguments>(arguments)...)));
}

}  // namespace

Value MakeRow(const ClinicalScope& scope, const FormRow& row, std::string_view form) {
  return Make<RowObject>(scope, row, form);
}
Value MakeForm(const ClinicalScope& scope, std::string_view form) {
  return Make<FormObject>(scope, form);
}
Value MakeVisit(const ClinicalScope& scope, const CatalogVisit& visit) {
  return Make<VisitObject>(scope, visit);
}
Value MakeSubject(const ClinicalScope& scope) { return Make<SubjectObject>(scope); }
Value MakeKri(const ClinicalScope& scope, std::uint32_t kri) { return Make<KriObject>(scope, kri); }
Value MakeSeries(const ClinicalScope& scope, std::uint32_t item) {
  return Make<SeriesObject>(scope, item, UnitOfRule(scope, item));
}

}  // namespace vedette::rules
