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
  change,
  conditionOf,
  correct,
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
    const last = alerts[alerts.length - 3];
    if (last && Math.random() < 0.3 && last.alert.detection === 'firing') correct(last);
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

/** What the mock knows of versions that were written here: drafts, and their back-tests. */
const drafts = [];
const backtests = new Map();
const field = (text, key) => new RegExp(`^${key}: *"?(.*?)"?$`, 'm').exec(text)?.[1] ?? '';

function checkEnvelope(text) {
  const condition = field(text, 'when');
  const unknown = /\b(?:lab|vs)\.(\w+)/g;
  const diagnostics = [];
  for (const match of condition.matchAll(unknown)) {
    if (items[match[1]]) continue;
    diagnostics.push({
      gravity: 'error',
      code: 'unknown_item',
      message: `unknown item '${match[0]}'`,
      suggestion: "did you mean 'vs.SYSBP'?",
      line: 1,
      column: match.index + 1,
      length: match[0].length,
      rendered: `line 1: ${condition}\n${' '.repeat(8 + match.index)}^`,
    });
  }
  if (diagnostics.length > 0) return { diagnostics, rules: [] };
  return {
    diagnostics,
    rules: [
      {
        ruleId: field(text, 'rule'),
        definition: text,
        contentHash: '0'.repeat(64),
        plainWords: `Holds when ${condition}`,
        plainWordsZh: `当 ${condition} 成立`,
        items: [...condition.matchAll(unknown)].map((match) => match[1]),
        lookBackSeconds: 0,
        cost: 5,
        unblinding: false,
        tests: [...text.matchAll(/- name: (.*)/g)].map((match) => ({
          name: match[1],
          passed: true,
          message: '',
        })),
      },
    ],
  };
}

function backtestOf(id) {
  const backtest = backtests.get(id);
  if (!backtest || backtest.status === 'cancelled') return backtest;
  const progress = Math.min(1, (Date.now() - backtest.startedAt / 1000) / 3000);
  const days = Array.from({ length: 60 }, (_, i) => ({
    key: new Date(Date.now() - (60 - i) * 86_400_000).toISOString().slice(0, 10),
    alerts: (i * 7) % 5,
    records: (i * 7) % 9,
  }));
  return Object.assign(backtest, {
    progress,
    status: progress < 1 ? 'running' : 'done',
    ...(progress < 1
      ? {}
      : {
          alerts: days.reduce((sum, day) => sum + day.alerts, 0),
          subjects: 14,
          byDay: days,
          bySite: [703, 701, 705].map((site, i) => ({ key: String(site), alerts: 60 - 20 * i })),
          bySubject: subjects.slice(0, 6).map((s, i) => ({ key: s.number, alerts: 20 - 3 * i })),
          overlap: [
            { ruleId: 'VS-SYSBP-HIGH', both: 80, onlyThis: 40, onlyOther: 30, earlier: 12 },
          ],
          examples: subjects.slice(0, 4).map((s, i) => ({
            subjectNumber: s.number,
            siteId: s.siteId,
            started: micros() - i * 9e9,
            fired: micros() - i * 9e9,
            resolved: i % 2 ? micros() : 0,
          })),
        }),
  });
}

const kToStates = {
  acknowledge: 'acknowledged',
  start_review: 'in_review',
  open_query: 'query_open',
  answer_query: 'in_review',
  escalate: 'escalated',
  close: 'closed',
  reopen: 'in_review',
};

const routes = [
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/alerts\/([^/]+):act$/,
    async (match, response, url, request) => {
      const body = await readBody(request);
      const found = alerts.find((a) => a.alert.alertId === match[1]);
      if (!found) return problem(response, 404, 'NOT_FOUND', 'No such alert in this study.');
      const { alert } = found;
      if (body.seen && body.seen !== alert.changeSequence) {
        return problem(response, 409, 'CONFLICT', 'The alert has changed.');
      }
      const isSigned = body.action === 'close' && alert.severity === 'CRITICAL';
      if (isSigned && body.password !== 'mock') {
        return problem(response, 401, 'UNAUTHENTICATED', 'The user name or password is wrong.');
      }
      change(
        found,
        body.action,
        {
          workflow: kToStates[body.action] ?? alert.workflow,
          closedAs: body.closeAs ?? '',
          assignee: body.assignee || alert.assignee,
        },
        {
          by: 'monitor',
          reason: body.closeAs,
          text: body.text,
          signatureMeaning: isSigned ? `closed as ${body.closeAs}` : '',
          signedBy: isSigned ? 'Mona Tran' : '',
        },
      );
      send(response, 200, alert);
    },
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/silences$/,
    (_, response) => send(response, 200, { silences: [] }),
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/items$/,
    (_, response) =>
      send(response, 200, {
        items: Object.entries(items).map(([code, { unit }]) => ({
          code,
          name: code,
          domain: code === 'ALT' ? 'LB' : 'VS',
          type: 'NUMBER',
          role: 'SERIES',
          unit,
          ruleName: '',
        })),
        revision: 1,
      }),
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/rules:check$/,
    async (_, response, url, request) =>
      send(response, 200, checkEnvelope((await readBody(request)).envelope)),
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/rules$/,
    async (_, response, url, request) => {
      const { ruleId, envelope } = await readBody(request);
      const { rules: checked } = checkEnvelope(envelope);
      if (!checked[0]) {
        return problem(response, 400, 'INVALID_ARGUMENT', 'The rule has mistakes.', [
          { field: 'envelope', description: 'does not compile' },
        ]);
      }
      const others = [...rules, ...drafts].filter((r) => r.ruleId === ruleId);
      const made = {
        ...rules[0],
        id: randomUUID(),
        ruleId,
        version: others.length + 1,
        name: field(envelope, 'title'),
        nameZh: field(envelope, 'title_zh'),
        severity: field(envelope, 'severity').toUpperCase(),
        status: 'draft',
        definition: envelope,
        plainWords: checked[0].plainWords,
        plainWordsZh: checked[0].plainWordsZh,
        items: checked[0].items,
        tests: checked[0].tests.length,
        testsPassed: true,
        createdAt: Math.floor(Date.now() / 1000),
        activeFrom: 0,
      };
      drafts.push(made);
      send(response, 201, made);
    },
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/rules\/([^/:]+):(sign|activate|retire)$/,
    async (match, response, url, request) => {
      const body = await readBody(request);
      const all = [...rules, ...drafts].filter((r) => r.ruleId === match[1]);
      const chosen = all.find((r) => r.version === body.version) ?? all[all.length - 1];
      if (match[2] === 'sign') {
        if (body.password !== 'mock') {
          return problem(response, 401, 'UNAUTHENTICATED', 'The user name or password is wrong.');
        }
        chosen.signatures = [
          { userId: 'u', name: 'Mona Tran', meaning: body.meaning, signedAt: micros() },
        ];
        chosen.status = 'signed';
      } else {
        for (const each of all) {
          if (each.status === 'active')
            Object.assign(each, { status: 'retired', activeUntil: micros() });
        }
        if (match[2] === 'activate') {
          Object.assign(chosen, { status: 'active', activeFrom: micros() });
        }
      }
      send(response, 200, chosen);
    },
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/backtests$/,
    async (_, response, url, request) => {
      const body = await readBody(request);
      const id = randomUUID();
      const kept = [...rules, ...drafts].find(
        (r) => r.ruleId === body.ruleId && r.version === body.version,
      );
      if (kept) kept.backtestId = id;
      backtests.set(id, {
        id,
        mode: body.mode || 'as_corrected',
        status: 'loading',
        progress: 0,
        startedAt: micros(),
        events: totals.events,
        records: 300,
        notEvaluable: 7,
        days: 60,
        retracted: 0,
        alertsPerSubjectMonth: 0.8,
        error: '',
        comparedWith: 0,
        appear: [],
        disappear: [],
        byDay: [],
        bySite: [],
        bySubject: [],
        overlap: [],
        examples: [],
      });
      send(response, 202, backtestOf(id));
    },
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/SIM-01\/backtests\/([^/:]+)$/,
    (match, response) => {
      const backtest = backtestOf(match[1]);
      if (!backtest) return problem(response, 404, 'NOT_FOUND', 'No such back-test.');
      send(response, 200, backtest);
    },
  ],
  [
    'POST',
    /^\/api\/v1\/studies\/SIM-01\/backtests\/([^/:]+):cancel$/,
    (match, response) => {
      const backtest = backtestOf(match[1]);
      if (!backtest) return problem(response, 404, 'NOT_FOUND', 'No such back-test.');
      if (backtest.status !== 'done') backtest.status = 'cancelled';
      send(response, 200, backtest);
    },
  ],
  [
    'GET',
    /^\/api\/v1\/identity\/me$/,
    (_, response) =>
      send(response, 200, {
        id: 'u',
        username: 'monitor',
        displayName: 'Mona Tran',
        roles: [{ role: 'data_manager', studyId: '*', siteId: '*' }],
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
    (match, response) =>
      send(response, 200, { rules: match[1] === 'SIM-01' ? [...rules, ...drafts] : [] }),
  ],
  [
    'GET',
    /^\/api\/v1\/studies\/([^/]+)\/alerts:summary$/,
    (match, response) =>
      send(
        response,
        200,
        match[1] !== 'SIM-01'
          ? {
              alerts: 0,
              subjects: 0,
              events: 0,
              firing: 0,
              open: 0,
              retracted: 0,
              byRule: [],
              bySite: [],
            }
          : {
              alerts: alerts.length,
              subjects: new Set(alerts.map((a) => a.alert.patientId)).size,
              events: totals.events,
              firing: alerts.filter((a) => a.alert.detection === 'firing').length,
              open: alerts.filter((a) => a.alert.workflow !== 'closed').length,
              retracted: alerts.filter((a) => a.alert.detection === 'retracted').length,
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
          condition: conditionOf(alert.item, r.comparison, r.threshold),
          plainWords: r.plainWords,
          plainWordsZh: r.plainWordsZh,
          steps: [
            {
              expression: conditionOf(alert.item, r.comparison, r.threshold),
              value: 'true',
              unit: '',
              depth: 0,
            },
            {
              expression: `vs.${alert.item}.value`,
              value: String(point.number),
              unit: r.unit,
              depth: 1,
            },
          ],
          observations: [
            {
              eventId: point.eventId,
              version: 1,
              item: alert.item,
              time: alert.eventTime,
              number: point.number,
              comparator: '',
              unit: r.unit,
              correctedBy: found.correctedBy ?? '',
              withdrawn: false,
            },
          ],
          source,
          eventTime: alert.eventTime,
          receivedAt: alert.raisedAt - 3400,
        },
        history: found.history,
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
          .filter((r) => r.item === match[2])
          .map((r) => ({
            ruleId: r.ruleId,
            ruleName: r.name,
            comparison: r.comparison,
            value: r.threshold,
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
            (!url.searchParams.get('siteId') || a.siteId === url.searchParams.get('siteId')) &&
            (!url.searchParams.get('detection') ||
              a.detection === url.searchParams.get('detection')) &&
            (!url.searchParams.get('workflow') ||
              (url.searchParams.get('workflow') === 'open'
                ? a.workflow !== 'closed'
                : a.workflow === url.searchParams.get('workflow'))),
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
        response.write(
          `id: ${alert.changeSequence}\nevent: alert\ndata: ${JSON.stringify(alert)}\n\n`,
        );
      const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? 0);
      if (after)
        alerts
          .map((a) => a.alert)
          .filter((a) => a.changeSequence > after)
          .sort((a, b) => a.changeSequence - b.changeSequence)
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
