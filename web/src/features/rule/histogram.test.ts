// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toBars } from './histogram';

const count = (key: string, alerts: number) => ({ key, alerts, records: alerts });

describe('toBars', () => {
  it('has a bar for the days between too', () => {
    expect(toBars([count('2026-03-01', 2), count('2026-03-03', 1)], 60)).toEqual([
      { day: '2026-03-01', until: '2026-03-01', alerts: 2 },
      { day: '2026-03-02', until: '2026-03-02', alerts: 0 },
      { day: '2026-03-03', until: '2026-03-03', alerts: 1 },
    ]);
  });

  it('joins days where there are too many, and loses none', () => {
    const counts = Array.from({ length: 365 }, (_, i) =>
      count(new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10), 1),
    );
    const bars = toBars(counts, 60);
    expect(bars.length).toBeLessThanOrEqual(60);
    expect(bars.reduce((sum, bar) => sum + bar.alerts, 0)).toBe(365);
    expect(bars[0]?.day).toBe('2024-01-01');
    expect(bars[bars.length - 1]?.until).toBe('2024-12-30');
  });

  it('is empty without days', () => {
    expect(toBars([], 60)).toEqual([]);
    expect(toBars([count('unknown', 3)], 60)).toEqual([]);
  });
});
