// SPDX-License-Identifier: Apache-2.0
// What a back-test found: counts, when and where, whom, and what it would change.
import type { Backtest, BacktestAlert, BacktestCount } from '../../api/types';
import { useI18n } from '../../i18n';
import { ProblemNote } from '../../ui/problem_note';
import { formatNumber } from '../../ui/scale';
import { formatDateTime, fromMicros } from '../../ui/time';
import { toBars } from './histogram';
import { isUnderWay, type BacktestRun } from './use_backtest';

const kBars = 90;
const kHeight = 88;
const kMostSites = 12;
const kMostExamples = 12;
const kMostOverlaps = 12;

/** Its progress while it runs, and its answers once it is done. */
export function BacktestStatus({ run }: { run: BacktestRun }) {
  const { t } = useI18n();
  const { backtest } = run;
  const underWay = isUnderWay(backtest);
  const percent = Math.floor((backtest?.progress ?? 0) * 100);
  const status = backtest
    ? (t.rules.backtestStatus[backtest.status as keyof typeof t.rules.backtestStatus] ??
      backtest.status)
    : '';
  return (
    <div className="backtest" data-testid="backtest" data-status={backtest?.status ?? ''}>
      <ProblemNote error={run.error} />
      {backtest && underWay && (
        <div className="progress-row">
          <progress max={100} value={percent} aria-label={t.rules.backtest} />
          <span>{t.rules.running(String(percent))}</span>
          <button type="button" onClick={run.cancel}>
            {t.rules.cancelBacktest}
          </button>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {status}
      </p>
      {backtest && (backtest.status === 'cancelled' || backtest.status === 'failed') && (
        <p className="notice">
          {status}
          {backtest.error && `: ${backtest.error}`}
        </p>
      )}
      {backtest?.status === 'done' && <BacktestReport backtest={backtest} />}
    </div>
  );
}

function BacktestReport({ backtest }: { backtest: Backtest }) {
  const { t, language } = useI18n();
  const whole = (value: number) => value.toLocaleString(language);
  const overlap = backtest.overlap
    .filter((one) => one.both > 0)
    .sort((a, b) => b.both - a.both)
    .slice(0, kMostOverlaps);
  const facts: [string, string][] = [
    [t.rules.found.alerts, whole(backtest.alerts)],
    [t.rules.found.subjects, whole(backtest.subjects)],
    [t.rules.found.perMonth, formatNumber(Number(backtest.alertsPerSubjectMonth.toPrecision(3)))],
    [t.rules.found.records, whole(backtest.records)],
    [t.rules.found.notEvaluable, whole(backtest.notEvaluable)],
    [t.rules.found.events, whole(backtest.events)],
    [t.rules.found.days, whole(backtest.days)],
  ];
  if (backtest.mode === 'as_known')
    facts.push([t.rules.found.retracted, whole(backtest.retracted)]);
  return (
    <>
      <dl className="numbers">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {backtest.alerts === 0 && <p className="quiet">{t.rules.nothingFound}</p>}
      {backtest.comparedWith > 0 && <Comparison backtest={backtest} />}
      {backtest.byDay.length > 0 && <Days counts={backtest.byDay} />}
      <div className="backtest-columns">
        {backtest.bySite.length > 0 && (
          <Ranking title={t.rules.bySite} counts={backtest.bySite} most={kMostSites} />
        )}
        {backtest.bySubject.length > 0 && (
          <Ranking title={t.rules.bySubject} counts={backtest.bySubject} most={kMostSites} />
        )}
      </div>
      {overlap.length > 0 && (
        <>
          <h4>{t.rules.overlap}</h4>
          <div className="scroll-x">
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">{t.rules.overlapRule}</th>
                  <th scope="col">{t.rules.overlapBoth}</th>
                  <th scope="col">{t.rules.overlapThis}</th>
                  <th scope="col">{t.rules.overlapOther}</th>
                </tr>
              </thead>
              <tbody>
                {overlap.map((one) => (
                  <tr key={one.ruleId}>
                    <td>{one.ruleId}</td>
                    <td>{whole(one.both)}</td>
                    <td>{whole(one.onlyThis)}</td>
                    <td>{whole(one.onlyOther)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {backtest.examples.length > 0 && (
        <>
          <h4>{t.rules.examples}</h4>
          <AlertExamples alerts={backtest.examples} />
        </>
      )}
    </>
  );
}

function Comparison({ backtest }: { backtest: Backtest }) {
  const { t } = useI18n();
  return (
    <section className="comparison" aria-label={t.rules.comparison(backtest.comparedWith)}>
      <h4>{t.rules.comparison(backtest.comparedWith)}</h4>
      <p>
        <b className="plus">+ {t.rules.appear(backtest.appearCount)}</b> ·{' '}
        <b className="minus">− {t.rules.disappear(backtest.disappearCount)}</b> ·{' '}
        {t.rules.same(backtest.same)}
      </p>
      {backtest.appear.length > 0 && (
        <details>
          <summary>+ {t.rules.appear(backtest.appearCount)}</summary>
          <AlertExamples alerts={backtest.appear} />
        </details>
      )}
      {backtest.disappear.length > 0 && (
        <details>
          <summary>− {t.rules.disappear(backtest.disappearCount)}</summary>
          <AlertExamples alerts={backtest.disappear} />
        </details>
      )}
    </section>
  );
}

function Days({ counts }: { counts: BacktestCount[] }) {
  const { t } = useI18n();
  const bars = toBars(counts, kBars);
  const most = bars.reduce((a, bar) => Math.max(a, bar.alerts), 1);
  const first = bars[0];
  const last = bars[bars.length - 1];
  if (!first || !last) return null;
  const step = 100 / bars.length;
  return (
    <figure className="histogram">
      <figcaption>
        <h4>{t.rules.byDay}</h4>
        <span className="quiet">{t.rules.daySummary(bars.length, most)}</span>
      </figcaption>
      <svg
        width="100%"
        height={kHeight}
        role="img"
        aria-label={t.rules.daySummary(bars.length, most)}
      >
        {bars.map((bar, i) => {
          const height = (bar.alerts / most) * (kHeight - 4);
          return (
            <rect
              key={bar.day}
              className="bar-fill"
              x={`${i * step + step * 0.08}%`}
              width={`${step * 0.84}%`}
              y={kHeight - height}
              height={height}
            >
              <title>
                {t.rules.dayBar(
                  bar.day === bar.until ? bar.day : `${bar.day} – ${bar.until}`,
                  bar.alerts,
                )}
              </title>
            </rect>
          );
        })}
      </svg>
      <div className="histogram-ends quiet">
        <span>{first.day}</span>
        <span>{last.until}</span>
      </div>
    </figure>
  );
}

function Ranking(props: { title: string; counts: BacktestCount[]; most: number }) {
  const order = [...props.counts].sort((a, b) => b.alerts - a.alerts).slice(0, props.most);
  const most = order.reduce((a, count) => Math.max(a, count.alerts), 1);
  return (
    <div>
      <h4>{props.title}</h4>
      <ul className="ranking">
        {order.map((count) => (
          <li key={count.key}>
            <span className="bar-name">{count.key}</span>
            <svg className="bar-track" width="100%" height="6" aria-hidden="true">
              <rect
                className="bar-fill"
                width={`${(100 * count.alerts) / most}%`}
                height="6"
                rx="3"
              />
            </svg>
            <span className="bar-count">{count.alerts}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AlertExamples({ alerts }: { alerts: BacktestAlert[] }) {
  const { t } = useI18n();
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{t.subject}</th>
            <th scope="col">{t.site}</th>
            <th scope="col">{t.rules.exampleFrom}</th>
            <th scope="col">{t.rules.exampleTo}</th>
          </tr>
        </thead>
        <tbody>
          {alerts.slice(0, kMostExamples).map((alert, i) => (
            <tr key={i}>
              <td>{alert.subjectNumber || '–'}</td>
              <td>{alert.siteId || '–'}</td>
              <td>{formatDateTime(fromMicros(alert.fired || alert.started))}</td>
              <td>
                {alert.resolved > 0
                  ? formatDateTime(fromMicros(alert.resolved))
                  : t.rules.exampleOpen}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
