// SPDX-License-Identifier: Apache-2.0
// The course of an item that the alert's rule read, with the alert's point in it.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Alert, AlertDetail } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { ErrorState, LoadingState } from '../../ui/states';
import { fromMicros } from '../../ui/time';
import { useLoad } from '../../ui/use_load';
import { SeriesChart } from '../subject/series_chart';
import { usefulRanges } from '../subject/series_model';
import { SeriesTable } from '../subject/series_table';
import type { AlertMark } from '../subject/thresholds';
import { ruleNameOf } from './alert_text';
import { firingObservation, plainVerdict } from './verdict';

/** The newest points asked for; the contract gives no more at once. */
const kMostPoints = 10_000;

/** The alert as the chart of `item` shows it. */
function markOf(detail: AlertDetail, item: string, ruleName: string): AlertMark {
  const { alert, evidence } = detail;
  const own =
    item === alert.item
      ? firingObservation(alert, evidence)
      : evidence.observations.reduce<(typeof evidence.observations)[number] | null>(
          (latest, read) =>
            read.item === item && (latest === null || read.time >= latest.time) ? read : latest,
          null,
        );
  const verdict = plainVerdict(alert, evidence);
  const isPlain = verdict !== null && verdict.item === item;
  return {
    alertId: alert.alertId,
    eventId: own?.eventId ?? (item === alert.item ? evidence.eventId : ''),
    ruleId: alert.ruleId,
    ruleName,
    severity: alert.severity,
    comparison: isPlain ? verdict.comparison : null,
    threshold: isPlain ? verdict.threshold : null,
    value: typeof own?.number === 'number' ? own.number : null,
    time: fromMicros(own?.time ?? evidence.eventTime),
  };
}

export function itemsOf(alert: Pick<Alert, 'item'>, detail: AlertDetail): string[] {
  const read = detail.evidence.observations.map((observation) => observation.item);
  return [...new Set([alert.item, ...read])].filter((item) => item !== '');
}

export function Course({ studyId, detail }: { studyId: string; detail: AlertDetail }) {
  const { t, language } = useI18n();
  const { client } = useServices();
  const { alert } = detail;
  const subjectId = alert.patientId;
  const items = useMemo(() => itemsOf(alert, detail), [alert, detail]);
  const [chosen, setChosen] = useState('');
  const item = items.includes(chosen) ? chosen : (items[0] ?? '');
  const series = useLoad(
    (signal) =>
      item === '' || subjectId === ''
        ? Promise.resolve(null)
        : client.get('/api/v1/studies/{studyId}/subjects/{subjectId}/series/{item}', {
            path: { studyId, subjectId, item },
            query: { limit: kMostPoints },
            signal,
          }),
    [client, studyId, subjectId, item],
  );
  // A change of the alert is one of its points; what is drawn stays until the new ones are there.
  const { reload } = series;
  const drawn = useRef(alert.changeSequence);
  useEffect(() => {
    if (drawn.current === alert.changeSequence) return;
    drawn.current = alert.changeSequence;
    reload();
  }, [alert.changeSequence, reload]);
  const mark = useMemo(
    () => markOf(detail, item, ruleNameOf(detail.alert, language)),
    [detail, item, language],
  );
  const [hours, setHours] = useState<number | null>(null);
  const ranges = useMemo(() => (series.data ? usefulRanges(series.data) : []), [series.data]);
  if (item === '' || subjectId === '') return null;
  const unit = series.data?.unit ? ` (${series.data.unit})` : '';
  return (
    <section aria-label={t.seriesOf(item, alert.subjectNumber)}>
      <div className="section-head">
        <h3>
          {t.series(item)}
          {unit}
        </h3>
        {items.length > 1 && (
          <select
            name="course-item"
            aria-label={t.alert.courseOf}
            value={item}
            onChange={(event) => setChosen(event.target.value)}
          >
            {items.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
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
