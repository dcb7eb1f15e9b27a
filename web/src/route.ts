// SPDX-License-Identifier: Apache-2.0
// What the address says: #/studies/{study}/alerts/{alert}. Ids only, never personal data.
import { useSyncExternalStore } from 'react';

export interface Route {
  studyId: string | null;
  alertId: string | null;
}

/** Anything that is no address of ours is the start page. */
export function parseRoute(hash: string): Route {
  const match = /^#\/studies\/([^/]+)(?:\/alerts\/([^/]+))?\/?$/.exec(hash);
  return { studyId: decode(match?.[1]), alertId: decode(match?.[2]) };
}

export function formatRoute(route: Route): string {
  if (!route.studyId) return '#/';
  const study = `#/studies/${encodeURIComponent(route.studyId)}`;
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
