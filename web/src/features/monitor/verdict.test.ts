// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Evidence, EvidenceObservation } from '../../api/types';
import { firingObservation, plainVerdict } from './verdict';

const read = (over: Partial<EvidenceObservation>): EvidenceObservation => ({
  eventId: 'e1',
  version: 1,
  item: 'SYSBP',
  time: 1,
  number: 150,
  comparator: '',
  unit: 'mmHg',
  correctedBy: '',
  withdrawn: false,
  ...over,
});
const evidence = (over: Partial<Evidence>): Evidence => ({
  ruleVersionId: '',
  ruleContentHash: '',
  eventId: 'e2',
  condition: 'vs.SYSBP.value > 140.0',
  plainWords: '',
  plainWordsZh: '',
  source: '',
  eventTime: 0,
  receivedAt: 0,
  steps: [],
  observations: [read({}), read({ eventId: 'e2', number: 163, time: 2 })],
  ...over,
});
const alert = { item: 'SYSBP' };

describe('plainVerdict', () => {
  it('holds the value at which the rule fired beside the threshold', () => {
    expect(plainVerdict(alert, evidence({}))).toEqual({
      item: 'SYSBP',
      value: 163,
      valueComparator: '',
      unit: 'mmHg',
      comparison: 'GREATER_THAN',
      threshold: 140,
    });
  });

  it('is nothing for conditions that say more, and without a number', () => {
    expect(plainVerdict(alert, evidence({ condition: 'vs.SYSBP.change > 20.0' }))).toBeNull();
    expect(
      plainVerdict(alert, evidence({ observations: [read({ eventId: 'e2', number: null })] })),
    ).toBeNull();
    expect(plainVerdict(alert, evidence({ observations: [] }))).toBeNull();
  });
});

describe('firingObservation', () => {
  it('is the latest of the alert’s item where no event is named', () => {
    const observations = [
      read({ eventId: 'a', time: 5 }),
      read({ eventId: 'b', time: 9 }),
      read({ eventId: 'c', time: 11, item: 'DIABP' }),
    ];
    expect(firingObservation(alert, evidence({ eventId: '', observations }))?.eventId).toBe('b');
  });
});
