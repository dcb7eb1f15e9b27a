// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "rules/clinical/kri.h"
#include "rules/clinical/record.h"
#include "rules/live/site_rules.h"
#include "services/monitor/detector.h"
#include "services/monitor/rule_book.h"

namespace vedette::monitor {

// Rules of scope site and study: judged at the beginning of each day (UTC), and of the current day
// when a process starts or the rules at work change. Rates count what the log holds of the time
// before the day. A study is counted some subjects at a time, each with what is known of it then;
// what is judged on the last of them differs from the alerts on file by what is to be written.
//
// Its methods are part of the log's writing transactions, as Detector's are. Of one task.
class SiteWatch {
 public:
  // `kept`: whether the transaction before came to be; else its days are counted again.
  void Begin(const RuleBook::Studies& rules, bool kept);

  // When Advance has something to do; in the past while a study is being counted, INT64_MAX without
  // such a rule.
  rules::Seconds NextDue() const;

  // One step of one study that is due: at most `limit` subjects.
  Task<Result<Findings>> Advance(db::Transaction& transaction, Timestamp now, std::int64_t limit);

 private:
  // Rules that share a catalog, some of which are judged daily.
  struct Group {
    explicit Group(const RuleGroup& of);

    RuleGroup rules;
    rules::StudyContext context;
    std::vector<std::uint32_t> items;
    rules::RecordLayout layout;
    rules::KriSums sums;
  };
  struct Study {
    std::shared_ptr<const StudyRules> rules;
    std::vector<std::unique_ptr<Group>> groups;
    rules::SiteRuns runs;
    rules::Seconds due = 0;
    std::optional<rules::Seconds> counting;  // the day
    std::string counted;                     // the last subject id
    std::set<std::string> sites;
    bool touched = false;  // by the transaction
  };

  Task<Status> Count(db::Transaction& transaction,
                     Study& study,
                     const std::vector<LoggedSubject>& subjects);
  Task<Result<Findings>> Judge(db::Transaction& transaction, Study& study, rules::Seconds now);

  std::map<std::string, Study, std::less<>> studies_;
};

}  // namespace vedette::monitor
