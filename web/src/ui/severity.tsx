// SPDX-License-Identifier: Apache-2.0
// Severity is told by word, shape and colour, never by colour alone.
import type { Severity } from '../api/types';
import { useI18n } from '../i18n';

export type KnownSeverity = 'CRITICAL' | 'WARNING' | 'INFO' | 'OTHER';

export const severityOrder: readonly Exclude<KnownSeverity, 'OTHER'>[] = [
  'CRITICAL',
  'WARNING',
  'INFO',
];

export function knownSeverity(severity: Severity | undefined): KnownSeverity {
  return severity === 'CRITICAL' || severity === 'WARNING' || severity === 'INFO'
    ? severity
    : 'OTHER';
}

export function severityClass(severity: Severity | undefined): string {
  return `severity-${knownSeverity(severity).toLowerCase()}`;
}

const shapes: Record<KnownSeverity, string> = {
  CRITICAL: 'M8,1.5 L15,14 L1,14 Z',
  WARNING: 'M8,1 L15,8 L8,15 L1,8 Z',
  INFO: 'M8,2 A6,6 0 1 1 7.99,2 Z',
  OTHER: 'M3,3 H13 V13 H3 Z',
};

export function SeverityMark({ severity }: { severity: Severity }) {
  const { t } = useI18n();
  const known = knownSeverity(severity);
  return (
    <span className={`severity ${severityClass(severity)}`}>
      <svg width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
        <path d={shapes[known]} />
      </svg>
      {t.severityNames[known]}
    </span>
  );
}
