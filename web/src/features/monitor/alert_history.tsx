// SPDX-License-Identifier: Apache-2.0
// How an alert came to be what it is: what the engine and what people did, oldest first.
import type { AlertChange } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatDateTime, fromMicros } from '../../ui/time';
import { DetectionBadge, WorkflowBadge } from './status_badges';
import { knownClosing } from './workflow';

/** Beyond this, the time something happened and the time it was recorded are told apart. */
const kNoticeable = 60_000;

export function AlertHistory({ history }: { history: AlertChange[] }) {
  const { t } = useI18n();
  return (
    <ol className="timeline">
      {history.map((change, i) => (
        <Entry key={`${change.sequence}-${i}`} change={change} before={history[i - 1]} t={t} />
      ))}
    </ol>
  );
}

interface EntryProps {
  change: AlertChange;
  before: AlertChange | undefined;
  t: ReturnType<typeof useI18n>['t'];
}

function Entry({ change, before, t }: EntryProps) {
  const at = fromMicros(change.at);
  const recorded = fromMicros(change.recordedAt);
  const key = change.change in t.alert.changes ? change.change : 'other';
  const name = t.alert.changes[key as keyof typeof t.alert.changes];
  const closing = knownClosing(change.reason);
  return (
    <li className={change.by ? 'by-person' : 'by-engine'} data-change={change.change}>
      <div className="timeline-head">
        <b>{name}</b>
        {change.late && (
          <span className="mark" title={t.alert.lateHint}>
            {t.alert.late}
          </span>
        )}
        {change.detection && change.detection !== before?.detection && (
          <DetectionBadge detection={change.detection} />
        )}
        {change.workflow && change.workflow !== (before?.workflow ?? 'new') && (
          <WorkflowBadge alert={{ workflow: change.workflow, closedAs: '' }} />
        )}
      </div>
      <div className="quiet">
        {formatDateTime(at || recorded, true)} · {change.by || t.alert.theEngine}
        {at > 0 && recorded - at > kNoticeable && (
          <> · {t.alert.recordedAt(formatDateTime(recorded, true))}</>
        )}
      </div>
      {change.reason && <p>{closing ? t.alert.closings[closing] : change.reason}</p>}
      {change.text && change.text !== change.reason && <p className="said-text">{change.text}</p>}
      {change.causeEventId && (
        <p className="quiet">
          {t.alert.causedBy(change.causeEventId.slice(0, 8), String(change.causeVersion || 1))}
        </p>
      )}
      {change.signatureMeaning && (
        <p className="signed">
          ✍ {t.alert.signedBy(change.signedBy || change.by, change.signatureMeaning)}
        </p>
      )}
    </li>
  );
}
