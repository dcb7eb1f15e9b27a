// SPDX-License-Identifier: Apache-2.0
// The simplest conditions as a form: one item, what is looked at of it, a comparator, a number.
// Writes the CEL and reads the same forms back; anything else is for the text.

export const looks = [
  'value',
  'xuln',
  'change',
  'pct_change',
  'last',
  'mean',
  'max',
  'min',
  'count',
] as const;
/** What is looked at: the value itself, multiples of the limit, change from baseline, windows. */
export type Look = (typeof looks)[number];

export const comparators = ['>', '>=', '<', '<=', '==', '!='] as const;
export type Comparator = (typeof comparators)[number];

export const windowUnits = ['hours', 'days', 'weeks'] as const;
export type WindowUnit = (typeof windowUnits)[number];

export interface SimpleCondition {
  /** As rules write it: "lab.ALT". */
  item: string;
  look: Look;
  comparator: Comparator;
  threshold: number;
  /** Of "last": how many values in a row. */
  values: number;
  /** Of a window. */
  window: { length: number; unit: WindowUnit };
}

export const firstCondition: SimpleCondition = {
  item: '',
  look: 'value',
  comparator: '>=',
  threshold: 0,
  values: 2,
  window: { length: 7, unit: 'days' },
};

const kWindowLooks: readonly Look[] = ['mean', 'max', 'min', 'count'];

export function isWindow(look: Look): boolean {
  return kWindowLooks.includes(look);
}

/** A number of CEL's type double: "3.0". Counts are whole numbers. */
function literal(value: number, look: Look): string {
  if (look === 'count') return String(Math.round(value));
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

export function toCel(condition: SimpleCondition): string {
  const { item, look, comparator, values, window } = condition;
  const right = `${comparator} ${literal(condition.threshold, look)}`;
  if (look === 'last') {
    const list = `${item}.last(${values})`;
    return `${list}.size() == ${values} && ${list}.all(o, o.value ${right})`;
  }
  if (isWindow(look)) return `${item}.window(${window.unit}(${window.length})).${look}() ${right}`;
  return `${item}.${look} ${right}`;
}

const kItem = '([a-z][A-Za-z0-9_]*\\.[A-Za-z][A-Za-z0-9_]*)';
const kRight = '(>=|<=|==|!=|>|<) (-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)';
const kPlain = new RegExp(`^${kItem}\\.(value|xuln|change|pct_change) ${kRight}$`);
const kWindow = new RegExp(
  `^${kItem}\\.window\\((hours|days|weeks)\\((\\d+)\\)\\)\\.(mean|max|min|count)\\(\\) ${kRight}$`,
);
const kLast = new RegExp(
  `^${kItem}\\.last\\((\\d+)\\)\\.size\\(\\) == (\\d+) && ${kItem}\\.last\\((\\d+)\\)` +
    `\\.all\\((\\w+), (\\w+)\\.value ${kRight}\\)$`,
);

/** One blank around operators and after commas, none elsewhere. */
function normalise(cel: string): string {
  return cel
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\s*(>=|<=|==|!=|&&|>(?!=)|<(?!=))\s*/g, ' $1 ')
    .replace(/\s*,\s*/g, ', ')
    .replace(/\s*([().])\s*/g, (_, sign: string) => sign)
    .replace(/\)(>=|<=|==|!=|&&|>|<)/g, ') $1');
}

/** The form of a condition; null for what the form cannot say. */
export function fromCel(cel: string): SimpleCondition | null {
  const text = normalise(cel);
  const plain = kPlain.exec(text);
  if (plain) {
    return of(plain[1], plain[2], plain[3], plain[4]);
  }
  const window = kWindow.exec(text);
  if (window) {
    const made = of(window[1], window[4], window[5], window[6]);
    const length = Number(window[3]);
    if (!made || length < 1) return null;
    return { ...made, window: { length, unit: window[2] as WindowUnit } };
  }
  const last = kLast.exec(text);
  if (last) {
    const same = last[1] === last[4] && last[2] === last[3] && last[3] === last[5];
    const made = same && last[6] === last[7] ? of(last[1], 'last', last[8], last[9]) : null;
    return made && { ...made, values: Number(last[2]) };
  }
  return null;
}

function of(
  item: string | undefined,
  look: string | undefined,
  comparator: string | undefined,
  number: string | undefined,
): SimpleCondition | null {
  const threshold = Number(number);
  if (!item || !Number.isFinite(threshold)) return null;
  return {
    ...firstCondition,
    item,
    look: look as Look,
    comparator: comparator as Comparator,
    threshold,
  };
}
