// SPDX-License-Identifier: Apache-2.0
// The two axes of an alert as badges, and the marks beside them. Told by word and shape, never by
// colour alone.
import type { Alert } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatDateTime, formatDuration, fromMicros } from '../../ui/time';
import { dueState, knownClosing, knownDetection, knownWorkflow, type Detection } from './workflow';

const shapes: Record<Detection, string> = {
  firing: 'M8,2.5 A5.5,5.5 0 1 1 7.99,2.5 Z',
  recovering: 'M8,2.5 A5.5,5.5 0 0 1 8,13.5 Z M8,2.5 A5.5,5.5 0 0 0 8,13.5',
  resolved: 'M2.5,8.5 L6.5,12.5 L13.5,4',
  retracted: 'M3.5,3.5 L12.5,12.5 M12.5,3.5 L3.5,12.5',
};

export function DetectionBadge({ detection }: { detection: string }) {
  const { t } = useI18n();
  const known = knownDetection(detection);
  return (
    <span
      className={`badge detection-${known}`}
      title={t.alert.detectionMeaning[known]}
      data-testid="detection"
      data-value={known}
    >
      <svg width="11" height="11" viewBox="0 0 16 16" aria-hidden="true">
        <path d={shapes[known]} />
      </svg>
      {t.alert.detectionNames[known]}
    </span>
  );
}

export function WorkflowBadge({ alert }: { alert: Pick<Alert, 'workflow' | 'closedAs'> }) {
  const { t } = useI18n();
  const known = knownWorkflow(alert.workflow);
  const closing = knownClosing(alert.closedAs);
  return (
    <span className={`badge workflow-${known}`} data-testid="workflow" data-value={known}>
      {known === 'closed' && closing
        ? t.alert.closedAs(t.alert.closings[closing])
        : t.alert.workflowNames[known]}
    </span>
  );
}

/** What else is to be known at a glance: late, no longer met, silenced, held back. */
export function DetectionMarks({ alert, now }: { alert: Alert; now: number }) {
  const { t } = useI18n();
  const silencedUntil = fromMicros(alert.silencedUntil);
  return (
    <>
      {alert.late && (
        <span className="mark" title={t.alert.lateHint}>
          {t.alert.late}
        </span>
      )}
      {alert.conditionNoLongerMet && (
        <span className="mark mark-strong" title={t.alert.noLongerMetHint}>
          {t.alert.noLongerMet}
        </span>
      )}
      {silencedUntil > now && (
        <span className="mark" title={t.alert.silencedUntil(formatDateTime(silencedUntil))}>
          {t.alert.silenced}
        </span>
      )}
      {alert.inhibitedBy && (
        <span className="mark" title={t.alert.inhibitedBy}>
          {t.alert.inhibited}
        </span>
      )}
    </>
  );
}

export function DueClock({ alert, now }: { alert: Alert; now: number }) {
  const { t } = useI18n();
  const state = dueState(alert, now);
  if (state === 'none') return null;
  const left = fromMicros(alert.dueAt) - now;
  return (
    <span
      className={`mark due-${state}`}
      title={t.alert.dueAt(formatDateTime(fromMicros(alert.dueAt)))}
    >
      {state === 'overdue'
        ? t.alert.overdue(formatDuration(-left))
        : t.alert.due(formatDuration(left))}
    </span>
  );
}
