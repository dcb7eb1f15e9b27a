// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Series, SeriesPoint, Threshold } from '../../api/types';
import { thin, toMark, toPlot, toRanges, usefulRanges, type ValueMark } from './series_model';
import { gravest, toLines, type AlertMark } from './thresholds';

const kDayMicros = 86_400_000_000;

const point = (day: number, over: Partial<SeriesPoint>): SeriesPoint => ({
  eventId: `e${day}`,
  time: day * kDayMicros,
  comparator: '',
  absentReason: '',
  alertIds: [],
  version: 1,
  superseded: false,
  ...over,
});
const threshold = (value: number, over: Partial<Threshold> = {}): Threshold => ({
  ruleId: 'R1',
  ruleName: 'High',
  comparison: 'GREATER_THAN',
  value,
  severity: 'WARNING',
  ...over,
});
const series = (points: SeriesPoint[], thresholds: Threshold[] = []): Series => ({
  subjectId: 's',
  subjectNumber: '701-1',
  item: 'SYSBP',
  unit: 'mmHg',
  points,
  thresholds,
});
const alert: AlertMark = {
  alertId: 'a1',
  eventId: 'e3',
  ruleId: 'R1',
  ruleName: 'High',
  severity: 'WARNING',
  comparison: 'GREATER_THAN',
  threshold: 140,
  value: 150,
  time: (3 * kDayMicros) / 1000,
};

describe('toMark', () => {
  it('keeps zero as a value', () => {
    expect(toMark(point(1, { number: 0 }), null)).toMatchObject({ kind: 'value', value: 0 });
  });

  it('takes null and a missing number for absent', () => {
    expect(toMark(point(1, { number: null, absentReason: 'NOT DONE' }), null)).toMatchObject({
      kind: 'absent',
      reason: 'NOT DONE',
    });
    expect(toMark(point(1, { text: 'POSITIVE' }), null)).toMatchObject({ reason: 'POSITIVE' });
  });

  it('knows the alert by its event or by its id', () => {
    expect(toMark(point(3, { number: 150 }), alert)).toMatchObject({ marked: true });
    expect(toMark(point(4, { number: 150, alertIds: ['a1'] }), alert)).toMatchObject({
      marked: true,
      alerted: true,
    });
    expect(toMark(point(5, { number: 150, alertIds: ['a2'] }), alert)).toMatchObject({
      marked: false,
      alerted: true,
    });
  });
});

describe('toPlot', () => {
  it('cuts the line where nothing was measured, and orders by time', () => {
    const plot = toPlot(
      series([
        point(4, { number: 4 }),
        point(1, { number: 1 }),
        point(3, { absentReason: 'NOT DONE' }),
        point(2, { number: 2 }),
      ]),
      null,
      null,
    );
    expect(plot.segments.map((run) => run.map((mark) => mark.value))).toEqual([[1, 2], [4]]);
    expect(plot.marks).toHaveLength(4);
  });

  it('shows the thresholds, and never less than zero for what is never negative', () => {
    const plot = toPlot(series([point(1, { number: 0.5 })], [threshold(140)]), null, null);
    expect(plot.low).toBe(0);
    expect(plot.high).toBeGreaterThan(140);
    expect(plot.to).toBeGreaterThan(plot.from);
  });

  it('narrows to the time around the alert', () => {
    const points = Array.from({ length: 60 }, (_, day) => point(day, { number: day }));
    expect(toPlot(series(points), { ...alert, eventId: 'e30' }, 7 * 24).marks).toHaveLength(15);
    expect(toPlot(series(points), null, 7 * 24).marks).toHaveLength(60);
  });

  it('shows the alert even when its point is older than those given', () => {
    const plot = toPlot(
      series([point(50, { number: 120 }), point(51, { number: 125 })]),
      alert,
      null,
    );
    expect(plot.marks[0]).toMatchObject({ eventId: 'e3', value: 150, marked: true });
    expect(plot.segments.map((run) => run.map((mark) => mark.value))).toEqual([[120, 125]]);
  });

  it('shows what was corrected, but leads no line through it', () => {
    const plot = toPlot(
      series([
        point(1, { number: 1 }),
        point(2, { number: 99, superseded: true }),
        point(2, { eventId: 'e2b', number: 2, version: 2 }),
      ]),
      null,
      null,
    );
    expect(plot.marks).toHaveLength(3);
    expect(plot.segments.map((run) => run.map((mark) => mark.value))).toEqual([[1, 2]]);
  });

  it('draws no value for an alert that has none of this item', () => {
    const none = { ...alert, eventId: '', value: null, threshold: null, comparison: null };
    const plot = toPlot(series([point(50, { number: 120 })]), none, null);
    expect(plot.marks).toHaveLength(1);
    expect(plot.lines).toEqual([]);
  });

  it('is drawn for no points at all', () => {
    const plot = toPlot(series([]), null, null);
    expect(plot.high).toBeGreaterThan(plot.low);
    expect(plot.to).toBeGreaterThan(plot.from);
  });
});

describe('toRanges', () => {
  const day = kDayMicros / 1000;
  const range = (at: number, low: number | null, high: number | null, over = {}) =>
    point(at, { number: 1, rangeLow: low, rangeHigh: high, ...over });

  it('holds a range until the laboratory gives another', () => {
    const points = [range(1, 6, 40), range(2, 6, 40), range(4, 8, 45)];
    expect(toRanges(points, 0, 10 * day)).toEqual([
      { from: 0, to: 4 * day, low: 6, high: 40 },
      { from: 4 * day, to: 10 * day, low: 8, high: 45 },
    ]);
  });

  it('knows ranges with one end, and none', () => {
    expect(toRanges([range(1, null, 5)], 0, 2 * day)).toMatchObject([{ low: null, high: 5 }]);
    expect(toRanges([point(1, { number: 1 })], 0, 2 * day)).toEqual([]);
    expect(toRanges([range(1, 1, 2, { superseded: true })], 0, 2 * day)).toEqual([]);
  });
});

describe('toLines', () => {
  it('knows the alert’s own line', () => {
    const lines = toLines([threshold(140), threshold(180, { ruleId: 'R2' })], alert);
    expect(lines.map((line) => [line.value, line.own, line.past])).toEqual([
      [140, true, false],
      [180, false, false],
    ]);
  });

  it('adds the threshold of then when the rule has changed since', () => {
    const lines = toLines([threshold(150)], alert);
    expect(lines.map((line) => [line.value, line.own, line.past])).toEqual([
      [150, false, false],
      [140, true, true],
    ]);
  });
});

describe('gravest', () => {
  const lines = toLines(
    [threshold(140), threshold(180, { severity: 'CRITICAL', comparison: 'GREATER_OR_EQUAL' })],
    null,
  );
  it.each([
    [140, 'SEVERITY_UNSPECIFIED'],
    [141, 'WARNING'],
    [180, 'CRITICAL'],
  ])('%d is %s', (value, severity) => {
    expect(gravest(value, lines)).toBe(severity);
  });
});

describe('usefulRanges', () => {
  it('offers only what shows less than everything', () => {
    const over = (days: number) =>
      usefulRanges(series([0, days / 2, days].map((day) => point(day, { number: 1 }))));
    expect(over(0.1)).toEqual([]);
    expect(over(2)).toEqual([1]);
    expect(over(10)).toEqual([1, 24]);
    expect(over(400)).toEqual([1, 24, 168, 720]);
  });
});

describe('thin', () => {
  const run = Array.from({ length: 10_000 }, (_, i) => ({
    ...(toMark(point(i, { number: Math.sin(i) }), null) as ValueMark),
  }));
  run[4321] = { ...run[4321]!, value: 99 };
  run[77] = { ...run[77]!, alerted: true };

  it('keeps peaks and alerts within the limit', () => {
    const kept = thin(run, 500);
    expect(kept.length).toBeLessThanOrEqual(510);
    expect(kept).toContain(run[4321]);
    expect(kept).toContain(run[77]);
    expect(kept.map((m) => m.time)).toEqual([...kept.map((m) => m.time)].sort((a, b) => a - b));
  });

  it('leaves a short run alone', () => {
    expect(thin(run.slice(0, 10), 500)).toEqual(run.slice(0, 10));
  });
});
