// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../api/types';
import { initialList, kMostRows, matches, noFilter, reduce, type AlertList } from './alert_list';

const alert = (sequence: number, over: Partial<Alert> = {}): Alert => ({
  alertId: `a${sequence}`,
  ruleName: 'High',
  patientId: 's1',
  message: '',
  timestamp: 0,
  ruleId: 'R1',
  ruleVersion: 1,
  severity: 'WARNING',
  subjectNumber: '701-1',
  subjectName: '张*',
  siteId: '701',
  item: 'SYSBP',
  eventTime: 0,
  raisedAt: 0,
  sequence,
  ...over,
});

const loaded = (...sequences: number[]): AlertList =>
  reduce(initialList, {
    type: 'loaded',
    page: { alerts: sequences.map((s) => alert(s)), nextBefore: 0 },
  });
const ids = (alerts: readonly Alert[]) => alerts.map((a) => a.sequence);

describe('alert list', () => {
  it('puts arrivals on top, once, and marks them as new', () => {
    const list = reduce(loaded(5, 4), { type: 'arrived', alerts: [alert(6), alert(5), alert(7)] });
    expect(ids(list.alerts)).toEqual([7, 6, 5, 4]);
    expect([...list.unseen].sort()).toEqual(['a6', 'a7']);
    expect(ids(list.lastArrivals)).toEqual([6, 7]);
  });

  it('does not change when nothing new arrived', () => {
    const list = loaded(5);
    expect(reduce(list, { type: 'arrived', alerts: [alert(5)] })).toBe(list);
  });

  it('keeps what arrived while the first page was on its way', () => {
    const early = reduce(initialList, { type: 'arrived', alerts: [alert(9)] });
    const list = reduce(early, { type: 'loaded', page: { alerts: [alert(8)], nextBefore: 8 } });
    expect(ids(list.alerts)).toEqual([9, 8]);
    expect(list.nextBefore).toBe(8);
  });

  it('holds arrivals back while paused, and shows them in order after', () => {
    let list = reduce(loaded(1), { type: 'pause' });
    list = reduce(list, { type: 'arrived', alerts: [alert(2)] });
    list = reduce(list, { type: 'arrived', alerts: [alert(3), alert(2)] });
    expect(ids(list.alerts)).toEqual([1]);
    expect(ids(list.held)).toEqual([3, 2]);
    expect(reduce(list, { type: 'allSeen' }).unseen.size).toBe(2);
    list = reduce(list, { type: 'resume' });
    expect(ids(list.alerts)).toEqual([3, 2, 1]);
    expect(list.held).toEqual([]);
  });

  it('forgets the mark of an alert that was looked at', () => {
    let list = reduce(loaded(), { type: 'arrived', alerts: [alert(1), alert(2)] });
    list = reduce(list, { type: 'seen', alertId: 'a1' });
    expect([...list.unseen]).toEqual(['a2']);
    expect(reduce(list, { type: 'seen', alertId: 'a1' })).toBe(list);
    expect(reduce(list, { type: 'allSeen' }).unseen.size).toBe(0);
  });

  it('appends older pages', () => {
    let list = reduce(loaded(9, 8), { type: 'loadingOlder' });
    list = reduce(list, {
      type: 'loadedOlder',
      page: { alerts: [alert(7), alert(6)], nextBefore: 6 },
    });
    expect(ids(list.alerts)).toEqual([9, 8, 7, 6]);
    expect(list).toMatchObject({ nextBefore: 6, loadingOlder: false });
  });

  it('stays bounded in a storm, and can load what it let go', () => {
    const storm = Array.from({ length: kMostRows + 50 }, (_, i) => alert(i + 2));
    const list = reduce(loaded(1), { type: 'arrived', alerts: storm });
    expect(list.alerts).toHaveLength(kMostRows);
    expect(list.alerts[0]?.sequence).toBe(kMostRows + 51);
    expect(list.nextBefore).toBe(list.alerts[kMostRows - 1]?.sequence);
  });
});

describe('matches', () => {
  it('needs every chosen filter', () => {
    const one = alert(1, { ruleId: 'R1', siteId: '701', severity: 'CRITICAL' });
    expect(matches(one, noFilter)).toBe(true);
    expect(matches(one, { ruleId: 'R1', siteId: '701', severity: 'CRITICAL' })).toBe(true);
    expect(matches(one, { ...noFilter, ruleId: 'R2' })).toBe(false);
    expect(matches(one, { ...noFilter, siteId: '702' })).toBe(false);
    expect(matches(one, { ...noFilter, severity: 'INFO' })).toBe(false);
  });
});
