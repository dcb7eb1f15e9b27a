// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { formatAge, formatDateTime, formatDuration, formatRecent, formatZone } from './time';
import { timeTicks } from './time_ticks';

const kMinute = 60_000;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;
const noon = Date.UTC(2026, 2, 1, 12, 0, 5);

function inZone(name: string): void {
  process.env['TZ'] = name;
}

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe('formatDateTime', () => {
  it('is ISO-like in the zone of the reader', () => {
    inZone('UTC');
    expect(formatDateTime(noon)).toBe('2026-03-01 12:00');
    inZone('Asia/Shanghai');
    expect(formatDateTime(noon, true)).toBe('2026-03-01 20:00:05');
  });

  it('writes midnight as 00', () => {
    inZone('UTC');
    expect(formatDateTime(Date.UTC(2026, 0, 1))).toBe('2026-01-01 00:00');
  });
});

describe('formatRecent', () => {
  it('leaves the date out today', () => {
    inZone('UTC');
    expect(formatRecent(noon, noon + kHour)).toBe('12:00:05');
    expect(formatRecent(noon, noon + kDay)).toBe('2026-03-01 12:00');
  });
});

describe('formatAge', () => {
  const age = (length: number, locale = 'en') => formatAge(noon - length, noon, locale, 'now');
  it('uses one unit', () => {
    expect(age(12_000)).toBe('12 sec. ago');
    expect(age(3 * kMinute + 59_000)).toBe('3 min. ago');
    expect(age(47 * kHour)).toBe('47 hr. ago');
    expect(age(48 * kHour)).toBe('2 days ago');
    expect(age(400 * kDay)).toBe('13 mo. ago');
    expect(age(12 * 366 * kDay)).toBe('12 yr. ago');
    expect(age(3 * kMinute, 'zh-CN')).toBe('3分钟前');
  });

  it('says now for the last seconds, and for a clock that runs ahead', () => {
    expect(age(4999)).toBe('now');
    expect(age(-kHour)).toBe('now');
  });
});

describe('formatDuration', () => {
  it.each([
    [0.42, '0.4 ms'],
    [12.3, '12 ms'],
    [1300, '1.3 s'],
    [4 * kMinute, '4 min'],
    [3 * kHour, '3 h'],
    [12 * kDay, '12 d'],
    [-5, '0 ms'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('formatZone', () => {
  it.each([
    ['UTC', 'UTC'],
    ['Asia/Shanghai', 'UTC+8'],
    ['Asia/Kolkata', 'UTC+5:30'],
    ['America/St_Johns', 'UTC−3:30'],
  ])('%s is %s', (name, text) => {
    inZone(name);
    expect(formatZone(noon)).toBe(text);
  });
});

describe('timeTicks', () => {
  it('lie in order within the range, on round local times, few enough', () => {
    inZone('Asia/Shanghai');
    for (const length of [10 * kMinute, 5 * kHour, 3 * kDay, 40 * kDay, 300 * kDay, 4000 * kDay]) {
      const ticks = timeTicks(noon, noon + length, 6, 'en');
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(8);
      const times = ticks.map((tick) => tick.time);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.min(...times)).toBeGreaterThanOrEqual(noon);
      expect(Math.max(...times)).toBeLessThanOrEqual(noon + length);
      if (length >= 40 * kDay) {
        for (const time of times) expect(formatDateTime(time)).toMatch(/ 00:00$/);
      }
    }
  });

  it('name the day or the year once, and where it changes', () => {
    inZone('UTC');
    const from = Date.UTC(2026, 10, 15);
    const ticks = timeTicks(from, from + 100 * kDay, 4, 'en');
    expect(ticks.map((tick) => [tick.label, tick.context])).toEqual([
      ['Dec', '2026'],
      ['Jan', '2027'],
      ['Feb', ''],
    ]);
  });

  it('pass over a change to summer time', () => {
    inZone('Europe/Berlin');
    const from = Date.UTC(2026, 2, 28, 20);
    const labels = timeTicks(from, from + 12 * kHour, 12, 'en').map((tick) => tick.label);
    expect(labels.slice(0, 7)).toEqual([
      '21:00',
      '22:00',
      '23:00',
      '00:00',
      '01:00',
      '03:00',
      '04:00',
    ]);
  });

  it('are none for an empty range', () => {
    expect(timeTicks(noon, noon, 5, 'en')).toEqual([]);
  });
});
