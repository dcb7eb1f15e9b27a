// SPDX-License-Identifier: Apache-2.0
// One alert: what happened, why it was raised, and the course it stands in.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Alert, AlertDetail } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { ErrorState, LoadingState } from '../../ui/states';
import { SeverityMark, severityClass } from '../../ui/severity';
import { formatDateTime, fromMicros } from '../../ui/time';
import { useLoad } from '../../ui/use_load';
import { SeriesChart } from '../subject/series_chart';
import { usefulRanges } from '../subject/series_model';
import { type AlertMark } from '../subject/thresholds';
import { SeriesTable } from '../subject/series_table';
import { EvidenceList, Verdict } from './evidence';

/** The newest points asked for; the contract gives no more at once. */
const kMostPoints = 10_000;

interface Props {
  studyId: string;
  alertId: string;
  newer: string | null;
  older: string | null;
  open: (alertId: string | null) => void;
}

export function AlertPanel({ studyId, alertId, newer, older, open }: Props) {
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
        <Content studyId={studyId} detail={detail.data} />
      ) : (
        <LoadingState text={t.loading} />
      )}
    </aside>
  );
}

function Content({ studyId, detail }: { studyId: string; detail: AlertDetail }) {
  const { t } = useI18n();
  const { alert, evidence } = detail;
  return (
    <article className={severityClass(alert.severity)}>
      <header className="panel-head">
        <SeverityMark severity={alert.severity} />
        <h2>{alert.ruleName || alert.ruleId}</h2>
        <p>{alert.message}</p>
        <dl className="facts">
          <div>
            <dt>{t.subject}</dt>
            <dd>
              <b>{alert.subjectNumber}</b> {alert.subjectName}
            </dd>
          </div>
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
      <section>
        <h3>{t.why}</h3>
        <Verdict alert={alert} evidence={evidence} />
      </section>
      <Course studyId={studyId} alert={alert} detail={detail} />
      <section>
        <h3>{t.evidence}</h3>
        <EvidenceList alert={alert} evidence={evidence} />
      </section>
    </article>
  );
}

function Course(props: { studyId: string; alert: Alert; detail: AlertDetail }) {
  const { t } = useI18n();
  const { client } = useServices();
  const { alert, detail, studyId } = props;
  const subjectId = alert.patientId;
  const { item } = alert;
  const series = useLoad(
    (signal) =>
      client.get('/api/v1/studies/{studyId}/subjects/{subjectId}/series/{item}', {
        path: { studyId, subjectId, item },
        query: { limit: kMostPoints },
        signal,
      }),
    [client, studyId, subjectId, item],
  );
  const mark = useMemo<AlertMark>(
    () => ({
      alertId: alert.alertId,
      eventId: detail.evidence.eventId,
      ruleId: alert.ruleId,
      ruleName: alert.ruleName,
      severity: alert.severity,
      comparison: detail.evidence.comparison,
      threshold: detail.evidence.threshold,
      value: detail.evidence.value,
      time: fromMicros(detail.evidence.eventTime),
    }),
    [alert, detail],
  );
  const [hours, setHours] = useState<number | null>(null);
  const ranges = useMemo(() => (series.data ? usefulRanges(series.data) : []), [series.data]);
  const unit = series.data?.unit ? ` (${series.data.unit})` : '';
  return (
    <section aria-label={t.seriesOf(item, alert.subjectNumber)}>
      <div className="section-head">
        <h3>
          {t.series(item)}
          {unit}
        </h3>
        <span className="spacer" />
        {ranges.length > 0 && (
          <div className="segments" role="group" aria-label={t.range}>
            {ranges.map((range) => (
              <button
                key={range}
                type="button"
                aria-pressed={hours === range}
                onClick={() => setHours(range)}
              >
                {range < 24 ? t.rangeHours(range) : t.rangeDays(range / 24)}
              </button>
            ))}
            <button type="button" aria-pressed={hours === null} onClick={() => setHours(null)}>
              {t.rangeAll}
            </button>
          </div>
        )}
      </div>
      {series.error ? (
        <ErrorState error={series.error} retry={series.reload} />
      ) : !series.data ? (
        <LoadingState text={t.loading} />
      ) : series.data.points.length === 0 ? (
        <p className="quiet">{t.seriesEmpty}</p>
      ) : (
        <>
          <SeriesChart series={series.data} alert={mark} hours={hours} />
          <SeriesTable series={series.data} alert={mark} />
        </>
      )}
    </section>
  );
}
