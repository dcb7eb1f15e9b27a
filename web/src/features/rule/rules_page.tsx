// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useState } from 'react';
import type { RuleVersion, User } from '../../api/types';
import { useI18n } from '../../i18n';
import { navigate, newRuleAt, rulesAt } from '../../route';
import { useServices } from '../../services';
import { EmptyState, ErrorState, LoadingState } from '../../ui/states';
import { useLoad } from '../../ui/use_load';
import { may } from '../identity/permissions';
import { RuleEditor } from './rule_editor';
import { groupRules, knownStatus, matchesText, ruleStatuses, type RuleStatus } from './rule_groups';
import { RuleList } from './rule_list';
import { RuleView } from './rule_view';

interface Props {
  studyId: string;
  ruleId: string | null;
  version: number;
  isNew: boolean;
  user: User | null;
}

export function RulesPage({ studyId, ruleId, version, isNew, user }: Props) {
  const { t } = useI18n();
  const { client } = useServices();
  const rules = useLoad(
    (signal) => client.get('/api/v1/studies/{studyId}/rules', { path: { studyId }, signal }),
    [client, studyId],
  );
  const items = useLoad(
    (signal) => client.get('/api/v1/studies/{studyId}/items', { path: { studyId }, signal }),
    [client, studyId],
  );
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState<RuleStatus | ''>('');
  const [isEditing, setIsEditing] = useState(false);
  useEffect(() => setIsEditing(false), [ruleId, version, isNew]);
  useEffect(() => {
    document.title = `${t.rules.title} · Vedette`;
    return () => void (document.title = 'Vedette');
  }, [t]);

  const groups = useMemo(() => groupRules(rules.data?.rules ?? []), [rules.data]);
  const shown = groups.filter(
    (group) =>
      matchesText(group, search) &&
      (status === '' || group.versions.some((one) => knownStatus(one.status) === status)),
  );
  const group = groups.find((one) => one.ruleId === ruleId);
  // The newest version is the one that is worked on.
  const current = group?.versions.find((one) => one.version === version) ?? group?.versions[0];
  const mayWrite = may(user, studyId, 'rule.write');
  const showsDetail = isNew || ruleId !== null;

  const saved = (made: RuleVersion) => {
    rules.reload();
    setIsEditing(false);
    navigate(rulesAt(studyId, made.ruleId, made.version));
  };

  return (
    <div className={`rules-desk${showsDetail ? ' with-detail' : ''}`}>
      <section className="rules-side" aria-labelledby="rules-heading">
        <header className="rules-head">
          <h1 id="rules-heading">{t.rules.title}</h1>
          <span className="spacer" />
          {mayWrite && (
            <button type="button" className="primary" onClick={() => navigate(newRuleAt(studyId))}>
              {t.rules.newRule}
            </button>
          )}
        </header>
        <div className="rules-filter">
          <input
            type="search"
            name="ruleSearch"
            aria-label={t.rules.search}
            placeholder={t.rules.search}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <select
            name="ruleStatus"
            aria-label={t.rules.statusName}
            value={status}
            onChange={(event) => setStatus(event.target.value as RuleStatus | '')}
          >
            <option value="">{t.all}</option>
            {ruleStatuses.map((one) => (
              <option key={one} value={one}>
                {t.rules.statuses[one]}
              </option>
            ))}
          </select>
        </div>
        {rules.error && !rules.data ? (
          <ErrorState error={rules.error} retry={rules.reload} />
        ) : !rules.data ? (
          <LoadingState text={t.rules.loading} />
        ) : groups.length === 0 ? (
          <EmptyState title={t.rules.none} hint={t.rules.noneHint} />
        ) : shown.length === 0 ? (
          <p className="quiet rules-none">{t.rules.noMatch}</p>
        ) : (
          <RuleList studyId={studyId} groups={shown} selected={ruleId} />
        )}
      </section>
      <section className="rules-main" aria-label={isNew ? t.rules.newRule : (ruleId ?? t.rule)}>
        {showsDetail && (
          <div className="panel-tools rules-back">
            <button type="button" className="plain" onClick={() => navigate(rulesAt(studyId))}>
              ← {t.rules.title}
            </button>
          </div>
        )}
        {isNew || (isEditing && current) ? (
          items.error ? (
            <ErrorState error={items.error} retry={items.reload} />
          ) : !items.data ? (
            <LoadingState text={t.loading} />
          ) : (
            <div className="rules-content">
              <h2>
                {isNew
                  ? t.rules.newRule
                  : `${current?.ruleId ?? ''} · ${t.rules.version((group?.versions[0]?.version ?? 0) + 1)}`}
              </h2>
              <RuleEditor
                key={isNew ? 'new' : (current?.id ?? '')}
                studyId={studyId}
                items={items.data.items}
                base={isNew ? null : (current ?? null)}
                nextVersion={(group?.versions[0]?.version ?? 0) + 1}
                saved={saved}
                cancel={() => (isNew ? navigate(rulesAt(studyId)) : setIsEditing(false))}
              />
            </div>
          )
        ) : current && group ? (
          <RuleView
            key={current.id}
            studyId={studyId}
            group={group}
            version={current}
            user={user}
            changed={rules.reload}
            edit={() => setIsEditing(true)}
          />
        ) : ruleId && rules.data ? (
          <EmptyState title={t.notFound} hint={t.rules.choose} />
        ) : ruleId ? (
          <LoadingState text={t.loading} />
        ) : (
          <EmptyState title={t.rules.choose} hint={t.rules.hint} />
        )}
      </section>
    </div>
  );
}
