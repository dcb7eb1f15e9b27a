// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useState, type DependencyList } from 'react';
import { isAbort } from '../api/problem';

export interface Loaded<T> {
  data: T | null;
  error: unknown;
  /** Loads again; what is shown stays until the answer is there. */
  reload: () => void;
}

/** Loads when mounted and when `dependencies` change; an answer that comes too late is dropped. */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  dependencies: DependencyList,
): Loaded<T> {
  const [state, setState] = useState<{ key: DependencyList; data: T | null; error: unknown }>({
    key: dependencies,
    data: null,
    error: null,
  });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key: dependencies, data, error: null });
      },
      (error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        setState((previous) => ({
          key: dependencies,
          data: same(previous.key, dependencies) ? previous.data : null,
          error,
        }));
      },
    );
    return () => controller.abort();
    // `load` is a new closure at every render; what it depends on is given in `dependencies`.
  }, [...dependencies, attempt]);
  const reload = useCallback(() => setAttempt((n) => n + 1), []);
  const current = same(state.key, dependencies);
  return { data: current ? state.data : null, error: current ? state.error : null, reload };
}

function same(a: DependencyList, b: DependencyList): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
