// SPDX-License-Identifier: Apache-2.0
// Loads a study's alerts and follows its live feed.
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import type { Alert } from '../../api/types';
import { followStream, waitInBrowser, type ConnectionState } from '../../api/follow';
import { isAbort } from '../../api/problem';
import type { ServerSentEvent } from '../../api/sse';
import { useServices } from '../../services';
import { cursorOf, initialList, reduce, type AlertList, type Filter } from './alert_list';

const kPageSize = 100;
/** Arrivals within this time become one change of the page. */
const kBatchMilliseconds = 60;

export interface Alerts {
  list: AlertList;
  connection: ConnectionState;
  reload: () => void;
  loadOlder: () => void;
  seen: (alertId: string) => void;
  allSeen: () => void;
  /** Takes an alert as the server gave it in answer to an action. */
  take: (alert: Alert) => void;
  setPaused: (paused: boolean) => void;
}

export function useAlerts(studyId: string, filter: Filter): Alerts {
  const { client, session } = useServices();
  const [list, dispatch] = useReducer(reduce, initialList);
  const [connection, setConnection] = useState<ConnectionState>({ kind: 'connecting' });
  const [attempt, setAttempt] = useState(0);
  const reload = useCallback(() => setAttempt((n) => n + 1), []);

  // The newest change known; null until the first page is there.
  const [cursor, setCursor] = useState<number | null>(null);
  // Pages are asked for under a filter; an answer to an earlier filter must not arrive in the list.
  const generation = useRef(0);

  const fetchPage = useCallback(
    (before: number, signal?: AbortSignal) =>
      client.get('/api/monitor/projects/{projectId}/alerts', {
        path: { projectId: studyId },
        query: {
          pageSize: kPageSize,
          ...(before ? { before } : {}),
          ...(filter.ruleId ? { ruleId: filter.ruleId } : {}),
          ...(filter.siteId ? { siteId: filter.siteId } : {}),
          ...(filter.detection ? { detection: filter.detection } : {}),
          ...(filter.workflow ? { workflow: filter.workflow } : {}),
        },
        ...(signal ? { signal } : {}),
      }),
    [client, studyId, filter.ruleId, filter.siteId, filter.detection, filter.workflow],
  );

  useEffect(() => {
    const controller = new AbortController();
    generation.current += 1;
    dispatch({ type: 'loading' });
    fetchPage(0, controller.signal).then(
      (page) => {
        if (controller.signal.aborted) return;
        dispatch({ type: 'loaded', page });
        setCursor((known) => known ?? cursorOf(page.alerts));
      },
      (error: unknown) => {
        if (!isAbort(error) && !controller.signal.aborted) dispatch({ type: 'failed', error });
      },
    );
    return () => controller.abort();
  }, [fetchPage, attempt]);

  // The feed of a study goes on while filters change.
  const latestFetch = useRef(fetchPage);
  latestFetch.current = fetchPage;
  useEffect(() => {
    if (cursor === null) return;
    const controller = new AbortController();
    const { signal } = controller;
    let waiting: Alert[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const alerts = waiting;
      waiting = [];
      dispatch({ type: 'arrived', alerts });
    };
    void followStream({
      open: (lastEventId) =>
        client.openStream('/api/monitor/projects/{projectId}/alerts/stream', {
          path: { projectId: studyId },
          lastEventId,
          signal,
        }),
      lastEventId: cursor > 0 ? String(cursor) : '',
      onOpen: (lastEventId) => {
        // Without a place to go on from, what came between the page and the feed is in the page.
        if (lastEventId) return;
        latestFetch.current(0, signal).then(
          (page) => dispatch({ type: 'arrived', alerts: page.alerts }),
          () => undefined,
        );
      },
      onEvents: (events) => {
        waiting.push(...events.flatMap(readAlert));
        if (waiting.length > 0) timer ??= setTimeout(flush, kBatchMilliseconds);
      },
      onState: (state) => {
        if (signal.aborted) return;
        setConnection(state);
        if (state.kind === 'refused' && state.error.status === 401) session.end('ended');
      },
      signal,
      wait: waitInBrowser,
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [client, session, studyId, cursor]);

  const { nextBefore, loadingOlder } = list;
  const loadOlder = useCallback(() => {
    if (!nextBefore || loadingOlder) return;
    const asked = generation.current;
    dispatch({ type: 'loadingOlder' });
    fetchPage(nextBefore).then(
      (page) => {
        if (asked === generation.current) dispatch({ type: 'loadedOlder', page });
      },
      () => {
        if (asked === generation.current) dispatch({ type: 'failedOlder' });
      },
    );
  }, [fetchPage, nextBefore, loadingOlder]);

  const seen = useCallback((alertId: string) => dispatch({ type: 'seen', alertId }), []);
  const allSeen = useCallback(() => dispatch({ type: 'allSeen' }), []);
  const take = useCallback((alert: Alert) => dispatch({ type: 'arrived', alerts: [alert] }), []);
  const setPaused = useCallback(
    (paused: boolean) => dispatch({ type: paused ? 'pause' : 'resume' }),
    [],
  );
  return { list, connection, reload, loadOlder, seen, allSeen, take, setPaused };
}

/** The alert an event of the feed carries; none for other events and for what cannot be read. */
function readAlert(event: ServerSentEvent): Alert[] {
  if (event.event !== 'alert' && event.event !== 'message') return [];
  try {
    const value = JSON.parse(event.data) as Alert;
    return typeof value.alertId === 'string' &&
      typeof value.sequence === 'number' &&
      typeof value.changeSequence === 'number'
      ? [value]
      : [];
  } catch {
    return [];
  }
}
