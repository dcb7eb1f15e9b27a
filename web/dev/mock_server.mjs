// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server while working on the page: node dev/mock_server.mjs [port].
// User "monitor", password "mock". It serves dist/ and the routes the page calls, from memory, and
// raises an alert every few seconds. It promises nothing that the contract does not.
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  alerts,
  items,
  kMinute,
  micros,
  points,
  record,
  rules,
  subjects,
  totals,
  watchers,
} from './mock_study.mjs';

const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../dist');
const port = Number(process.argv[2] ?? process.env.PORT ?? 8080);
const quiet = process.env.MOCK_QUIET === '1';
const tokenSeconds = Number(process.env.MOCK_TOKEN_SECONDS ?? 3600);
const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
if (!quiet) {
  setInterval(() => {
    const subject = subjects[Math.floor(Math.random() * subjects.length)];
    const number = Math.round(142 + Math.random() * 50);
    record(subject, 'SYSBP', micros() - kMinute, { number, source: 'device' }, micros());
  }, 4000);
}

const tokens = new Map();
const send = (response, status, body, type = 'application/json') => {
  response.writeHead(status, {
    'content-type': type,
    'content-security-policy': "default-src 'self'",
  });
  response.end(JSON.stringify(body));
};
const problem = (response, status, code, detail, errors = []) =>
  send(
    response,
    status,
    { type: 'about:blank', title: code, status, detail, code, errors },
    'application/problem+json',
  );
const readBody = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
};
const count = (key) => {
  const groups = new Map();
  for (const { alert } of alerts) {
    const group = groups.get(alert[key]) ?? { key: alert[key], alerts: 0, who: new Set() };
    group.alerts += 1;
    group.who.add(alert.patientId);
    groups.set(alert[key], group);
  }
  return [...groups.values()].map(({ key: k, alerts: n, who }) => ({
    key: k,
    alerts: n,
    subjects: who.size,
  }));
};

const routes = [
  [
    'GET',
    /^\/api\/v1\/identity\/me$/,
    (_, response) =>
      send(response, 200, {
        id: 'u',
        username: 'monitor',
        displayName: 'Mona Tran',
        roles: [],
        createdAt: 0,
      }),
  ],
  [
    'GET',
    /^\/api\/v1\/studies$/,
    (_, response) =>
      send(response, 200, {
        studies: [
          {
            id: 'SIM-01',
            name: 'Simulated hypertension study',
            phase: '3',
            status: 'active',
            createdAt: 0,
            revision: 1,
          },
          {
            id: 'EMPTY-02',
            name: 'Study without data',
            phase: '1',
            status: 'active',
            createdAt: 0,
            revision: 1,
          },
          {
            id: 'SECRET-03',
            name: 'Refused study',
            phase: '1',
            status: 'active',
            createdAt: 0,
            revision: 1,
          },
        ],
      }),
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/rules$/,
    (match, response) => send(response, 200, { rules: match[1] === 'SIM-01' ? rules : [] }),
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/alerts:summary$/,
    (match, response) =>
      send(
        response,
        200,
        match[1] !== 'SIM-01'
          ? { alerts: 0, subjects: 0, events: 0, byRule: [], bySite: [] }
          : {
              alerts: alerts.length,
              subjects: new Set(alerts.map((a) => a.alert.patientId)).size,
              events: totals.events,
              byRule: count('ruleId'),
              bySite: count('siteId'),
            },
      ),
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/alerts\/([^/]+)$/,
    (match, response) => {
      const found = alerts.find((a) => a.alert.alertId === match[2]);
      if (!found) return problem(response, 404, 'not_found', 'No such alert in this study.');
      const { alert, rule: r, point, source } = found;
      send(response, 200, {
        alert,
        evidence: {
          ruleVersionId: r.id,
          ruleContentHash: r.contentHash,
          eventId: point.eventId,
          expression: `${alert.item} ${r.condition.comparison === 'GREATER_THAN' ? '>' : '>='} ${r.condition.threshold} ${r.condition.unit}`,
          value: point.number,
          unit: r.condition.unit,
          threshold: r.condition.threshold,
          comparison: r.condition.comparison,
          source,
          eventTime: alert.eventTime,
          receivedAt: alert.raisedAt - 3400,
        },
      });
    },
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/SIM-01\/subjects\/([^/]+)\/series\/([^/]+)$/,
    (match, response) => {
      const subject = subjects.find((s) => s.id === match[1]);
      send(response, 200, {
        subjectId: match[1],
        subjectNumber: subject?.number ?? '',
        item: match[2],
        unit: items[match[2]]?.unit ?? '',
        points: points.get(`${match[1]}/${match[2]}`) ?? [],
        thresholds: rules
          .filter((r) => r.condition.item === match[2])
          .map((r) => ({
            ruleId: r.ruleId,
            ruleName: r.name,
            comparison: r.condition.comparison,
            value: r.condition.threshold,
            severity: r.severity,
          })),
      });
    },
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/events$/,
    async (_, response, url, request) => {
      const body = await readBody(request);
      let raised = 0;
      for (const [i, event] of body.events.entries()) {
        const subject = subjects.find((s) => s.number === event.subjectNumber);
        if (!subject || !items[event.item]) {
          return problem(response, 400, 'invalid_argument', 'The batch was refused.', [
            {
              field: `events[${i}].${subject ? 'item' : 'subjectNumber'}`,
              description: 'is not known in this study',
            },
          ]);
        }
        raised += record(
          subject,
          event.item,
          Date.parse(event.time) * 1000,
          { ...event, source: body.source },
          micros(),
        );
      }
      send(response, 200, { recorded: body.events.length, duplicates: 0, alertsRaised: raised });
    },
  ],
  [
    'GET',
    /^\/api\/v1\/subjects$/,
    (_, response) =>
      send(response, 200, {
        subjects: subjects.map((s) => ({
          id: s.id,
          projectId: 'SIM-01',
          siteId: s.siteId,
          subjectNumber: s.number,
          name: s.name,
          mobile: '',
          age: 50,
          sex: 'F',
          status: 'enrolled',
          createdAt: 0,
        })),
        nextPageToken: '',
      }),
  ],
  [
    'GET',
    /^\/api\/monitor\/projects\/([^/]+)\/alerts$/,
    (match, response, url) => {
      if (match[1] === 'SECRET-03')
        return problem(
          response,
          403,
          'permission_denied',
          'Your roles do not cover study SECRET-03.',
        );
      const before = Number(url.searchParams.get('before') ?? 0) || Infinity;
      const size = Number(url.searchParams.get('pageSize') ?? 0) || 100;
      const wanted = alerts
        .map((a) => a.alert)
        .filter(
          (a) =>
            match[1] === 'SIM-01' &&
            a.sequence < before &&
            (!url.searchParams.get('ruleId') || a.ruleId === url.searchParams.get('ruleId')) &&
            (!url.searchParams.get('siteId') || a.siteId === url.searchParams.get('siteId')),
        )
        .sort((a, b) => b.sequence - a.sequence);
      const page = wanted.slice(0, size);
      send(response, 200, {
        alerts: page,
        nextBefore: wanted.length > size ? page[page.length - 1].sequence : 0,
      });
    },
  ],
  [
    'GET',
    /^\/api\/monitor\/projects\/([^/]+)\/alerts\/stream$/,
    (match, response, url, request) => {
      if (match[1] === 'SECRET-03')
        return problem(
          response,
          403,
          'permission_denied',
          'Your roles do not cover study SECRET-03.',
        );
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      const write = (alert) =>
        match[1] === 'SIM-01' &&
        response.write(`id: ${alert.sequence}\nevent: alert\ndata: ${JSON.stringify(alert)}\n\n`);
      const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? 0);
      if (after)
        alerts
          .map((a) => a.alert)
          .filter((a) => a.sequence > after)
          .forEach(write);
      watchers.add(write);
      request.on('close', () => watchers.delete(write));
    },
  ],
];

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  if (!url.pathname.startsWith('/api/')) {
    const file = join(dist, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    if (!file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile())
      return problem(response, 404, 'not_found', 'No such file.');
    response.writeHead(200, {
      'content-type': kTypes[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'",
    });
    return createReadStream(file).pipe(response);
  }
  try {
    if (url.pathname === '/api/v1/identity/login') {
      const { username, password } = await readBody(request);
      if (username !== 'monitor' || password !== 'mock')
        return problem(response, 401, 'unauthenticated', 'User name or password is wrong.');
      const token = randomUUID();
      tokens.set(token, Date.now() + tokenSeconds * 1000);
      return send(response, 200, {
        accessToken: token,
        tokenType: 'Bearer',
        expiresIn: tokenSeconds,
        user: {},
      });
    }
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (!((tokens.get(token) ?? 0) > Date.now()))
      return problem(response, 401, 'unauthenticated', 'The token has expired.');
    for (const [method, pattern, handle] of routes) {
      const match = method === request.method && pattern.exec(decodeURIComponent(url.pathname));
      if (match) return await handle(match, response, url, request);
    }
    problem(response, 404, 'not_found', 'No such route.');
  } catch {
    problem(response, 400, 'invalid_argument', 'The request cannot be read.');
  }
}).listen(port, '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${port}  user monitor, password mock`),
);
