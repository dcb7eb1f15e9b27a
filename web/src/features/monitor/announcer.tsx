// SPDX-License-Identifier: Apache-2.0
// Tells screen readers of alerts that arrived, without taking the focus.
import { useEffect, useState } from 'react';
import type { Alert } from '../../api/types';
import { useI18n } from '../../i18n';
import { knownSeverity } from '../../ui/severity';

export function Announcer({ arrivals }: { arrivals: Alert[] }) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  useEffect(() => {
    const [first] = arrivals;
    if (!first) return;
    setText(
      arrivals.length === 1
        ? t.announceAlert(
            t.severityNames[knownSeverity(first.severity)],
            first.ruleName,
            first.subjectNumber,
          )
        : t.announceMany(arrivals.length),
    );
  }, [arrivals, t]);
  const urgent = arrivals.some((alert) => alert.severity === 'CRITICAL');
  return (
    <div className="visually-hidden">
      <div aria-live="polite" data-testid="announcer-polite">
        {urgent ? '' : text}
      </div>
      <div aria-live="assertive" data-testid="announcer-assertive">
        {urgent ? text : ''}
      </div>
    </div>
  );
}
