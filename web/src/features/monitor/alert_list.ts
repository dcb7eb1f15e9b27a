// SPDX-License-Identifier: Apache-2.0
// The list of alerts as a value: pages from the server and changes from the live feed become one
// list, newest first, each alert once and as it is now.
import type { Alert, AlertPage, Severity } from '../../api/types';
import { isOpen, type Detection, type Workflow } from './workflow';

export interface Filter {
  ruleId: string;
  siteId: string;
  /** Empty for every severity. */
  severity: Severity | '';
  detection: Detection | '';
  /** "open": whatever is not closed. */
  workflow: Workflow | 'open' | '';
}

export const noFilter: Filter = {
  ruleId: '',
  siteId: '',
  severity: '',
  detection: '',
  workflow: '',
};

export interface AlertList {
  status: 'loading' | 'ready' | 'failed';
  error: unknown;
  /** Newest first. */
  alerts: Alert[];
  /** Raised while paused; not shown yet. */
  held: Alert[];
  /** Raised live and not looked at yet. */
  unseen: ReadonlySet<string>;
  paused: boolean;
  loadingOlder: boolean;
  /** Where the next older page begins; 0 at the end. */
  nextBefore: number;
  /** The greatest sequence that was ever seen, under any filter: what is beyond it is new. */
  newest: number;
  /** The last batch that was raised live, for the announcement to screen readers. */
  lastArrivals: Alert[];
  /** The last batch of known alerts that changed, for the same. */
  lastChanges: Alert[];
}

/** Rows kept while alerts stream in: older ones leave and come back by loading older. */
export const kMostRows = 1000;

export const initialList: AlertList = {
  status: 'loading',
  error: null,
  alerts: [],
  held: [],
  unseen: new Set(),
  paused: false,
  loadingOlder: false,
  nextBefore: 0,
  newest: 0,
  lastArrivals: [],
  lastChanges: [],
};

export type Action =
  | { type: 'loading' }
  | { type: 'loaded'; page: AlertPage }
  | { type: 'failed'; error: unknown }
  | { type: 'loadingOlder' }
  | { type: 'loadedOlder'; page: AlertPage }
  | { type: 'failedOlder' }
  /** What the feed brought: alerts raised, and known ones as they are now. */
  | { type: 'arrived'; alerts: Alert[] }
  | { type: 'seen'; alertId: string }
  | { type: 'allSeen' }
  | { type: 'pause' }
  | { type: 'resume' };

export function reduce(list: AlertList, action: Action): AlertList {
  switch (action.type) {
    case 'loading':
      return {
        ...list,
        status: 'loading',
        error: null,
        alerts: [],
        held: [],
        nextBefore: 0,
        loadingOlder: false,
      };
    case 'loaded':
      return {
        ...list,
        status: 'ready',
        error: null,
        alerts: merge(list.alerts, action.page.alerts),
        nextBefore: action.page.nextBefore,
        newest: newestOf(list.newest, action.page.alerts),
      };
    case 'failed':
      return { ...list, status: 'failed', error: action.error };
    case 'loadingOlder':
      return { ...list, loadingOlder: true };
    case 'loadedOlder':
      return {
        ...list,
        loadingOlder: false,
        alerts: merge(list.alerts, action.page.alerts),
        nextBefore: action.page.nextBefore,
      };
    case 'failedOlder':
      return { ...list, loadingOlder: false };
    case 'arrived':
      return arrive(list, action.alerts);
    case 'seen': {
      if (!list.unseen.has(action.alertId)) return list;
      const unseen = new Set(list.unseen);
      unseen.delete(action.alertId);
      return { ...list, unseen };
    }
    case 'allSeen': {
      // What is still held back was not seen by anybody.
      return { ...list, unseen: new Set(list.held.map((alert) => alert.alertId)) };
    }
    case 'pause':
      return { ...list, paused: true };
    case 'resume':
      return { ...trim(list, merge(list.alerts, list.held)), paused: false, held: [] };
  }
}

/**
 * Known alerts change where they stand, paused or not. Those raised now come on top. Others are
 * older than what is loaded, or were left out by the filter the page was asked for: they are put in
 * where they belong, if that part of the list is loaded.
 */
function arrive(list: AlertList, alerts: Alert[]): AlertList {
  const known = new Map([...list.alerts, ...list.held].map((alert) => [alert.alertId, alert]));
  const changed: Alert[] = [];
  const fresh: Alert[] = [];
  const others: Alert[] = [];
  for (const alert of latestOfEach(alerts)) {
    const before = known.get(alert.alertId);
    if (before) {
      if (alert.changeSequence > before.changeSequence) changed.push(alert);
    } else if (alert.sequence > list.newest) {
      fresh.push(alert);
    } else if (alert.sequence > list.nextBefore) {
      others.push(alert);
    }
  }
  if (changed.length + fresh.length + others.length === 0) return list;
  const heldIds = new Set(list.held.map((alert) => alert.alertId));
  const shownNow = changed.filter((alert) => !heldIds.has(alert.alertId));
  const heldNow = changed.filter((alert) => heldIds.has(alert.alertId));
  const unseen = new Set(list.unseen);
  for (const alert of fresh) unseen.add(alert.alertId);
  const next: AlertList = {
    ...list,
    unseen,
    newest: newestOf(list.newest, fresh),
    held: merge(list.held, heldNow),
    lastArrivals: fresh.length > 0 ? fresh : list.lastArrivals,
    lastChanges: changed.length > 0 ? changed : list.lastChanges,
  };
  const inPlace = [...shownNow, ...others];
  return list.paused
    ? { ...next, alerts: merge(list.alerts, inPlace), held: merge(next.held, fresh) }
    : trim(next, merge(list.alerts, [...inPlace, ...fresh]));
}

function newestOf(newest: number, alerts: readonly Alert[]): number {
  return alerts.reduce((most, alert) => Math.max(most, alert.sequence), newest);
}

/** A batch may hold several changes of one alert; the last one says how it is. */
function latestOfEach(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) {
    const before = latest.get(alert.alertId);
    if (!before || alert.changeSequence >= before.changeSequence) latest.set(alert.alertId, alert);
  }
  return [...latest.values()];
}

/** Keeps the newest rows; the server still has the rest. */
function trim(list: AlertList, alerts: Alert[]): AlertList {
  const last = alerts[kMostRows - 1];
  if (alerts.length <= kMostRows || !last) return { ...list, alerts };
  return { ...list, alerts: alerts.slice(0, kMostRows), nextBefore: last.sequence };
}

/** Both lists as one, newest first, each alert once, in its latest state. */
export function merge(a: readonly Alert[], b: readonly Alert[]): Alert[] {
  if (b.length === 0) return [...a];
  return latestOfEach([...a, ...b]).sort((x, y) => y.sequence - x.sequence);
}

/** Where a live feed goes on from these alerts. */
export function cursorOf(alerts: readonly Alert[]): number {
  return alerts.reduce((most, alert) => Math.max(most, alert.changeSequence), 0);
}

export function matches(alert: Alert, filter: Filter): boolean {
  return (
    (!filter.ruleId || alert.ruleId === filter.ruleId) &&
    (!filter.siteId || alert.siteId === filter.siteId) &&
    (!filter.severity || alert.severity === filter.severity) &&
    (!filter.detection || alert.detection === filter.detection) &&
    (!filter.workflow ||
      (filter.workflow === 'open' ? isOpen(alert) : alert.workflow === filter.workflow))
  );
}

export function isFiltered(filter: Filter): boolean {
  return Object.values(filter).some((value) => value !== '');
}
