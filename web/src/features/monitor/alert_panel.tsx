// SPDX-License-Identifier: Apache-2.0
// One alert: how it stands, what may be done, why it was raised, its course and its history.
import { useEffect, useRef } from 'react';
import type { Alert, AlertDetail } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { ErrorState, LoadingState } from '../../ui/states';
import { SeverityMark, severityClass } from '../../ui/severity';
import { formatDateTime, fromMicros } from '../../ui/time';
import { useLoad } from '../../ui/use_load';
import { useNow } from '../../ui/use_now';
import { AlertActions } from './alert_actions';
import { AlertHistory } from './alert_history';
import { chosen, messageOf, ruleNameOf } from './alert_text';
import { Course } from './course';
import { EvidenceList, ObservationTable, StepList, Verdict } from './evidence';
import { DetectionBadge, DetectionMarks, DueClock, WorkflowBadge } from './status_badges';
import { plainVerdict } from './verdict';

interface Props {
  studyId: string;
  alertId: string;
  newer: string | null;
  older: string | null;
  open: (alertId: string | null) => void;
  /** The latest change of this alert that the feed brought; 0 when it brought none. */
  changeSequence: number;
  mayAct: boolean;
  /** Hands an alert to the list as the server has it now. */
  take: (alert: Alert) => void;
}

export function AlertPanel(props: Props) {
  const { studyId, alertId, newer, older, open, changeSequence, take } = props;
  const { t } = useI18n();
  const { client } = useServices();
  const detail = useLoad(
    (signal) =>
      client.get('/api/v1/studies/{studyId}/alerts/{alertId}', {
        path: { studyId, alertId },
        signal,
      }),
    [client, studyId, alertId],
  );
  // What is shown follows the feed: a later change is read, and what is there stays until then.
  const shown = detail.data?.alert.changeSequence ?? null;
  const { reload } = detail;
  useEffect(() => {
    if (shown !== null && changeSequence > shown) reload();
  }, [changeSequence, shown, reload]);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    return () => {
      // Back to the row, unless the reader has gone elsewhere.
      if (document.activeElement && document.activeElement !== document.body) return;
      const row = document.querySelector(`[data-alert-id="${CSS.escape(alertId)}"] a`);
      if (row instanceof HTMLElement) row.focus({ preventScroll: true });
    };
  }, [alertId]);

  return (
    <aside className="panel" aria-label={t.alertDetail} tabIndex={-1} ref={panel}>
      <div className="panel-tools">
        <button
          type="button"
          className="plain"
          aria-label={t.previousAlert}
          title={`${t.previousAlert} (K)`}
          disabled={!newer}
          onClick={() => open(newer)}
        >
          ↑
        </button>
        <button
          type="button"
          className="plain"
          aria-label={t.nextAlert}
          title={`${t.nextAlert} (J)`}
          disabled={!older}
          onClick={() => open(older)}
        >
          ↓
        </button>
        <span className="spacer" />
        <button
          type="button"
          className="plain"
          title={`${t.close} (Esc)`}
          onClick={() => open(null)}
        >
          {t.close} ✕
        </button>
      </div>
      {detail.error ? (
        <ErrorState error={detail.error} retry={detail.reload} />
      ) : detail.data ? (
        <Content
          studyId={studyId}
          detail={detail.data}
          mayAct={props.mayAct}
          acted={(alert) => {
            take(alert);
            reload();
          }}
          outdated={reload}
          open={open}
        />
      ) : (
        <LoadingState text={t.loading} />
      )}
    </aside>
  );
}

interface ContentProps {
  studyId: string;
  detail: AlertDetail;
  mayAct: boolean;
  acted: (alert: Alert) => void;
  outdated: () => void;
  open: (alertId: string | null) => void;
}

function Content({ studyId, detail, mayAct, acted, outdated, open }: ContentProps) {
  const { t, language } = useI18n();
  const { alert, evidence } = detail;
  const verdict = plainVerdict(alert, evidence);
  const plainWords = chosen(language, evidence.plainWords, evidence.plainWordsZh);
  return (
    <article className={severityClass(alert.severity)}>
      <header className="panel-head">
        <SeverityMark severity={alert.severity} />
        <h2>{ruleNameOf(alert, language)}</h2>
        <p className={alert.detection === 'retracted' ? 'is-retracted-text' : ''}>
          {messageOf(alert, language)}
        </p>
        <Standing alert={alert} open={open} />
        <dl className="facts">
          {alert.subjectNumber && (
            <div>
              <dt>{t.subject}</dt>
              <dd>
                <b>{alert.subjectNumber}</b> {alert.subjectName}
              </dd>
            </div>
          )}
          <div>
            <dt>{t.site}</dt>
            <dd>{alert.siteId}</dd>
          </div>
          <div>
            <dt>{t.observed}</dt>
            <dd>{formatDateTime(fromMicros(alert.eventTime), true)}</dd>
          </div>
          <div>
            <dt>{t.raised}</dt>
            <dd>{formatDateTime(fromMicros(alert.raisedAt), true)}</dd>
          </div>
        </dl>
      </header>
      <section aria-label={t.alert.actions}>
        <h3>{t.alert.actions}</h3>
        <AlertActions
          studyId={studyId}
          alert={alert}
          mayAct={mayAct}
          acted={acted}
          outdated={outdated}
        />
      </section>
      <section>
        <h3>{t.why}</h3>
        {verdict && <Verdict verdict={verdict} />}
        {plainWords && (
          <p className="plain-words">
            <span className="quiet">{t.alert.plainWords}</span>
            {plainWords}
          </p>
        )}
        {evidence.steps.length > 0 && (
          <>
            <h4>{t.alert.steps}</h4>
            <StepList steps={evidence.steps} />
          </>
        )}
        <h4>{t.alert.read}</h4>
        <ObservationTable observations={evidence.observations} />
      </section>
      <Course studyId={studyId} detail={detail} />
      <section>
        <h3>{t.alert.history}</h3>
        <AlertHistory history={detail.history} />
      </section>
      <section>
        <h3>{t.evidence}</h3>
        <EvidenceList alert={alert} evidence={evidence} />
      </section>
    </article>
  );
}

/** Both axes, and what is to be known beside them. */
function Standing({ alert, open }: { alert: Alert; open: (alertId: string | null) => void }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const silencedUntil = fromMicros(alert.silencedUntil);
  return (
    <>
      <dl className="standing">
        <div>
          <dt title={t.alert.detectionHint}>{t.alert.detection}</dt>
          <dd>
            <DetectionBadge detection={alert.detection} />
            <DetectionMarks alert={{ ...alert, conditionNoLongerMet: false }} now={now} />
          </dd>
        </div>
        <div>
          <dt title={t.alert.workflowHint}>{t.alert.workflow}</dt>
          <dd>
            <WorkflowBadge alert={alert} />
            {alert.assignee && <span className="mark">{t.alert.assignedTo(alert.assignee)}</span>}
            <DueClock alert={alert} now={now} />
          </dd>
        </div>
      </dl>
      {alert.conditionNoLongerMet && (
        <p className="notice banner" role="status" data-testid="no-longer-met">
          <b>{t.alert.noLongerMet}.</b> {t.alert.noLongerMetHint}
        </p>
      )}
      {silencedUntil > now && (
        <p className="notice banner">{t.alert.silencedUntil(formatDateTime(silencedUntil))}</p>
      )}
      {alert.inhibitedBy && (
        <p className="notice banner">
          {t.alert.inhibitedBy}{' '}
          <button type="button" className="plain" onClick={() => open(alert.inhibitedBy)}>
            {t.alert.openThatAlert}
          </button>
        </p>
      )}
      {alert.successorId && (
        <p className="notice banner" data-testid="successor">
          {t.alert.successor}{' '}
          <button type="button" className="plain" onClick={() => open(alert.successorId)}>
            {t.alert.openThatAlert}
          </button>
        </p>
      )}
    </>
  );
}
