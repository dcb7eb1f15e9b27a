// SPDX-License-Identifier: Apache-2.0
// One version of a rule: what it says, how far it has come, its back-test, and the next step.
import { useState } from 'react';
import type { RuleVersion, User } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatRoute, rulesAt } from '../../route';
import { useServices } from '../../services';
import { SeverityMark, severityClass } from '../../ui/severity';
import { formatDateTime, fromMicros } from '../../ui/time';
import { may } from '../identity/permissions';
import { BacktestStatus } from './backtest_view';
import { ConfirmDialog } from './confirm_dialog';
import { StatusBadge, UnblindingMark } from './rule_badges';
import { nameOf, progressOf, wordsOf, type RuleGroup } from './rule_groups';
import { SignDialog } from './sign_dialog';
import { isUnderWay, useBacktest } from './use_backtest';

interface Props {
  studyId: string;
  group: RuleGroup;
  version: RuleVersion;
  user: User | null;
  /** Something changed: versions must be read again. */
  changed: () => void;
  edit: () => void;
}

export function RuleView({ studyId, group, version, user, changed, edit }: Props) {
  const { t, language } = useI18n();
  const isMine = user !== null && version.createdBy === user.id;
  const scope = t.rules.scopes[version.scope as keyof typeof t.rules.scopes] ?? version.scope;
  return (
    <article className={`rule-view ${severityClass(version.severity)}`}>
      <header className="panel-head">
        <div className="rule-marks">
          <SeverityMark severity={version.severity} />
          <StatusBadge status={version.status} />
          {version.unblinding && <UnblindingMark />}
        </div>
        <h2>{nameOf(version, language)}</h2>
        <p className="quiet">
          {version.ruleId} · {t.rules.version(version.version)}
        </p>
        {wordsOf(version, language) && (
          <p className="plain-words">
            <span className="quiet">{t.alert.plainWords}</span>
            {wordsOf(version, language)}
          </p>
        )}
        {version.unblinding && <p className="notice banner">{t.rules.unblindingHint}</p>}
        <dl className="facts">
          <div>
            <dt>{t.rules.items}</dt>
            <dd>{version.items.join(', ') || '–'}</dd>
          </div>
          <div>
            <dt>{t.rules.scope}</dt>
            <dd>{scope}</dd>
          </div>
          <div>
            <dt>{t.rules.author}</dt>
            <dd className="ellipsis" title={version.createdBy}>
              {isMine ? t.rules.you : version.createdBy}
            </dd>
          </div>
          <div>
            <dt>{t.rules.written}</dt>
            <dd>{formatDateTime(version.createdAt * 1000)}</dd>
          </div>
          {version.activeFrom > 0 && (
            <div>
              <dt>{t.rules.activeFrom}</dt>
              <dd>
                {formatDateTime(fromMicros(version.activeFrom))}
                {version.activeUntil > 0 && (
                  <>
                    {' '}
                    {t.rules.activeUntil} {formatDateTime(fromMicros(version.activeUntil))}
                  </>
                )}
              </dd>
            </div>
          )}
        </dl>
        {group.versions.length > 1 && (
          <nav className="version-row" aria-label={t.rules.versions}>
            {group.versions.map((one) => (
              <a
                key={one.version}
                href={formatRoute(rulesAt(studyId, one.ruleId, one.version))}
                aria-current={one.version === version.version ? 'page' : undefined}
              >
                {t.rules.version(one.version)} <StatusBadge status={one.status} />
              </a>
            ))}
          </nav>
        )}
      </header>
      <NextSteps
        studyId={studyId}
        version={version}
        user={user}
        isMine={isMine}
        changed={changed}
        edit={edit}
      />
      <BacktestSection
        key={version.id}
        studyId={studyId}
        version={version}
        mayRun={may(user, studyId, 'rule.write')}
        changed={changed}
      />
      <section>
        <h3>{t.rules.signatures}</h3>
        {version.signatures.length === 0 ? (
          <p className="quiet">{t.rules.noSignature}</p>
        ) : (
          <ul>
            {version.signatures.map((one) => (
              <li key={one.userId} className="signed">
                ✍ <b>{one.name}</b>: {one.meaning}{' '}
                <span className="quiet">{formatDateTime(fromMicros(one.signedAt), true)}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3>{t.rules.definition}</h3>
        <pre className="definition" tabIndex={0}>
          {version.definition}
        </pre>
        <p className="quiet hash">
          {t.rules.hash}: <code>{version.contentHash}</code>
        </p>
      </section>
    </article>
  );
}

interface StepsProps {
  studyId: string;
  version: RuleVersion;
  user: User | null;
  isMine: boolean;
  changed: () => void;
  edit: () => void;
}

function NextSteps({ studyId, version, user, isMine, changed, edit }: StepsProps) {
  const { t } = useI18n();
  const { client } = useServices();
  const [asked, setAsked] = useState<'sign' | 'activate' | 'retire' | null>(null);
  const close = () => setAsked(null);
  const progress = progressOf(version);
  const isDraft = version.status === 'draft' || version.status === 'signed';
  const ready = progress.tested && progress.backtested;
  const maySign = may(user, studyId, 'rule.sign');
  const mayActivate = may(user, studyId, 'rule.activate');
  const marks: [string, boolean][] = [
    [t.rules.steps.tested, progress.tested],
    [t.rules.steps.backtested, progress.backtested],
    [t.rules.steps.signed, progress.signed],
    [t.rules.steps.active, progress.active],
  ];
  const path = { studyId, ruleId: version.ruleId };
  return (
    <section aria-label={t.rules.steps.heading}>
      <h3>{t.rules.steps.heading}</h3>
      <ol className="way">
        {marks.map(([name, isDone]) => (
          <li key={name} className={isDone ? 'is-done' : ''}>
            <span aria-hidden="true">{isDone ? '✓' : '○'}</span> {name}
            {isDone && <span className="visually-hidden"> ✓</span>}
          </li>
        ))}
      </ol>
      {version.tests === 0 && isDraft && <p className="quiet">{t.rules.noTests}</p>}
      {version.tests > 0 && (
        <p className="quiet">
          {version.testsPassed ? t.rules.testsPassed(version.tests) : t.rules.testsFailed}
        </p>
      )}
      <div className="actions">
        {isDraft && maySign && !isMine && (
          <button
            type="button"
            className={progress.signed ? '' : 'primary'}
            disabled={!ready}
            onClick={() => setAsked('sign')}
          >
            {t.rules.sign}
          </button>
        )}
        {isDraft && mayActivate && (
          <button
            type="button"
            className={progress.signed ? 'primary' : ''}
            onClick={() => setAsked('activate')}
          >
            {t.rules.activate}
          </button>
        )}
        {version.status === 'active' && mayActivate && (
          <button type="button" onClick={() => setAsked('retire')}>
            {t.rules.retire}
          </button>
        )}
        {may(user, studyId, 'rule.write') && (
          <button type="button" onClick={edit}>
            {t.rules.editNext}
          </button>
        )}
      </div>
      {isDraft && isMine && !progress.signed && (
        <p className="quiet" data-testid="author-may-not-sign">
          {t.rules.authorMayNotSign}
        </p>
      )}
      {asked === 'sign' && (
        <SignDialog
          studyId={studyId}
          version={version}
          close={close}
          signed={() => {
            close();
            changed();
          }}
        />
      )}
      {asked === 'activate' && (
        <ConfirmDialog
          title={`${version.ruleId} · ${t.rules.version(version.version)}`}
          hint={t.rules.activateHint}
          confirm={t.rules.activateNow}
          close={close}
          act={async () => {
            await client.post('/api/v1/studies/{studyId}/rules/{ruleId}:activate', {
              path,
              body: { version: version.version },
            });
            close();
            changed();
          }}
        />
      )}
      {asked === 'retire' && (
        <ConfirmDialog
          title={`${version.ruleId} · ${t.rules.version(version.version)}`}
          hint={t.rules.retireHint}
          confirm={t.rules.retireNow}
          close={close}
          act={async () => {
            await client.post('/api/v1/studies/{studyId}/rules/{ruleId}:retire', {
              path,
              body: {},
            });
            close();
            changed();
          }}
        />
      )}
    </section>
  );
}

interface BacktestProps {
  studyId: string;
  version: RuleVersion;
  mayRun: boolean;
  changed: () => void;
}

function BacktestSection({ studyId, version, mayRun, changed }: BacktestProps) {
  const { t } = useI18n();
  const run = useBacktest(studyId, version.backtestId, changed);
  const [mode, setMode] = useState<'as_corrected' | 'as_known'>('as_corrected');
  return (
    <section aria-label={t.rules.backtest}>
      <h3>{t.rules.backtest}</h3>
      <p className="quiet">{t.rules.backtestHint}</p>
      {mayRun && (
        <div className="actions">
          <label className="inline">
            {t.rules.backtestMode}
            <select
              name="backtestMode"
              value={mode}
              onChange={(event) => setMode(event.target.value as typeof mode)}
            >
              <option value="as_corrected">{t.rules.modes.as_corrected}</option>
              <option value="as_known">{t.rules.modes.as_known}</option>
            </select>
          </label>
          <button
            type="button"
            disabled={run.isStarting || isUnderWay(run.backtest)}
            onClick={() => run.start({ ruleId: version.ruleId, version: version.version, mode })}
          >
            {t.rules.backtestRun}
          </button>
        </div>
      )}
      <BacktestStatus run={run} />
    </section>
  );
}
