// SPDX-License-Identifier: Apache-2.0
// Times as people read them. The server speaks microseconds since the Unix epoch; the page shows
// the reader's own time zone and names it.

const kSecond = 1000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

export function fromMicros(micros: number): number {
  return micros / 1000;
}

const pad = (value: number) => String(value).padStart(2, '0');

/** "2026-03-01 08:30", with seconds when asked: unambiguous in every language. */
export function formatDateTime(milliseconds: number, seconds = false): string {
  const d = new Date(milliseconds);
  const date = `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
  return `${date} ${clock}${seconds ? `:${pad(d.getSeconds())}` : ''}`;
}

/** "08:30:12" on the day of `now`, else the date with the time. */
export function formatRecent(milliseconds: number, now: number): string {
  const text = formatDateTime(milliseconds, true);
  return text.slice(0, 10) === formatDateTime(now).slice(0, 10)
    ? text.slice(11)
    : text.slice(0, 16);
}

const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();

function relativeFormat(locale: string): Intl.RelativeTimeFormat {
  let made = relativeFormats.get(locale);
  if (!made) {
    made = new Intl.RelativeTimeFormat(locale, { style: 'short', numeric: 'always' });
    relativeFormats.set(locale, made);
  }
  return made;
}

/** How long ago, in one unit: "12 sec. ago". Less than 5 s, and clocks that run ahead: `justNow`. */
export function formatAge(
  milliseconds: number,
  now: number,
  locale: string,
  justNow: string,
): string {
  const age = now - milliseconds;
  if (age < 5 * kSecond) return justNow;
  const relative = relativeFormat(locale);
  if (age < kMinute) return relative.format(-Math.floor(age / kSecond), 'second');
  if (age < kHour) return relative.format(-Math.floor(age / kMinute), 'minute');
  if (age < 2 * kDay) return relative.format(-Math.floor(age / kHour), 'hour');
  if (age < 60 * kDay) return relative.format(-Math.floor(age / kDay), 'day');
  if (age < 2 * 365 * kDay) return relative.format(-Math.floor(age / (30.44 * kDay)), 'month');
  return relative.format(-Math.floor(age / (365.25 * kDay)), 'year');
}

/** "0.4 ms", "12 ms", "1.3 s", "4 min", "3 h", "12 d". */
export function formatDuration(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < 10) return `${Number(length.toFixed(1))} ms`;
  if (length < kSecond) return `${Math.round(length)} ms`;
  if (length < kMinute) return `${Number((length / kSecond).toFixed(1))} s`;
  if (length < kHour) return `${Math.floor(length / kMinute)} min`;
  if (length < 2 * kDay) return `${Math.floor(length / kHour)} h`;
  return `${Math.floor(length / kDay)} d`;
}

/** The reader's zone as an offset: "UTC+8", "UTC−3:30", "UTC". */
export function formatZone(milliseconds: number): string {
  const offset = -new Date(milliseconds).getTimezoneOffset();
  if (offset === 0) return 'UTC';
  const hours = Math.floor(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  return `UTC${offset > 0 ? '+' : '−'}${hours}${minutes ? `:${String(minutes).padStart(2, '0')}` : ''}`;
}
