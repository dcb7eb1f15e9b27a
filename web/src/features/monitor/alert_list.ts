// SPDX-License-Identifier: Apache-2.0
// The list of alerts as a value: pages from the server and arrivals from the live feed become one
// list, newest first, each alert once.
import type { Alert, AlertPage, Severity } from '../../api/types';

export interface Filter {
  ruleId: string;
  siteId: string;
  /** Empty for every severity. */
  severity: Severity | '';
}

export const noFilter: Filter = { ruleId: '', siteId: '', severity: '' };

export interface AlertList {
  status: 'loading' | 'ready' | 'failed';
  error: unknown;
  /** Newest first. */
  alerts: Alert[];
  /** Arrived while paused; not shown yet. */
  held: Alert[];
  /** Arrived live and not looked at yet. */
  unseen: ReadonlySet<string>;
  paused: boolean;
  loadingOlder: boolean;
  /** Where the next older page begins; 0 at the end. */
  nextBefore: number;
  /** The last batch that arrived live, for the announcement to screen readers. */
  lastArrivals: Alert[];
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
  lastArrivals: [],
};

export type Action =
  | { type: 'loading' }
  | { type: 'loaded'; page: AlertPage }
  | { type: 'failed'; error: unknown }
  | { type: 'loadingOlder' }
  | { type: 'loadedOlder'; page: AlertPage }
  | { type: 'failedOlder' }
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

function arrive(list: AlertList, alerts: Alert[]): AlertList {
  const known = new Set([...list.alerts, ...list.held].map((alert) => alert.alertId));
  const fresh = alerts.filter((alert) => !known.has(alert.alertId));
  if (fresh.length === 0) return list;
  const unseen = new Set(list.unseen);
  for (const alert of fresh) unseen.add(alert.alertId);
  const next = { ...list, unseen, lastArrivals: fresh };
  return list.paused
    ? { ...next, held: merge(list.held, fresh) }
    : trim(next, merge(list.alerts, fresh));
}

/** Keeps the newest rows; the server still has the rest. */
function trim(list: AlertList, alerts: Alert[]): AlertList {
  const last = alerts[kMostRows - 1];
  if (alerts.length <= kMostRows || !last) return { ...list, alerts };
  return { ...list, alerts: alerts.slice(0, kMostRows), nextBefore: last.sequence };
}

/** Both lists as one, newest first, each alert once. */
export function merge(a: readonly Alert[], b: readonly Alert[]): Alert[] {
  const byId = new Map<string, Alert>();
  for (const alert of a) byId.set(alert.alertId, alert);
  for (const alert of b) byId.set(alert.alertId, alert);
  return [...byId.values()].sort((x, y) => y.sequence - x.sequence);
}

export function matches(alert: Alert, filter: Filter): boolean {
  return (
    (!filter.ruleId || alert.ruleId === filter.ruleId) &&
    (!filter.siteId || alert.siteId === filter.siteId) &&
    (!filter.severity || alert.severity === filter.severity)
  );
}
