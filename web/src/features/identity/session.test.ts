// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionStore } from './session';

class MemoryStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.values.set(key, value);
  removeItem = (key: string) => void this.values.delete(key);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('SessionStore', () => {
  it('survives a reload until the token expires', () => {
    const storage = new MemoryStorage();
    new SessionStore(storage).start('t', 60);
    vi.advanceTimersByTime(30_000);
    const reloaded = new SessionStore(storage);
    expect(reloaded.token()).toBe('t');
    vi.advanceTimersByTime(30_000);
    expect(reloaded.get()).toEqual({ session: null, reason: 'ended' });
    expect(new SessionStore(storage).token()).toBeNull();
  });

  it('tells its listeners, and leaves nothing behind at the end', () => {
    const storage = new MemoryStorage();
    const store = new SessionStore(storage);
    const changed = vi.fn();
    const stop = store.subscribe(changed);
    store.start('t', 60);
    store.end('signedOut');
    expect(changed).toHaveBeenCalledTimes(2);
    expect(store.get().reason).toBe('signedOut');
    expect(storage.values.size).toBe(0);
    stop();
    store.start('t', 60);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('lives with a token that outlasts the longest timer', () => {
    const store = new SessionStore(new MemoryStorage());
    store.start('t', 400 * 86_400);
    vi.advanceTimersByTime(1000);
    expect(store.token()).toBe('t');
  });

  it.each(['{', 'null', '{"token":1}', '[]'])('takes the broken entry %s for none', (text) => {
    const storage = new MemoryStorage();
    storage.setItem('vedette.session', text);
    expect(new SessionStore(storage).token()).toBeNull();
  });
});
