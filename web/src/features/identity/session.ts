// SPDX-License-Identifier: Apache-2.0
// Who is signed in, for this tab only: kept in memory and in sessionStorage, so that a reload stays
// signed in and closing the tab signs out.

export interface Session {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export type SignedOutReason = 'ended' | 'signedOut' | null;

export interface SessionState {
  session: Session | null;
  reason: SignedOutReason;
}

type KeyStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const kStorageKey = 'vedette.session';

export class SessionStore {
  private state: SessionState;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly storage: KeyStore,
    private readonly now: () => number = Date.now,
  ) {
    const session = this.read();
    this.state = { session, reason: null };
    if (session) this.watchExpiry(session);
  }

  readonly get = (): SessionState => this.state;

  readonly token = (): string | null => this.state.session?.token ?? null;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  start(token: string, expiresInSeconds: number): void {
    const session = { token, expiresAt: this.now() + expiresInSeconds * 1000 };
    this.storage.setItem(kStorageKey, JSON.stringify(session));
    this.watchExpiry(session);
    this.change({ session, reason: null });
  }

  readonly end = (reason: SignedOutReason): void => {
    if (!this.state.session) return;
    clearTimeout(this.timer);
    this.storage.removeItem(kStorageKey);
    this.change({ session: null, reason });
  };

  private change(state: SessionState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private watchExpiry(session: Session): void {
    clearTimeout(this.timer);
    // Timers hold at most 2^31 ms; a token that lives longer outlives the tab.
    const left = Math.min(session.expiresAt - this.now(), 2 ** 31 - 1);
    this.timer = setTimeout(() => this.end('ended'), left);
  }

  private read(): Session | null {
    try {
      const value: unknown = JSON.parse(this.storage.getItem(kStorageKey) ?? 'null');
      if (typeof value !== 'object' || value === null) return null;
      const { token, expiresAt } = value as Record<string, unknown>;
      if (typeof token !== 'string' || typeof expiresAt !== 'number') return null;
      return expiresAt > this.now() ? { token, expiresAt } : null;
    } catch {
      return null;
    }
  }
}
