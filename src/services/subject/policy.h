// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/subject/types.h"

namespace vedette::subject {

// The `running`-th number the server makes for a site: "701-0001".
std::string MakeSubjectNumber(std::string_view site_id, std::int64_t running);

// The site meant by one who names none: the only one of the study's that `scope` covers. Else a
// violation of "siteId".
Result<std::string> OnlySite(const std::set<std::string, std::less<>>& study_sites,
                             const std::vector<std::string>& scope);

// What subject numbers are made of; nothing else can be in the store.
bool CanBeNumber(std::string_view text);

// Whether `scope`, as Authorizer::Sites gives it, covers the site.
bool CoversSite(const std::vector<std::string>& scope, std::string_view site_id);

// Whether someone whose role covers the sites of `scope` may see a subject of `site_id`. The error
// is kPermissionDenied: "Subject belongs to site 702; your role covers site 701."
Status CheckSiteScope(std::string_view site_id, const std::vector<std::string>& scope);

// Whether these may be registered: each number once, each site one of the study's. All violations
// at once, at "subjects[i].…".
Status CheckRegistrations(const std::vector<Registration>& registrations,
                          std::string_view study_id,
                          const std::set<std::string, std::less<>>& study_sites);

// Whether each subject stands on the site it was registered for; `stored` is what the store has
// under these numbers. The violations are at "subjects[i].siteId".
Status CheckSitesAgree(const std::vector<Registration>& registrations,
                       const std::vector<ResolvedSubject>& stored);

// The next page starts after this subject number. The token is opaque to the caller; one that we
// did not make is a violation of "pageToken".
std::string MakePageToken(std::string_view last_subject_number);
Result<std::string> ReadPageToken(std::string_view token);

}  // namespace vedette::subject
