// SPDX-License-Identifier: Apache-2.0
// Ticks of a time axis on round local times, with labels that fit their distance.
import { formatDateTime } from './time';

const kMinute = 60_000;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

export type TickUnit = 'minute' | 'hour' | 'day' | 'month' | 'year';

export interface TimeTick {
  time: number;
  label: string;
  /** The enclosing day or year, on the first tick and where it changes. */
  context: string;
}

const kSteps: readonly { unit: TickUnit; count: number; length: number }[] = [
  { unit: 'minute', count: 1, length: kMinute },
  { unit: 'minute', count: 5, length: 5 * kMinute },
  { unit: 'minute', count: 15, length: 15 * kMinute },
  { unit: 'minute', count: 30, length: 30 * kMinute },
  { unit: 'hour', count: 1, length: kHour },
  { unit: 'hour', count: 3, length: 3 * kHour },
  { unit: 'hour', count: 6, length: 6 * kHour },
  { unit: 'hour', count: 12, length: 12 * kHour },
  { unit: 'day', count: 1, length: kDay },
  { unit: 'day', count: 2, length: 2 * kDay },
  { unit: 'day', count: 7, length: 7 * kDay },
  { unit: 'day', count: 14, length: 14 * kDay },
  { unit: 'month', count: 1, length: 30.44 * kDay },
  { unit: 'month', count: 2, length: 60.9 * kDay },
  { unit: 'month', count: 3, length: 91.3 * kDay },
  { unit: 'month', count: 6, length: 182.6 * kDay },
  { unit: 'year', count: 1, length: 365.25 * kDay },
  { unit: 'year', count: 2, length: 730.5 * kDay },
  { unit: 'year', count: 5, length: 1826 * kDay },
  { unit: 'year', count: 10, length: 3652 * kDay },
];

/** At most about `wanted` ticks on round local times within [from, to], in order. */
export function timeTicks(from: number, to: number, wanted: number, locale: string): TimeTick[] {
  if (!(to > from)) return [];
  const ideal = (to - from) / Math.max(1, wanted);
  const step = kSteps.find((s) => s.length >= ideal) ?? kSteps[kSteps.length - 1]!;
  const ticks: TimeTick[] = [];
  let previous = '';
  for (let at = firstTick(from, step.unit, step.count); at.getTime() <= to;) {
    const time = at.getTime();
    if (time >= from) {
      const { label, context } = tickLabels(time, step.unit, locale);
      ticks.push({ time, label, context: context === previous ? '' : context });
      previous = context;
    }
    at = nextTick(at, step.unit, step.count);
  }
  return ticks;
}

function firstTick(from: number, unit: TickUnit, count: number): Date {
  const d = new Date(from);
  const floor = (value: number) => Math.floor(value / count) * count;
  switch (unit) {
    case 'minute':
      return new Date(
        d.getFullYear(),
        d.getMonth(),
        d.getDate(),
        d.getHours(),
        floor(d.getMinutes()),
      );
    case 'hour':
      return new Date(d.getFullYear(), d.getMonth(), d.getDate(), floor(d.getHours()));
    case 'day':
      return new Date(d.getFullYear(), d.getMonth(), d.getDate());
    case 'month':
      return new Date(d.getFullYear(), floor(d.getMonth()), 1);
    case 'year':
      return new Date(floor(d.getFullYear()), 0, 1);
  }
}

function nextTick(at: Date, unit: TickUnit, count: number): Date {
  const [y, mo, da, h, mi] = [
    at.getFullYear(),
    at.getMonth(),
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
  ];
  switch (unit) {
    // Local noon happens once a day, but 02:30 may not: count short steps in real time.
    case 'minute':
      return new Date(at.getTime() + count * kMinute);
    case 'hour': {
      const next = new Date(y, mo, da, h + count, mi);
      return next > at ? next : new Date(at.getTime() + count * kHour);
    }
    case 'day':
      return new Date(y, mo, da + count);
    case 'month':
      return new Date(y, mo + count, 1);
    case 'year':
      return new Date(y + count, 0, 1);
  }
}

function tickLabels(
  time: number,
  unit: TickUnit,
  locale: string,
): { label: string; context: string } {
  const text = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, options).format(time);
  switch (unit) {
    case 'minute':
    case 'hour':
      return {
        label: formatDateTime(time).slice(11),
        context: text({ year: 'numeric', month: 'short', day: 'numeric' }),
      };
    case 'day':
      return {
        label: text({ month: 'short', day: 'numeric' }),
        context: text({ year: 'numeric' }),
      };
    case 'month':
      return { label: text({ month: 'short' }), context: text({ year: 'numeric' }) };
    case 'year':
      return { label: text({ year: 'numeric' }), context: '' };
  }
}
