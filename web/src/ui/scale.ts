// SPDX-License-Identifier: Apache-2.0
// Linear scales with round ticks.

export interface Scale {
  (value: number): number;
  invert: (position: number) => number;
}

/** Maps [from, to] onto [start, end]; an empty domain maps to the middle. */
export function linearScale(from: number, to: number, start: number, end: number): Scale {
  const span = to - from;
  const scale = (value: number) =>
    span === 0 ? (start + end) / 2 : start + ((value - from) / span) * (end - start);
  return Object.assign(scale, {
    invert: (position: number) =>
      end === start ? from : from + ((position - start) / (end - start)) * span,
  });
}

/** 1, 2 or 5 times a power of ten: the smallest such that at most `wanted` steps cover `span`. */
export function niceStep(span: number, wanted: number): number {
  if (!(span > 0)) return 1;
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((f) => f * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Round numbers from at or below `low` to at or above `high`. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  if (low === high) return niceTicks(low - 1, high + 1, wanted);
  const step = niceStep(high - low, wanted);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks: number[] = [];
  for (let i = first; i <= last; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Enough digits to tell ticks apart, none more. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return String(Number(value.toPrecision(7)));
}

/** Positions moved apart so that neighbours are at least `gap` from each other, order kept. */
export function spread(
  positions: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const moved = [...positions];
  let floor = low;
  for (const i of order) {
    moved[i] = Math.max(moved[i]!, floor);
    floor = moved[i]! + gap;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i]!, ceiling);
    ceiling = moved[i]! - gap;
  }
  return moved;
}
