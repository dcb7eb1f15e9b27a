// SPDX-License-Identifier: Apache-2.0
// What a chart of one item of one subject shows, computed from the recorded points.
import type { Series, SeriesPoint } from '../../api/types';
import { fromMicros } from '../../ui/time';
import { toLines, type AlertMark, type Line } from './thresholds';

export interface ValueMark {
  kind: 'value';
  eventId: string;
  time: number;
  value: number;
  /** The true value is below ("<") or above (">") the shown one; empty when it is exact. */
  comparator: '' | '<' | '>';
  /** This point raised the alert that is looked at. */
  marked: boolean;
  /** This point raised an alert, this one or another. */
  alerted: boolean;
  /** No longer valid: a later version took its place, or it was withdrawn. */
  superseded: boolean;
  version: number;
}

export interface AbsentMark {
  kind: 'absent';
  eventId: string;
  time: number;
  /** The reason, or the text where the item holds text. */
  reason: string;
  superseded: boolean;
  version: number;
}

/** The laboratory's reference range over a stretch of time; null where it has no such end. */
export interface RangeBand {
  from: number;
  to: number;
  low: number | null;
  high: number | null;
}

export type Mark = ValueMark | AbsentMark;

export interface Plot {
  /** In order of time. */
  marks: Mark[];
  /** Runs of values without a gap between them. */
  segments: ValueMark[][];
  lines: Line[];
  ranges: RangeBand[];
  low: number;
  high: number;
  from: number;
  to: number;
}

const kHour = 3_600_000;

export function toMark(point: SeriesPoint, alert: AlertMark | null): Mark {
  const time = fromMicros(point.time);
  if (typeof point.number !== 'number') {
    const reason = point.absentReason || point.text || '';
    const { superseded, version } = point;
    return { kind: 'absent', eventId: point.eventId, time, reason, superseded, version };
  }
  const alertIds = point.alertIds ?? [];
  return {
    kind: 'value',
    eventId: point.eventId,
    time,
    value: point.number,
    comparator: point.comparator === '<' || point.comparator === '>' ? point.comparator : '',
    marked: alert !== null && (point.eventId === alert.eventId || alertIds.includes(alert.alertId)),
    alerted: alertIds.length > 0,
    superseded: point.superseded,
    version: point.version,
  };
}

/** Cuts at every absent value: nothing is drawn where nothing was measured. */
export function toSegments(marks: readonly Mark[]): ValueMark[][] {
  const segments: ValueMark[][] = [];
  let run: ValueMark[] = [];
  for (const mark of marks) {
    // What was corrected is shown, but the course does not go through it.
    if (mark.superseded) continue;
    if (mark.kind === 'value') {
      run.push(mark);
    } else if (run.length > 0) {
      segments.push(run);
      run = [];
    }
  }
  if (run.length > 0) segments.push(run);
  return segments;
}

/** The marks with the alert's point, which may be older than the points that were given. */
function withAlert(marks: Mark[], alert: AlertMark | null): Mark[] {
  if (!alert || alert.value === null) return marks;
  if (marks.some((mark) => mark.kind === 'value' && mark.marked)) return marks;
  const own: ValueMark = {
    kind: 'value',
    eventId: alert.eventId,
    time: alert.time,
    value: alert.value,
    comparator: '',
    marked: true,
    alerted: true,
    superseded: false,
    version: 1,
  };
  return [...marks, own].sort((a, b) => a.time - b.time);
}

/** The given ranges as bands: each holds until the next value is measured. */
export function toRanges(points: readonly SeriesPoint[], from: number, to: number): RangeBand[] {
  const given = points
    .filter((p) => !p.superseded && (isNumber(p.rangeLow) || isNumber(p.rangeHigh)))
    .sort((a, b) => a.time - b.time);
  const bands: RangeBand[] = [];
  for (const point of given) {
    const low = isNumber(point.rangeLow) ? point.rangeLow : null;
    const high = isNumber(point.rangeHigh) ? point.rangeHigh : null;
    const last = bands[bands.length - 1];
    if (last && last.low === low && last.high === high) continue;
    const time = fromMicros(point.time);
    if (last) last.to = time;
    bands.push({ from: last ? time : Math.min(from, time), to, low, high });
  }
  return bands
    .map((band) => ({ ...band, from: Math.max(band.from, from), to: Math.min(band.to, to) }))
    .filter((band) => band.to > band.from);
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** `hours` around the alert's point, or everything when null or when there is no such point. */
export function toPlot(series: Series, alert: AlertMark | null, hours: number | null): Plot {
  const recorded = series.points.map((p) => toMark(p, alert)).sort((a, b) => a.time - b.time);
  const given = new Set<Mark>(recorded);
  const every = withAlert(recorded, alert);
  const centre = every.find((mark) => mark.kind === 'value' && mark.marked)?.time;
  const marks =
    hours === null || centre === undefined
      ? every
      : every.filter((mark) => Math.abs(mark.time - centre) <= hours * kHour);
  const lines = toLines(series.thresholds, alert);
  const numbers = [
    ...marks.flatMap((mark) => (mark.kind === 'value' ? [mark.value] : [])),
    ...lines.map((line) => line.value),
  ];
  let low = numbers.length > 0 ? numbers.reduce((a, b) => Math.min(a, b)) : 0;
  let high = numbers.length > 0 ? numbers.reduce((a, b) => Math.max(a, b)) : 1;
  const margin = (high - low || Math.abs(high) || 1) * 0.08;
  // A quantity that is never negative is not drawn as if it could be.
  const positive = low >= 0;
  low -= margin;
  high += margin;
  if (positive) low = Math.max(0, low);
  const first = marks[0]?.time ?? 0;
  const last = marks[marks.length - 1]?.time ?? first;
  const side = (last - first) * 0.03 || 12 * kHour;
  const ranges = toRanges(series.points, first - side, last + side);
  return {
    marks,
    // A point the answer does not hold is drawn, but what lies between is not known.
    segments: toSegments(marks.filter((mark) => given.has(mark))),
    lines,
    ranges,
    low,
    high,
    from: first - side,
    to: last + side,
  };
}

/** The ranges worth offering, in hours: those that show less than everything. */
export function usefulRanges(series: Series): number[] {
  const times = series.points.map((p) => fromMicros(p.time));
  if (times.length < 3) return [];
  const span = times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
  return [1, 24, 7 * 24, 30 * 24].filter((hours) => span > 2.5 * hours * kHour);
}

/**
 * At most about `limit` values of a run: of each stretch its lowest and highest, so no peak is lost;
 * marked and alerting values always stay.
 */
export function thin(run: readonly ValueMark[], limit: number): ValueMark[] {
  if (run.length <= limit) return [...run];
  const size = Math.ceil((run.length * 2) / limit);
  const kept: ValueMark[] = [];
  for (let start = 0; start < run.length; start += size) {
    const stretch = run.slice(start, start + size);
    const low = stretch.reduce((a, b) => (b.value < a.value ? b : a));
    const high = stretch.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...stretch.filter((m) => m === low || m === high || m.marked || m.alerted));
  }
  return kept;
}
