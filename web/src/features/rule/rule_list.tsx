// SPDX-License-Identifier: Apache-2.0
// The rules of a study, each with its leading version and what waits beside it.
import { useI18n } from '../../i18n';
import { formatRoute, rulesAt } from '../../route';
import { SeverityMark, severityClass } from '../../ui/severity';
import { StatusBadge, UnblindingMark } from './rule_badges';
import { nameOf, wordsOf, type RuleGroup } from './rule_groups';

interface Props {
  studyId: string;
  groups: RuleGroup[];
  selected: string | null;
}

export function RuleList({ studyId, groups, selected }: Props) {
  const { t, language } = useI18n();
  return (
    <ul className="rule-list">
      {groups.map(({ ruleId, leading, versions }) => {
        const newest = versions[0] ?? leading;
        return (
          <li key={ruleId} className={severityClass(leading.severity)} data-rule-id={ruleId}>
            <a
              href={formatRoute(rulesAt(studyId, ruleId))}
              aria-current={ruleId === selected ? 'page' : undefined}
            >
              <span className="rule-marks">
                <SeverityMark severity={leading.severity} />
                <StatusBadge status={leading.status} />
                {newest.version !== leading.version && <StatusBadge status={newest.status} />}
                {leading.unblinding && <UnblindingMark />}
              </span>
              <b>{nameOf(leading, language)}</b>
              <span className="quiet rule-words">{wordsOf(leading, language)}</span>
              <span className="quiet rule-id">
                {ruleId} · {t.rules.versionCount(versions.length)}
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
