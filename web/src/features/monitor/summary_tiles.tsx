// SPDX-License-Identifier: Apache-2.0
import type { AlertCount, AlertSummary } from '../../api/types';
import { useI18n } from '../../i18n';
import type { Filter } from './alert_list';

const kMostBars = 6;

interface Props {
  summary: AlertSummary | null;
  failed: boolean;
  ruleNames: ReadonlyMap<string, string>;
  filter: Filter;
  setFilter: (filter: Filter) => void;
}

export function SummaryTiles({ summary, failed, ruleNames, filter, setFilter }: Props) {
  const { t, language } = useI18n();
  const number = (value: number | undefined) =>
    value === undefined ? (failed ? '–' : '…') : value.toLocaleString(language);
  return (
    <section className="tiles" aria-label={t.summary} aria-busy={!summary && !failed}>
      <dl className="tile tile-numbers">
        <div>
          <dt>{t.alerts}</dt>
          <dd data-testid="count-alerts">{number(summary?.alerts)}</dd>
        </div>
        <div>
          <dt>{t.alert.openAlerts}</dt>
          <dd data-testid="count-open">{number(summary?.open)}</dd>
        </div>
        <div>
          <dt>{t.alert.retractedAlerts}</dt>
          <dd>{number(summary?.retracted)}</dd>
        </div>
        <div>
          <dt>{t.subjectsWithAlerts}</dt>
          <dd>{number(summary?.subjects)}</dd>
        </div>
        <div>
          <dt>{t.eventsRecorded}</dt>
          <dd>{number(summary?.events)}</dd>
        </div>
      </dl>
      <Bars
        title={t.byRule}
        failed={failed}
        counts={summary?.byRule ?? []}
        nameOf={(key) => ruleNames.get(key) ?? key}
        selected={filter.ruleId}
        select={(ruleId) => setFilter({ ...filter, ruleId })}
      />
      <Bars
        title={t.bySite}
        failed={failed}
        counts={summary?.bySite ?? []}
        nameOf={(key) => key}
        selected={filter.siteId}
        select={(siteId) => setFilter({ ...filter, siteId })}
      />
    </section>
  );
}

interface BarsProps {
  title: string;
  failed: boolean;
  counts: AlertCount[];
  nameOf: (key: string) => string;
  selected: string;
  /** Empty to take the choice back. */
  select: (key: string) => void;
}

/** The largest counts as bars; a bar filters the list by what it stands for. */
function Bars({ title, failed, counts, nameOf, selected, select }: BarsProps) {
  const { t, language } = useI18n();
  const order = [...counts].sort((a, b) => b.alerts - a.alerts);
  const top = order.slice(0, kMostBars);
  const chosen = order.find((count) => count.key === selected);
  if (chosen && !top.includes(chosen)) top[top.length - 1] = chosen;
  const most = top.reduce((a, count) => Math.max(a, count.alerts), 1);
  return (
    <div className="tile tile-bars">
      <h2>
        {title}
        {order.length > top.length && (
          <span className="quiet">
            {' '}
            {top.length}/{order.length}
          </span>
        )}
      </h2>
      {top.length === 0 && <p className="quiet">{failed ? '–' : t.nothingCounted}</p>}
      <ul className={order.every(({ key }) => nameOf(key).length < 8) ? 'bars bars-short' : 'bars'}>
        {top.map((count) => (
          <li key={count.key}>
            <button
              type="button"
              aria-pressed={count.key === selected}
              onClick={() => select(count.key === selected ? '' : count.key)}
            >
              <span className="bar-name">{nameOf(count.key)}</span>
              <svg className="bar-track" width="100%" height="6" aria-hidden="true">
                <rect
                  className="bar-fill"
                  width={`${(100 * count.alerts) / most}%`}
                  height="6"
                  rx="3"
                />
              </svg>
              <span className="bar-count">{count.alerts.toLocaleString(language)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
