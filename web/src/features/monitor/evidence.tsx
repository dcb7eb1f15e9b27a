// SPDX-License-Identifier: Apache-2.0
import { useState, type ReactNode } from 'react';
import type { Alert, Evidence, EvidenceObservation, EvidenceStep } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatNumber } from '../../ui/scale';
import { formatDateTime, formatDuration, fromMicros } from '../../ui/time';
import { comparisonSigns } from '../subject/thresholds';
import type { PlainVerdict } from './verdict';

/** The comparison that came out true, in numbers. */
export function Verdict({ verdict }: { verdict: PlainVerdict }) {
  const { t } = useI18n();
  const beyond = verdict.value - verdict.threshold;
  // Of a value that is only a bound, the distance is one too.
  const sign = verdict.valueComparator ? '≥ ' : beyond > 0 ? '+' : beyond < 0 ? '−' : '';
  return (
    <div className="verdict">
      <div className="verdict-value">
        <span className="quiet">
          {t.valueObserved} {verdict.item}
        </span>
        <b data-testid="evidence-value">
          {verdict.valueComparator}
          {formatNumber(verdict.value)} <small>{verdict.unit}</small>
        </b>
      </div>
      <span className="verdict-sign">{comparisonSigns[verdict.comparison]}</span>
      <div>
        <span className="quiet">{t.threshold}</span>
        <b data-testid="evidence-threshold">
          {formatNumber(verdict.threshold)} <small>{verdict.unit}</small>
        </b>
      </div>
      <div className="verdict-beyond">
        <span className="quiet">{t.beyondBy}</span>
        <b>
          {sign}
          {formatNumber(Math.abs(beyond))} <small>{verdict.unit}</small>
        </b>
      </div>
    </div>
  );
}

/** Every sub-expression with its value, indented as the condition nests. */
export function StepList({ steps }: { steps: EvidenceStep[] }) {
  const { t } = useI18n();
  return (
    <ol className="steps" aria-label={t.alert.steps}>
      {steps.map((step, i) => (
        <li
          key={i}
          className={step.value === 'true' ? 'is-true' : step.value === 'false' ? 'is-false' : ''}
          aria-level={step.depth + 1}
          ref={(element) => element?.style.setProperty('--depth', String(step.depth))}
        >
          <code>{step.expression}</code>
          <span className="step-value">
            {step.value || t.alert.unknownValue} {step.unit && <small>{step.unit}</small>}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** What was read, as it was then; what was corrected since is struck through. */
export function ObservationTable({ observations }: { observations: EvidenceObservation[] }) {
  const { t } = useI18n();
  if (observations.length === 0) return <p className="quiet">{t.alert.nothingRead}</p>;
  return (
    <div className="scroll-x">
      <table className="plain-table observations">
        <thead>
          <tr>
            <th scope="col">{t.alert.courseItem}</th>
            <th scope="col">{t.time}</th>
            <th scope="col">{t.value}</th>
            <th scope="col">{t.alert.version}</th>
          </tr>
        </thead>
        <tbody>
          {observations.map((read, i) => {
            const isOld = read.withdrawn || read.correctedBy !== '';
            return (
              <tr key={`${read.eventId}-${i}`} className={isOld ? 'is-corrected' : ''}>
                <td>{read.item}</td>
                <td>{formatDateTime(fromMicros(read.time))}</td>
                <td>
                  {isOld ? <del>{readValue(read)}</del> : readValue(read)}
                  {isOld && (
                    <span className="replacement" title={read.correctedBy}>
                      {read.withdrawn ? t.alert.withdrawnSince : t.alert.correctedSince}
                      {read.correctedBy && !read.withdrawn && (
                        <> · {t.alert.replacedBy(read.correctedBy.slice(0, 8))}</>
                      )}
                    </span>
                  )}
                </td>
                <td>{read.version}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function readValue(read: EvidenceObservation): string {
  if (typeof read.number === 'number') {
    return `${read.comparator}${formatNumber(read.number)} ${read.unit}`.trim();
  }
  return read.text || '–';
}

export function EvidenceList({ alert, evidence }: { alert: Alert; evidence: Evidence }) {
  const { t } = useI18n();
  const received = fromMicros(evidence.receivedAt);
  return (
    <dl className="evidence">
      <Row term={t.expression}>
        <code>{evidence.condition}</code>
      </Row>
      <Row term={t.ruleVersion}>
        {alert.ruleId} v{alert.ruleVersion}
      </Row>
      <Row term={t.contentHash}>
        <Copyable text={evidence.ruleContentHash} />
      </Row>
      <Row term={t.observed}>{formatDateTime(fromMicros(evidence.eventTime), true)}</Row>
      <Row term={t.received}>{formatDateTime(received, true)}</Row>
      <Row term={t.raised}>
        {formatDateTime(fromMicros(alert.raisedAt), true)}{' '}
        {alert.raisedAt > evidence.receivedAt && (
          <span className="quiet">
            {t.raisedAfter(formatDuration(fromMicros(alert.raisedAt) - received))}
          </span>
        )}
      </Row>
      <Row term={t.source}>{evidence.source}</Row>
      <Row term={t.eventId}>
        <Copyable text={evidence.eventId} />
      </Row>
      <Row term={t.alertId}>
        <Copyable text={alert.alertId} />
      </Row>
    </dl>
  );
}

function Row({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A long identifier on one line, that a click copies whole. */
function Copyable({ text }: { text: string }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  if (!text) return <>–</>;
  const copy = () => {
    // Only pages on a secure origin may write the clipboard; elsewhere the text can be selected.
    void navigator.clipboard?.writeText(text).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 2000);
      },
      () => undefined,
    );
  };
  return (
    <span className="copyable">
      <code title={text}>{text}</code>
      {'clipboard' in navigator && (
        <button type="button" className="plain" onClick={copy}>
          {copied ? t.copied : t.copy}
        </button>
      )}
    </span>
  );
}
