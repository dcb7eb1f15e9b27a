// SPDX-License-Identifier: Apache-2.0
// Where things stand in the chart, in pixels, and how a mark is put into words.
import { formatNumber } from '../../ui/scale';
import type { Mark } from './series_model';

export const kHeight = 264;
export const kTop = 14;
export const kBottom = 40;
export const kLeft = 46;
export const kRight = 12;

export function describe(mark: Mark, unit: string, absent: (reason: string) => string): string {
  if (mark.kind === 'absent') return absent(mark.reason);
  return `${mark.comparator}${mark.comparator ? ' ' : ''}${formatNumber(mark.value)} ${unit}`.trim();
}
/** A diagonal cross around a point, as an SVG path. */
export function cross(x: number, y: number, size: number): string {
  return `M${x - size},${y - size} l${2 * size},${2 * size} m0,${-2 * size} l${-2 * size},${2 * size}`;
}
/** The index of the mark nearest in time. */
export function nearest(marks: readonly Mark[], time: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  marks.forEach((mark, i) => {
    const d = Math.abs(mark.time - time);
    if (d < distance) [best, distance] = [i, d];
  });
  return best;
}
