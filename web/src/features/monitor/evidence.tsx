// SPDX-License-Identifier: Apache-2.0
import { useState, type ReactNode } from 'react';
import type { Alert, Evidence } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatNumber } from '../../ui/scale';
import { formatDateTime, formatDuration, fromMicros } from '../../ui/time';
import { comparisonSigns } from '../subject/thresholds';

/** The comparison that came out true, in numbers. */
export function Verdict({ alert, evidence }: { alert: Alert; evidence: Evidence }) {
  const { t } = useI18n();
  const beyond = evidence.value - evidence.threshold;
  // Of a value that is only a bound, the distance is one too.
  const sign = evidence.valueComparator ? '≥ ' : beyond > 0 ? '+' : beyond < 0 ? '−' : '';
  return (
    <div className="verdict">
      <div className="verdict-value">
        <span className="quiet">
          {t.valueObserved} {alert.item}
        </span>
        <b data-testid="evidence-value">
          {evidence.valueComparator}
          {formatNumber(evidence.value)} <small>{evidence.unit}</small>
        </b>
      </div>
      <span className="verdict-sign">{comparisonSigns[evidence.comparison]}</span>
      <div>
        <span className="quiet">{t.threshold}</span>
        <b data-testid="evidence-threshold">
          {formatNumber(evidence.threshold)} <small>{evidence.unit}</small>
        </b>
      </div>
      <div className="verdict-beyond">
        <span className="quiet">{t.beyondBy}</span>
        <b>
          {sign}
          {formatNumber(Math.abs(beyond))} <small>{evidence.unit}</small>
        </b>
      </div>
    </div>
  );
}

export function EvidenceList({ alert, evidence }: { alert: Alert; evidence: Evidence }) {
  const { t } = useI18n();
  const received = fromMicros(evidence.receivedAt);
  return (
    <dl className="evidence">
      <Row term={t.expression}>
        <code>{evidence.expression}</code>
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
