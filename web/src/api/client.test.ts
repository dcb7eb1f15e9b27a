// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import { ApiClient, buildUrl } from './client';
import { ApiError, UnreachableError } from './problem';

function problem(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

function clientWith(answer: (url: string, init: RequestInit) => Promise<Response> | Response) {
  const onSessionEnd = vi.fn();
  let token: string | null = 'token-1';
  const client = new ApiClient({
    token: () => token,
    onSessionEnd,
    fetch: async (input, init) => answer(String(input), init ?? {}),
  });
  return { client, onSessionEnd, setToken: (next: string | null) => (token = next) };
}

const studies = (client: ApiClient) => client.get('/api/v1/studies', { path: {} });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (e: unknown) => e,
  );

describe('ApiClient', () => {
  it('sends the token, and gives the answer', async () => {
    let authorization: string | null = null;
    const { client } = clientWith((_, init) => {
      authorization = new Headers(init.headers).get('authorization');
      return Response.json({ studies: [] });
    });
    expect(await studies(client)).toEqual({ studies: [] });
    expect(authorization).toBe('Bearer token-1');
  });

  it('reads a problem document with its fields and Retry-After', async () => {
    const { client, onSessionEnd } = clientWith(() =>
      problem(
        400,
        {
          title: 'Bad request',
          detail: 'Two fields are wrong.',
          code: 'invalid_argument',
          errors: [{ field: 'events[0].unit', description: 'is not a unit of SYSBP' }, 'broken'],
        },
        { 'retry-after': '3' },
      ),
    );
    const error = await failure(studies(client));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_argument',
      detail: 'Two fields are wrong.',
      fields: [{ field: 'events[0].unit', description: 'is not a unit of SYSBP' }],
      retryAfterSeconds: 3,
    });
    expect(onSessionEnd).not.toHaveBeenCalled();
  });

  it.each([
    ['an HTML page', new Response('<h1>Bad gateway</h1>', { status: 502 })],
    [
      'broken JSON',
      new Response('{', { status: 502, headers: { 'content-type': 'application/json' } }),
    ],
  ])('gives the status when the failure is %s', async (_, response) => {
    const { client } = clientWith(() => response);
    expect(await failure(studies(client))).toMatchObject({ status: 502, detail: 'HTTP 502' });
  });

  it('ends the session when the token is refused', async () => {
    const { client, onSessionEnd } = clientWith(() => problem(401, { detail: 'Token expired.' }));
    expect(await failure(studies(client))).toMatchObject({ status: 401 });
    expect(onSessionEnd).toHaveBeenCalledOnce();
  });

  it('does not end the session for a refused log-in', async () => {
    const { client, onSessionEnd, setToken } = clientWith(() => problem(401, {}));
    setToken(null);
    await failure(
      client.post('/api/v1/identity/login', { path: {}, body: { username: 'a', password: 'b' } }),
    );
    expect(onSessionEnd).not.toHaveBeenCalled();
  });

  it('does not end the session for a wrong password of a signature', async () => {
    const { client, onSessionEnd } = clientWith(() => problem(401, {}));
    const refused = client.post('/api/v1/studies/{studyId}/rules/{ruleId}:sign', {
      path: { studyId: 'S', ruleId: 'R' },
      body: { version: 1, password: 'wrong', meaning: 'reviewed' },
      signs: true,
    });
    expect(await failure(refused)).toMatchObject({ status: 401 });
    expect(onSessionEnd).not.toHaveBeenCalled();
  });

  it('does not end a newer session because an older token was refused', async () => {
    const made = clientWith(() => {
      made.setToken('token-2');
      return problem(401, {});
    });
    await failure(studies(made.client));
    expect(made.onSessionEnd).not.toHaveBeenCalled();
  });

  it('tells an unreachable server from an aborted call', async () => {
    const away = clientWith(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await failure(studies(away.client))).toBeInstanceOf(UnreachableError);
    const aborted = clientWith(() => Promise.reject(new DOMException('gone', 'AbortError')));
    expect(await failure(studies(aborted.client))).toMatchObject({ name: 'AbortError' });
  });

  it('asks for a stream from where it stopped', async () => {
    let headers = new Headers();
    const { client } = clientWith((_, init) => {
      headers = new Headers(init.headers);
      return new Response('');
    });
    const route = '/api/monitor/projects/{projectId}/alerts/stream' as const;
    const { signal } = new AbortController();
    await client.openStream(route, { path: { projectId: 'S' }, lastEventId: '41', signal });
    expect(headers.get('last-event-id')).toBe('41');
    expect(headers.get('accept')).toBe('text/event-stream');
    await client.openStream(route, { path: { projectId: 'S' }, lastEventId: '', signal });
    expect(headers.has('last-event-id')).toBe(false);
  });
});

describe('buildUrl', () => {
  it('escapes path and query, and leaves out what is empty', () => {
    expect(buildUrl('/a/{x}/b', { x: 'ü/1' }, { p: 'a b', q: '', r: undefined, s: 0 })).toBe(
      '/a/%C3%BC%2F1/b?p=a+b&s=0',
    );
  });

  it('refuses a route without its parameter', () => {
    expect(() => buildUrl('/a/{x}', {})).toThrow('needs x');
    expect(() => buildUrl('/a/{x}', { x: '' })).toThrow('needs x');
  });
});
