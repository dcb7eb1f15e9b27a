// SPDX-License-Identifier: Apache-2.0
// Of a condition that compares one value with one number: both, and how far they are apart.
import type { Alert, Comparison, Evidence, EvidenceObservation } from '../../api/types';
import { fromCel, type Comparator } from '../rule/cel_builder';

export interface PlainVerdict {
  item: string;
  value: number;
  valueComparator: string;
  unit: string;
  comparison: Comparison;
  threshold: number;
}

export const comparisons: Record<Comparator, Comparison> = {
  '>': 'GREATER_THAN',
  '>=': 'GREATER_OR_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_OR_EQUAL',
  '==': 'EQUAL',
  '!=': 'NOT_EQUAL',
};

/** The observation at which the rule fired, as it was then; the latest read where none is named. */
export function firingObservation(
  alert: Pick<Alert, 'item'>,
  evidence: Evidence,
): EvidenceObservation | null {
  const named = evidence.observations.find((read) => read.eventId === evidence.eventId);
  if (named && evidence.eventId) return named;
  const own = evidence.observations.filter((read) => read.item === alert.item);
  return own.reduce<EvidenceObservation | null>(
    (latest, read) => (latest === null || read.time >= latest.time ? read : latest),
    null,
  );
}

/** Null when the condition is more than that, or its numbers are not known. */
export function plainVerdict(alert: Pick<Alert, 'item'>, evidence: Evidence): PlainVerdict | null {
  const condition = fromCel(evidence.condition);
  const observation = firingObservation(alert, evidence);
  if (!condition || condition.look !== 'value' || typeof observation?.number !== 'number') {
    return null;
  }
  return {
    item: observation.item,
    value: observation.number,
    valueComparator: observation.comparator,
    unit: observation.unit,
    comparison: comparisons[condition.comparator],
    threshold: condition.threshold,
  };
}
