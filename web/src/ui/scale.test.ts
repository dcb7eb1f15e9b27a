// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatNumber, linearScale, niceTicks, spread } from './scale';

describe('linearScale', () => {
  it('maps both ways, also downwards', () => {
    const y = linearScale(100, 200, 300, 0);
    expect(y(100)).toBe(300);
    expect(y(150)).toBe(150);
    expect(y.invert(0)).toBe(200);
  });

  it('puts an empty domain in the middle', () => {
    expect(linearScale(5, 5, 0, 100)(5)).toBe(50);
  });
});

describe('niceTicks', () => {
  it.each([
    [103, 187, [100, 120, 140, 160, 180, 200]],
    [0.12, 0.47, [0.1, 0.2, 0.3, 0.4, 0.5]],
    [-3, 3, [-4, -2, 0, 2, 4]],
    [36.2, 38.9, [36, 37, 38, 39]],
  ])('from %d to %d', (low, high, ticks) => {
    expect(niceTicks(low, high, 5)).toEqual(ticks);
  });

  it('covers a single value', () => {
    const ticks = niceTicks(7, 7, 4);
    expect(ticks[0]).toBeLessThan(7);
    expect(ticks[ticks.length - 1]).toBeGreaterThan(7);
  });
});

describe('formatNumber', () => {
  it('drops noise of binary fractions', () => {
    expect(formatNumber(0.1 + 0.2)).toBe('0.3');
    expect(formatNumber(152)).toBe('152');
    expect(formatNumber(Number.NaN)).toBe('–');
  });
});

describe('spread', () => {
  it('keeps labels apart, in order, inside', () => {
    expect(spread([50, 52, 10], 13, 0, 100)).toEqual([50, 63, 10]);
    expect(spread([98, 99], 13, 0, 100)).toEqual([87, 100]);
  });
});
