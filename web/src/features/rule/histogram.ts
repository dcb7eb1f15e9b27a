// SPDX-License-Identifier: Apache-2.0
// Counts by day as bars that fit: the days between are there too, and many days become few bars.
import type { BacktestCount } from '../../api/types';

export interface Bar {
  /** The first day of the bar: "2026-03-01". */
  day: string;
  /** Its last. */
  until: string;
  alerts: number;
}

const kDay = 86_400_000;

const dayText = (number: number) => new Date(number * kDay).toISOString().slice(0, 10);

function dayNumber(text: string): number | null {
  const match = /^\d{4}-\d{2}-\d{2}/.exec(text);
  const time = match ? Date.parse(`${match[0]}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) ? null : Math.floor(time / kDay);
}

/** At most `most` bars over all days from the first to the last; days without a date are left out. */
export function toBars(counts: readonly BacktestCount[], most: number): Bar[] {
  const byDay = new Map<number, number>();
  for (const count of counts) {
    const day = dayNumber(count.key);
    if (day !== null) byDay.set(day, (byDay.get(day) ?? 0) + count.alerts);
  }
  if (byDay.size === 0) return [];
  const days = [...byDay.keys()];
  const first = days.reduce((a, b) => Math.min(a, b));
  const last = days.reduce((a, b) => Math.max(a, b));
  const width = Math.max(1, Math.ceil((last - first + 1) / most));
  const bars: Bar[] = [];
  for (let day = first; day <= last; day += width) {
    bars.push({ day: dayText(day), until: dayText(Math.min(day + width - 1, last)), alerts: 0 });
  }
  for (const [day, alerts] of byDay) {
    const bar = bars[Math.floor((day - first) / width)];
    if (bar) bar.alerts += alerts;
  }
  return bars;
}
