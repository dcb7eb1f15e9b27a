// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backoff, followStream, type ConnectionState } from './follow';
import { ApiError, UnreachableError } from './problem';

type Attempt = () => Response;

const stream = (...chunks: string[]): Attempt => {
  return () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
          controller.close();
        },
      }),
    );
};
const fail =
  (error: Error): Attempt =>
  () => {
    throw error;
  };

/** Follows through the given attempts, then stops. */
async function run(attempts: Attempt[], lastEventId = '') {
  const controller = new AbortController();
  const seen = {
    asked: [] as string[],
    data: [] as string[],
    states: [] as ConnectionState['kind'][],
    waits: [] as number[],
    opened: [] as string[],
  };
  await followStream({
    open: async (id) => {
      seen.asked.push(id);
      const attempt = attempts.shift();
      if (!attempt) {
        controller.abort();
        throw new DOMException('stopped', 'AbortError');
      }
      return attempt();
    },
    lastEventId,
    onOpen: (id) => seen.opened.push(id),
    onEvents: (events) => seen.data.push(...events.map((e) => e.data)),
    onState: (state) => seen.states.push(state.kind),
    signal: controller.signal,
    wait: async (milliseconds) => void seen.waits.push(milliseconds),
    now: () => 0,
    random: () => 1,
  });
  return seen;
}

afterEach(() => void vi.useRealTimers());

describe('followStream', () => {
  it('goes on after the last event that came', async () => {
    const seen = await run([stream('id: 8\ndata: a\n\n', 'id: 9\ndata: b\n\n'), stream()], '7');
    expect(seen.data).toEqual(['a', 'b']);
    expect(seen.asked).toEqual(['7', '9', '9']);
    expect(seen.opened).toEqual(['7', '9']);
  });

  it('waits longer after every failure, and shortly again once data came', async () => {
    const away = fail(new UnreachableError('away'));
    const seen = await run([away, away, away, stream(': ping\n'), away]);
    expect(seen.waits).toEqual([500, 1000, 2000, 500, 1000]);
    expect(seen.states.slice(0, 3)).toEqual(['connecting', 'waiting', 'connecting']);
    expect(seen.states).toContain('open');
  });

  it('waits as long as the server asks', async () => {
    const seen = await run([stream('retry: 4000\n\n')]);
    expect(seen.waits).toEqual([4000]);
  });

  it('tries again when the server is overloaded or failing', async () => {
    const seen = await run([
      fail(new ApiError(429, '', '')),
      fail(new ApiError(503, '', '')),
      stream('data: x\n\n'),
    ]);
    expect(seen.data).toEqual(['x']);
  });

  it('ends as the server says when it fails in the middle', async () => {
    const ending = (status: number) =>
      stream('id: 4\ndata: x\n\n', `event: error\ndata: {"status":${status},"detail":"No."}\n\n`);
    const overloaded = await run([ending(503), ending(401)]);
    expect(overloaded.data).toEqual(['x', 'x']);
    expect(overloaded.asked).toEqual(['', '4']);
    expect(overloaded.states.slice(-1)).toEqual(['refused']);
  });

  it('takes a long silence for a broken connection', async () => {
    vi.useFakeTimers();
    const cancelled = vi.fn();
    const silent: Attempt = () => new Response(new ReadableStream({ cancel: cancelled }));
    const running = run([silent], '3');
    await vi.advanceTimersByTimeAsync(44_000);
    expect(cancelled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await running).asked).toEqual(['3', '3']);
    expect(cancelled).toHaveBeenCalled();
  });

  it('gives up when the server refuses', async () => {
    const seen = await run([fail(new ApiError(403, '', 'Not yours.')), stream('data: x\n\n')]);
    expect(seen.asked).toHaveLength(1);
    expect(seen.states).toEqual(['connecting', 'refused']);
  });
});

describe('backoff', () => {
  it('stays within half of and the whole of its ceiling, at most 15 s', () => {
    for (let failures = 0; failures < 40; failures += 1) {
      const ceiling = Math.min(15_000, 500 * 2 ** failures);
      expect(backoff(failures, 500, () => 0)).toBe(ceiling / 2);
      expect(backoff(failures, 500, () => 1)).toBe(ceiling);
    }
  });
});
