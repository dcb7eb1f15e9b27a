// SPDX-License-Identifier: Apache-2.0
// A typed fetch over the generated contract.
import { isAbort, readProblem, UnreachableError } from './problem';
import type { Answer, Body, PathParameters, PathsWith, QueryParameters } from './types';

export interface ClientOptions {
  /** The access token, or null before log-in. */
  token: () => string | null;
  /** Called when the server no longer takes the token that a call carried. */
  onSessionEnd: () => void;
  fetch?: typeof fetch;
  baseUrl?: string;
}

interface Call {
  method: 'GET' | 'POST';
  path: string;
  pathParameters?: object | undefined;
  query?: object | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** The body holds a password that may be wrong: a 401 says nothing of the token then. */
  signs?: boolean;
}

export class ApiClient {
  private readonly send: typeof fetch;

  constructor(private readonly options: ClientOptions) {
    this.send = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Throws ApiError, UnreachableError, or an AbortError when `signal` fired. */
  async get<P extends PathsWith<'get'>>(
    path: P,
    parameters: {
      path: PathParameters<P, 'get'>;
      query?: QueryParameters<P, 'get'>;
      signal?: AbortSignal;
    },
  ): Promise<Answer<P, 'get'>> {
    const response = await this.call({
      method: 'GET',
      path,
      pathParameters: parameters.path,
      query: parameters.query,
      signal: parameters.signal,
    });
    return (await response.json()) as Answer<P, 'get'>;
  }

  async post<P extends PathsWith<'post'>>(
    path: P,
    parameters: {
      path: PathParameters<P, 'post'>;
      body: Body<P, 'post'>;
      signal?: AbortSignal;
      signs?: boolean;
    },
  ): Promise<Answer<P, 'post'>> {
    const response = await this.call({
      method: 'POST',
      path,
      pathParameters: parameters.path,
      body: parameters.body,
      signal: parameters.signal,
      signs: parameters.signs ?? false,
    });
    return (await response.json()) as Answer<P, 'post'>;
  }

  /** Opens a stream of server-sent events after the event `lastEventId`; empty for new events only. */
  openStream<P extends PathsWith<'get'>>(
    path: P,
    parameters: { path: PathParameters<P, 'get'>; lastEventId: string; signal: AbortSignal },
  ): Promise<Response> {
    return this.call({
      method: 'GET',
      path,
      pathParameters: parameters.path,
      headers: {
        accept: 'text/event-stream',
        ...(parameters.lastEventId ? { 'last-event-id': parameters.lastEventId } : {}),
      },
      signal: parameters.signal,
    });
  }

  private async call(call: Call): Promise<Response> {
    const token = this.options.token();
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';

    const init: RequestInit = { method: call.method, headers, cache: 'no-store' };
    if (call.body !== undefined) init.body = JSON.stringify(call.body);
    if (call.signal) init.signal = call.signal;

    let response: Response;
    try {
      response = await this.send(this.url(call), init);
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new UnreachableError('The server did not answer.', { cause: error });
    }
    if (response.ok) return response;
    const problem = await readProblem(response);
    // A wrong password is a 401 too, but that call carried no token; a newer token stays valid.
    if (problem.status === 401 && !call.signs && token && token === this.options.token()) {
      this.options.onSessionEnd();
    }
    throw problem;
  }

  private url(call: Call): string {
    return (this.options.baseUrl ?? '') + buildUrl(call.path, call.pathParameters, call.query);
  }
}

/** Fills `{name}` in a route and appends the query; parameters that say nothing are left out. */
export function buildUrl(route: string, path: object = {}, query: object = {}): string {
  const values = path as Record<string, unknown>;
  const filled = route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === '') throw new Error(`Route ${route} needs ${name}`);
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}
