// SPDX-License-Identifier: Apache-2.0
// What the address says: #/studies/{study}/alerts/{alert}, #/studies/{study}/rules/{rule}/{version},
// #/studies/{study}/new-rule. Ids only, never personal data.
import { useSyncExternalStore } from 'react';

export type Place = 'alerts' | 'rules' | 'newRule';

export interface Route {
  studyId: string | null;
  place: Place;
  alertId: string | null;
  ruleId: string | null;
  /** Of the rule; 0 for its newest version. */
  version: number;
}

const kStart: Route = { studyId: null, place: 'alerts', alertId: null, ruleId: null, version: 0 };

export function alertsAt(studyId: string | null, alertId: string | null = null): Route {
  return { ...kStart, studyId, alertId };
}

export function rulesAt(studyId: string | null, ruleId: string | null = null, version = 0): Route {
  return { ...kStart, studyId, place: 'rules', ruleId, version };
}

export function newRuleAt(studyId: string | null): Route {
  return { ...kStart, studyId, place: 'newRule' };
}

/** Anything that is no address of ours is the start page. */
export function parseRoute(hash: string): Route {
  const match = /^#\/studies\/([^/]+)(\/.*)?$/.exec(hash);
  const studyId = decode(match?.[1]);
  if (!match || !studyId) return kStart;
  const rest = (match[2] ?? '').replace(/\/$/, '');
  if (rest === '') return alertsAt(studyId);
  if (rest === '/new-rule') return newRuleAt(studyId);
  const alert = /^\/alerts\/([^/]+)$/.exec(rest);
  if (alert) return alertsAt(studyId, decode(alert[1]));
  const rule = /^\/rules(?:\/([^/]+)(?:\/(\d{1,9}))?)?$/.exec(rest);
  return rule ? rulesAt(studyId, decode(rule[1]), Number(rule[2] ?? 0)) : kStart;
}

export function formatRoute(route: Route): string {
  if (!route.studyId) return '#/';
  const study = `#/studies/${encodeURIComponent(route.studyId)}`;
  if (route.place === 'newRule') return `${study}/new-rule`;
  if (route.place === 'rules') {
    if (!route.ruleId) return `${study}/rules`;
    const rule = `${study}/rules/${encodeURIComponent(route.ruleId)}`;
    return route.version > 0 ? `${rule}/${route.version}` : rule;
  }
  return route.alertId ? `${study}/alerts/${encodeURIComponent(route.alertId)}` : study;
}

export function navigate(route: Route, how: 'push' | 'replace' = 'push'): void {
  const hash = formatRoute(route);
  if (hash === window.location.hash) return;
  if (how === 'push') {
    window.location.hash = hash;
  } else {
    window.history.replaceState(null, '', hash);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  }
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseRoute(hash);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

function decode(text: string | undefined): string | null {
  if (!text) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
