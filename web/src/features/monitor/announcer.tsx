// SPDX-License-Identifier: Apache-2.0
// Tells screen readers of alerts that arrived and that changed, without taking the focus.
import { useEffect, useState } from 'react';
import type { Alert } from '../../api/types';
import { useI18n } from '../../i18n';
import { knownSeverity } from '../../ui/severity';
import { ruleNameOf } from './alert_text';

export function Announcer({ arrivals, changes }: { arrivals: Alert[]; changes: Alert[] }) {
  const { t, language } = useI18n();
  const [text, setText] = useState('');
  const [changed, setChanged] = useState('');
  useEffect(() => {
    const [first] = arrivals;
    if (!first) return;
    setText(
      arrivals.length === 1
        ? t.announceAlert(
            t.severityNames[knownSeverity(first.severity)],
            ruleNameOf(first, language),
            first.subjectNumber,
          )
        : t.announceMany(arrivals.length),
    );
  }, [arrivals, t, language]);
  useEffect(() => {
    const [first] = changes;
    if (!first) return;
    const key = first.change in t.alert.changes ? first.change : 'other';
    setChanged(
      changes.length === 1
        ? t.alert.announceChange(
            t.alert.changes[key as keyof typeof t.alert.changes],
            ruleNameOf(first, language),
            first.subjectNumber,
          )
        : t.alert.announceChanges(changes.length),
    );
  }, [changes, t, language]);
  const urgent = arrivals.some((alert) => alert.severity === 'CRITICAL');
  return (
    <div className="visually-hidden">
      <div aria-live="polite" data-testid="announcer-polite">
        {urgent ? '' : text}
      </div>
      <div aria-live="polite" data-testid="announcer-changes">
        {changed}
      </div>
      <div aria-live="assertive" data-testid="announcer-assertive">
        {urgent ? text : ''}
      </div>
    </div>
  );
}
