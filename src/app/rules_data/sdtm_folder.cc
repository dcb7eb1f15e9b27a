// SPDX-License-Identifier: Apache-2.0
#include "app/rules_data/sdtm_folder.h"

#include <filesystem>
#include <system_error>

#include "app/rules_data/domains.h"
#include "app/rules_data/study_builder.h"

namespace vedette::app::rules_data {

Result<SdtmStudy> LoadSdtmFolder(const std::string& folder, const SdtmOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return Fail(Code::kNotFound, "there is no folder " + folder);
  }
  StudyBuilder builder;
  VEDETTE_CHECK_OK(ReadSubjects(folder, builder));
  VEDETTE_CHECK_OK(ReadFindings(folder, builder));
  VEDETTE_CHECK_OK(ReadForms(folder, builder));
  VEDETTE_CHECK_OK(ReadVisits(folder, options, builder));
  return builder.Finish(options);
}

}  // namespace vedette::app::rules_data
