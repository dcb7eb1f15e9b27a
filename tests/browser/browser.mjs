// SPDX-License-Identifier: Apache-2.0
// Chromium for the tests, and a plain client for what the tests do behind the page's back.
import { createRequire } from 'node:module';
import net from 'node:net';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))(
  'playwright-core',
);

export const url = required('VEDETTE_URL').replace(/\/$/, '');
export const user = required('VEDETTE_USER');
export const password = required('VEDETTE_PASSWORD');

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}; tests/browser/run does.`);
  return value;
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.VEDETTE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page in a fresh profile, with what went wrong in it and what it asked for. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  let navigations = 0;
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // Refused calls are part of the tests; scripts that fail and broken policies are not.
    const expected = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !expected) problems.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  page.on('load', () => (navigations += 1));
  return { page, context, problems, requests, loads: () => navigations };
}

export async function logIn(page, who = { user, password }) {
  await page.fill('[name=username]', who.user);
  await page.fill('[name=password]', who.password);
  await page.click('button[type=submit]');
}

/** Who may record events, and write rules. */
export const author = {
  user: process.env.VEDETTE_RECORDER ?? user,
  password: process.env.VEDETTE_RECORDER_PASSWORD ?? password,
};

const kUpper = /^([a-z]\w*\.\w+)\.value (>=?) (\d+(?:\.\d+)?)$/;

/** The upper threshold on one item that a rule is; null for any other rule. */
function upperThreshold(rule, items) {
  const when = /^\s*when: *"?([^"\n]*?)"?\s*$/m.exec(rule.definition)?.[1] ?? '';
  const match = kUpper.exec(when);
  const item = match && items.find((one) => match[1].endsWith(`.${one.code}`));
  return item
    ? { ruleName: match[1], item: item.code, threshold: Number(match[3]), unit: item.unit }
    : null;
}

/** A line to the server that can be cut: what the page sees when a network fails. */
export class Line {
  sockets = new Set();
  isCut = false;

  async open() {
    const target = new URL(url);
    this.server = net.createServer((near) => {
      if (this.isCut) return near.destroy();
      const far = net.connect(Number(target.port || 80), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        this.sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
    await new Promise((listening) => this.server.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  cut() {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.isCut = false;
  }

  close() {
    this.cut();
    this.server?.close();
  }
}

/** Calls the API as somebody who may record events. */
export class Recorder {
  async logIn() {
    const answer = await this.call('POST', '/api/v1/identity/login', {
      username: author.user,
      password: author.password,
    });
    this.token = answer.accessToken;
  }

  async call(method, path, body) {
    const response = await fetch(url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /**
   * Picks rules with an upper threshold, one of them critical, one that may be silenced, and the
   * subjects, in the first study that has all.
   */
  async prepare() {
    const { studies } = await this.call('GET', '/api/v1/studies');
    for (const { id } of studies) {
      const { rules } = await this.call('GET', `/api/v1/studies/${id}/rules?status=active`);
      const { items } = await this.call('GET', `/api/v1/studies/${id}/items`);
      const upper = rules
        .map((rule) => ({ ...rule, condition: upperThreshold(rule, items) }))
        .filter((rule) => rule.condition !== null);
      // Blood pressure has the longest series, where it is measured at all.
      const rule = upper.find((r) => r.condition.item === 'SYSBP') ?? upper[0];
      const critical = upper.find((r) => r.severity === 'CRITICAL');
      const calm = rules.find((r) => r.severity !== 'CRITICAL');
      if (!rule || !critical || !calm) continue;
      const { subjects } = await this.call('GET', `/api/v1/subjects?projectId=${id}&pageSize=100`);
      if (subjects.length === 0) continue;
      Object.assign(this, { studyId: id, rule, critical, calm, subjects });
      return;
    }
    throw new Error(
      'No study has active rules with upper thresholds, one of them critical, and subjects.',
    );
  }

  /**
   * Records a value just beyond the threshold, of a subject that this raises an alert for: one
   * whose last value was beyond it already only goes on with the alert it has. Each call takes
   * another subject, which is `subject` from then on.
   */
  async recordTrouble(beyond, rule = this.rule) {
    const { item, threshold, unit } = rule.condition;
    const number = threshold + beyond;
    while (this.subjects.length > 0) {
      const subject = this.subjects.shift();
      const event = {
        subjectNumber: subject.subjectNumber,
        item,
        number,
        unit,
        time: new Date().toISOString(),
        idempotencyKey: `browser/${process.pid}/${Date.now()}/${subject.subjectNumber}`,
      };
      const answer = await this.record(event);
      if (answer.recorded !== 1) throw new Error(`Not recorded: ${JSON.stringify(answer)}`);
      if (answer.alertsRaised < 1) continue;
      this.lastEvent = event;
      this.subject = subject;
      return number;
    }
    throw new Error('Every subject is in trouble already.');
  }

  /** Says that the last trouble was another value. */
  async correctLast(number) {
    const { lastEvent } = this;
    const idempotencyKey = `${lastEvent.idempotencyKey}/corrected`;
    return this.record({
      ...lastEvent,
      number,
      corrects: lastEvent.idempotencyKey,
      idempotencyKey,
    });
  }

  record(event) {
    return this.call('POST', `/api/v1/studies/${this.studyId}/events`, {
      source: 'browser-test',
      events: [event],
    });
  }
}
