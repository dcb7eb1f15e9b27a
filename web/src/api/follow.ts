// SPDX-License-Identifier: Apache-2.0
// Keeps a stream of server-sent events open: reconnects with backoff, from where it stopped.
import { ApiError, isAbort, parseProblem, UnreachableError } from './problem';
import { EventStreamParser, type ServerSentEvent } from './sse';

export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** Broken; tried again at `retryAt` (milliseconds since the epoch). */
  | { kind: 'waiting'; retryAt: number }
  /** The server refuses this stream; trying again would not help. */
  | { kind: 'refused'; error: ApiError };

export interface FollowOptions {
  /** Opens the stream after the given event id; empty for new events only. */
  open: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  lastEventId: string;
  onOpen: (lastEventId: string) => void;
  onEvents: (events: ServerSentEvent[]) => void;
  onState: (state: ConnectionState) => void;
  signal: AbortSignal;
  /** Resolves after the given milliseconds, or earlier when trying at once makes sense. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  now?: () => number;
  random?: () => number;
}

const kFirstDelay = 500;
const kLongestDelay = 15_000;
/** The server writes at least every 15 s; a longer silence is a connection that died unnoticed. */
const kLongestSilence = 45_000;

/** Milliseconds before attempt `failures + 1`: doubling, at most 15 s, spread over its upper half. */
export function backoff(failures: number, base: number, random: () => number): number {
  const ceiling = Math.min(kLongestDelay, base * 2 ** Math.min(failures, 16));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** Runs until `signal` fires or the server refuses the stream. Never throws. */
export async function followStream(options: FollowOptions): Promise<void> {
  const { signal, now = Date.now, random = Math.random } = options;
  let lastEventId = options.lastEventId;
  let failures = 0;
  let base = kFirstDelay;
  while (!signal.aborted) {
    options.onState({ kind: 'connecting' });
    try {
      const response = await options.open(lastEventId, signal);
      options.onState({ kind: 'open' });
      options.onOpen(lastEventId);
      const parser = new EventStreamParser();
      for await (const chunk of readChunks(response)) {
        failures = 0;
        const all = parser.push(chunk);
        const events = all.filter((event) => event.event !== 'error');
        if (events.length > 0) {
          lastEventId = events[events.length - 1]?.id || lastEventId;
          options.onEvents(events);
        }
        // The server ends a stream that failed with a problem document.
        const problem = all.find((event) => event.event === 'error');
        if (problem) throw parseProblem(problem.data, null);
      }
      base = Math.max(kFirstDelay, parser.retry ?? kFirstDelay);
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (error instanceof ApiError && isFinal(error)) {
        options.onState({ kind: 'refused', error });
        return;
      }
    }
    if (signal.aborted) return;
    const delay = backoff(failures, base, random);
    failures += 1;
    options.onState({ kind: 'waiting', retryAt: now() + delay });
    await options.wait(delay, signal);
  }
}

function isFinal(error: ApiError): boolean {
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

async function* readChunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    // Closes the connection when the reader left early.
    reader.cancel().catch(() => undefined);
  }
}

function withinSilence<T>(read: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new UnreachableError('The server fell silent.')),
      kLongestSilence,
    );
    read.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Waits, but no longer than until the browser says it is online again. */
export function waitInBrowser(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
