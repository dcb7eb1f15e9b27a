// SPDX-License-Identifier: Apache-2.0
// The lines that rules draw into a series, and which values meet them.
import type { Comparison, Severity, Threshold } from '../../api/types';

export interface Line {
  value: number;
  comparison: Comparison;
  severity: Severity;
  label: string;
  /** The line the alert was raised by. */
  own: boolean;
  /** No longer, or not yet, the threshold in force. */
  past: boolean;
}

/** What the chart must know of the alert. */
export interface AlertMark {
  alertId: string;
  eventId: string;
  ruleId: string;
  ruleName: string;
  severity: Severity;
  /** Of a condition that is one comparison of this item's value with a number; else null. */
  comparison: Comparison | null;
  threshold: number | null;
  /** The value at which the rule fired (null: not this item, or no number), and when it was
      observed (milliseconds since the epoch). */
  value: number | null;
  time: number;
}

export const comparisonSigns: Record<Comparison, string> = {
  COMPARISON_UNSPECIFIED: '?',
  GREATER_THAN: '>',
  GREATER_OR_EQUAL: '≥',
  LESS_THAN: '<',
  LESS_OR_EQUAL: '≤',
  EQUAL: '=',
  NOT_EQUAL: '≠',
};

/** Where values meet the condition: above or below the line; null when it is no half-plane. */
export function sideOf(comparison: Comparison): 'above' | 'below' | null {
  if (comparison === 'GREATER_THAN' || comparison === 'GREATER_OR_EQUAL') return 'above';
  if (comparison === 'LESS_THAN' || comparison === 'LESS_OR_EQUAL') return 'below';
  return null;
}

/** Whether a value meets a line's condition; a censored value counts as the shown number. */
export function meets(value: number, line: Line): boolean {
  switch (line.comparison) {
    case 'GREATER_THAN':
      return value > line.value;
    case 'GREATER_OR_EQUAL':
      return value >= line.value;
    case 'LESS_THAN':
      return value < line.value;
    case 'LESS_OR_EQUAL':
      return value <= line.value;
    case 'EQUAL':
      return value === line.value;
    case 'NOT_EQUAL':
      return value !== line.value;
    case 'COMPARISON_UNSPECIFIED':
      return false;
  }
}

const ranks: readonly Severity[] = ['SEVERITY_UNSPECIFIED', 'INFO', 'WARNING', 'CRITICAL'];

/** The gravest line the value meets: how a point that raised alerts is coloured. */
export function gravest(value: number, lines: readonly Line[]): Severity {
  return lines
    .filter((line) => meets(value, line))
    .map((line) => line.severity)
    .reduce((a, b) => (ranks.indexOf(b) > ranks.indexOf(a) ? b : a), 'SEVERITY_UNSPECIFIED');
}

/** The active thresholds, and the alert's own when it is not among them any more. */
export function toLines(thresholds: readonly Threshold[], alert: AlertMark | null): Line[] {
  const lines = thresholds.map((t) => ({
    value: t.value,
    comparison: t.comparison,
    severity: t.severity,
    // The alert's own rule is named in the language of the page.
    label: alert?.ruleId === t.ruleId ? alert.ruleName : t.ruleName,
    own:
      alert !== null &&
      t.ruleId === alert.ruleId &&
      t.value === alert.threshold &&
      t.comparison === alert.comparison,
    past: false,
  }));
  if (!alert || alert.threshold === null || alert.comparison === null) return lines;
  if (lines.some((line) => line.own)) return lines;
  const then: Line = {
    value: alert.threshold,
    comparison: alert.comparison,
    severity: alert.severity,
    label: alert.ruleName,
    own: true,
    past: true,
  };
  return [...lines, then];
}
