// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../api/types';
import {
  cursorOf,
  initialList,
  isFiltered,
  kMostRows,
  matches,
  noFilter,
  reduce,
  type AlertList,
} from './alert_list';

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
  changeSequence: sequence,
  change: 'raised',
  detection: 'firing',
  workflow: 'new',
  closedAs: '',
  assignee: '',
  late: false,
  resolvedAt: 0,
  successorId: '',
  messageZh: '',
  ruleNameZh: '',
  scope: 'subject',
  silencedUntil: 0,
  inhibitedBy: '',
  conditionNoLongerMet: false,
  dueAt: 0,
  observations: 1,
  ...over,
});

const loaded = (...sequences: number[]): AlertList =>
  reduce(initialList, {
    type: 'loaded',
    page: { alerts: sequences.map((s) => alert(s)), nextBefore: 0 },
  });
const arrived = (list: AlertList, ...alerts: Alert[]): AlertList =>
  reduce(list, { type: 'arrived', alerts });
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

  it('changes a known alert where it stands, without calling it new', () => {
    const list = arrived(loaded(7, 6, 5), alert(6, { changeSequence: 20, detection: 'retracted' }));
    expect(ids(list.alerts)).toEqual([7, 6, 5]);
    expect(list.alerts[1]).toMatchObject({ detection: 'retracted' });
    expect(list.unseen.size).toBe(0);
    expect(ids(list.lastChanges)).toEqual([6]);
    expect(list.lastArrivals).toEqual([]);
  });

  it('takes the latest of several changes, whatever their order', () => {
    const older = alert(6, { changeSequence: 20, workflow: 'acknowledged' });
    const newer = alert(6, { changeSequence: 21, workflow: 'in_review' });
    expect(arrived(loaded(6), newer, older).alerts[0]).toMatchObject({ workflow: 'in_review' });
    const list = arrived(loaded(6), newer);
    expect(arrived(list, older)).toBe(list);
  });

  it('is not thrown back by a page that was read before a change', () => {
    const early = arrived(initialList, alert(9, { changeSequence: 30, detection: 'resolved' }));
    const list = reduce(early, { type: 'loaded', page: { alerts: [alert(9)], nextBefore: 0 } });
    expect(list.alerts[0]).toMatchObject({ detection: 'resolved' });
  });

  it('shows changes of shown alerts while paused, and keeps those held in order', () => {
    let list = reduce(loaded(1), { type: 'pause' });
    list = arrived(list, alert(2));
    list = arrived(
      list,
      alert(1, { changeSequence: 8, detection: 'retracted' }),
      alert(2, { changeSequence: 9, detection: 'resolved' }),
    );
    expect(list.alerts.map((a) => a.detection)).toEqual(['retracted']);
    expect(list.held.map((a) => a.detection)).toEqual(['resolved']);
  });

  it('leaves changes of alerts that are not loaded to the page that will load them', () => {
    const list = reduce(initialList, {
      type: 'loaded',
      page: { alerts: [alert(9), alert(7)], nextBefore: 7 },
    });
    expect(arrived(list, alert(3, { changeSequence: 40 }))).toBe(list);
    const between = arrived(list, alert(8, { changeSequence: 41, detection: 'resolved' }));
    expect(ids(between.alerts)).toEqual([9, 8, 7]);
    expect(between.unseen.size).toBe(0);
  });

  it('does not take an old alert for a new one because a filter hid it', () => {
    let list = reduce(loaded(9, 8), { type: 'loading' });
    list = reduce(list, { type: 'loaded', page: { alerts: [alert(5)], nextBefore: 0 } });
    list = arrived(list, alert(8, { changeSequence: 50 }), alert(10));
    expect(ids(list.alerts)).toEqual([10, 8, 5]);
    expect([...list.unseen]).toEqual(['a10']);
  });

  it('knows where the feed goes on', () => {
    expect(cursorOf([alert(3, { changeSequence: 12 }), alert(4)])).toBe(12);
    expect(cursorOf([])).toBe(0);
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
    expect(matches(one, { ...noFilter, ruleId: 'R1', siteId: '701', severity: 'CRITICAL' })).toBe(
      true,
    );
    expect(matches(one, { ...noFilter, ruleId: 'R2' })).toBe(false);
    expect(matches(one, { ...noFilter, siteId: '702' })).toBe(false);
    expect(matches(one, { ...noFilter, severity: 'INFO' })).toBe(false);
  });

  it('knows both axes', () => {
    const one = alert(1, { detection: 'resolved', workflow: 'in_review' });
    expect(matches(one, { ...noFilter, detection: 'resolved', workflow: 'open' })).toBe(true);
    expect(matches(one, { ...noFilter, detection: 'firing' })).toBe(false);
    expect(matches(one, { ...noFilter, workflow: 'closed' })).toBe(false);
    expect(matches({ ...one, workflow: 'closed' }, { ...noFilter, workflow: 'open' })).toBe(false);
    expect([isFiltered(noFilter), isFiltered({ ...noFilter, workflow: 'open' })]).toEqual([
      false,
      true,
    ]);
  });
});
