// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/sensitive.h"

namespace vedette::subject {

// A subject as others may see it: name and mobile are masked.
struct Subject {
  std::string id;
  std::string study_id;
  std::string site_id;
  std::string subject_number;
  std::string name;
  std::string mobile;
  std::int32_t age = 0;  // years; 0 when not known
  std::string sex;
  std::string status;
  Timestamp created_at;
  bool operator==(const Subject&) const = default;
};

// A subject as it is stored: personal data sealed, absent when not known.
struct SubjectRecord {
  std::string id;
  std::string study_id;
  std::string site_id;
  std::string subject_number;
  std::optional<Bytes> name_sealed;
  std::optional<Bytes> mobile_sealed;
  std::optional<Bytes> mobile_hash;  // keyed; finds a number without opening any
  std::int32_t age = 0;
  std::string sex;
  std::string status;
  Timestamp created_at;
  bool operator==(const SubjectRecord&) const = default;
};

struct NewSubject {
  Sensitive<std::string> name;
  std::int32_t age = 0;
  std::string study_id;
  std::string site_id;
  std::string subject_number;  // made by us when empty
  Sensitive<std::string> mobile;
  std::string sex;
};

// A subject as a data file knows it.
struct Registration {
  std::string subject_number;
  std::string site_id;
  std::int32_t age = 0;
  std::string sex;
};

struct RegisterOutcome {
  std::int32_t created = 0;
  std::int32_t existing = 0;
  bool operator==(const RegisterOutcome&) const = default;
};

struct ResolvedSubject {
  std::string id;
  std::string subject_number;
  std::string site_id;
  bool operator==(const ResolvedSubject&) const = default;
};

struct SubjectPage {
  std::vector<Subject> subjects;
  std::string next_page_token;  // empty on the last page
};

}  // namespace vedette::subject
