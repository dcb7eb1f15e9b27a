// SPDX-License-Identifier: Apache-2.0
import { memo, useCallback, useEffect, useRef } from 'react';
import type { Alert } from '../../api/types';
import { useI18n } from '../../i18n';
import { alertsAt, formatRoute, useRoute } from '../../route';
import { SeverityMark, severityClass } from '../../ui/severity';
import { formatAge, formatDateTime, formatRecent, fromMicros } from '../../ui/time';
import { messageOf, ruleNameOf } from './alert_text';
import { DetectionBadge, DetectionMarks, DueClock, WorkflowBadge } from './status_badges';

interface Props {
  rows: Alert[];
  unseen: ReadonlySet<string>;
  selected: string | null;
  now: number;
  open: (alertId: string) => void;
}

export function AlertTable({ rows, unseen, selected, now, open }: Props) {
  const { t } = useI18n();
  const { studyId } = useRoute();
  const openRow = useCallback((alertId: string) => open(alertId), [open]);
  return (
    <table className="alert-table">
      <thead>
        <tr>
          <th scope="col">{t.severity}</th>
          <th scope="col">{t.raised}</th>
          <th scope="col" title={t.alert.detectionHint}>
            {t.alert.detection}
          </th>
          <th scope="col" title={t.alert.workflowHint}>
            {t.alert.workflow}
          </th>
          <th scope="col">{t.rule}</th>
          <th scope="col">{t.subject}</th>
          <th scope="col" className="cell-site">
            {t.site}
          </th>
          <th scope="col" className="cell-message">
            {t.message}
          </th>
          <th scope="col" className="cell-observed">
            {t.observed}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((alert) => (
          <AlertRow
            key={alert.alertId}
            alert={alert}
            href={formatRoute(alertsAt(studyId, alert.alertId))}
            isNew={unseen.has(alert.alertId)}
            isSelected={alert.alertId === selected}
            now={now}
            open={openRow}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  alert: Alert;
  href: string;
  isNew: boolean;
  isSelected: boolean;
  now: number;
  open: (alertId: string) => void;
}

const AlertRow = memo(function AlertRow({ alert, href, isNew, isSelected, now, open }: RowProps) {
  const { t, language } = useI18n();
  const raised = fromMicros(alert.raisedAt);
  const observed = fromMicros(alert.eventTime);
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  return (
    <tr
      ref={row}
      className={`${severityClass(alert.severity)}${isNew ? ' is-new' : ''}${isSelected ? ' is-selected' : ''}${alert.detection === 'retracted' ? ' is-retracted' : ''}`}
      aria-current={isSelected || undefined}
      data-alert-id={alert.alertId}
      onClick={() => open(alert.alertId)}
    >
      <td className="cell-severity">
        <SeverityMark severity={alert.severity} />
        {isNew && <span className="new-mark">{t.newMark}</span>}
      </td>
      <td className="cell-raised">
        <time dateTime={new Date(raised).toISOString()} title={formatDateTime(raised, true)}>
          <span className="age">{formatAge(raised, now, language, t.justNow)}</span>
          <span className="clock">{formatRecent(raised, now)}</span>
        </time>
      </td>
      <td className="cell-detection">
        <span className="cell-label">{t.alert.detection} </span>
        <DetectionBadge detection={alert.detection} />
        <DetectionMarks alert={alert} now={now} />
      </td>
      <td className="cell-workflow">
        <span className="cell-label">{t.alert.workflow} </span>
        <WorkflowBadge alert={alert} />
        {alert.assignee && <span className="mark">{alert.assignee}</span>}
        <DueClock alert={alert} now={now} />
      </td>
      <td className="cell-rule">
        <a href={href} onClick={(event) => event.stopPropagation()}>
          {ruleNameOf(alert, language)}
        </a>
      </td>
      <td className="cell-subject">
        <span className="number">{alert.subjectNumber}</span>
        {alert.subjectName && <span className="name">{alert.subjectName}</span>}
      </td>
      <td className="cell-site">
        <span className="cell-label">{t.site} </span>
        {alert.siteId}
      </td>
      <td className="cell-message">{messageOf(alert, language)}</td>
      <td className="cell-observed">
        <span className="cell-label">{t.observed} </span>
        <time dateTime={new Date(observed).toISOString()}>{formatDateTime(observed)}</time>
      </td>
    </tr>
  );
});
