// SPDX-License-Identifier: Apache-2.0
// Starts a back-test, follows it until it ends, and cancels it.
import { useCallback, useEffect, useState } from 'react';
import type { Backtest } from '../../api/types';
import { isAbort } from '../../api/problem';
import { useServices } from '../../services';

const kPollMilliseconds = 400;

export type BacktestOrder =
  { ruleId: string; version: number; mode: string } | { envelope: string; mode: string };

export interface BacktestRun {
  backtest: Backtest | null;
  error: unknown;
  isStarting: boolean;
  start: (order: BacktestOrder) => void;
  cancel: () => void;
}

export function isUnderWay(backtest: Backtest | null): boolean {
  return backtest?.status === 'loading' || backtest?.status === 'running';
}

/** `initialId`: of one that was run before; empty for none. `ended` is told once one is done. */
export function useBacktest(
  studyId: string,
  initialId: string,
  ended: () => void = () => undefined,
): BacktestRun {
  const { client } = useServices();
  const [backtest, setBacktest] = useState<Backtest | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isStarting, setIsStarting] = useState(false);
  const [backtestId, setBacktestId] = useState(initialId);
  const [isFresh, setIsFresh] = useState(false);

  useEffect(() => {
    if (!backtestId) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = () => {
      client
        .get('/api/v1/studies/{studyId}/backtests/{backtestId}', {
          path: { studyId, backtestId },
          signal: controller.signal,
        })
        .then(
          (now) => {
            setBacktest(now);
            if (isUnderWay(now)) timer = setTimeout(poll, kPollMilliseconds);
            else if (isFresh) ended();
          },
          (failure: unknown) => {
            if (!isAbort(failure)) setError(failure);
          },
        );
    };
    poll();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
    // `ended` is a new closure at every render.
  }, [client, studyId, backtestId, isFresh]);

  const start = useCallback(
    (order: BacktestOrder) => {
      setError(null);
      setBacktest(null);
      setBacktestId('');
      setIsStarting(true);
      client
        .post('/api/v1/studies/{studyId}/backtests', { path: { studyId }, body: order })
        .then(
          (made) => {
            setBacktest(made);
            setBacktestId(made.id);
            setIsFresh(true);
          },
          (failure: unknown) => setError(failure),
        )
        .finally(() => setIsStarting(false));
    },
    [client, studyId],
  );
  const cancel = useCallback(() => {
    if (!backtestId) return;
    client
      .post('/api/v1/studies/{studyId}/backtests/{backtestId}:cancel', {
        path: { studyId, backtestId },
        body: {},
      })
      .then(setBacktest, setError);
  }, [client, studyId, backtestId]);
  return { backtest, error, isStarting, start, cancel };
}
