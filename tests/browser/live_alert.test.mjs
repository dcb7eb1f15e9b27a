// SPDX-License-Identifier: Apache-2.0
// The page in a real browser against a real server: an alert appears without reload, and explains
// itself. tests/browser/run starts the server; VEDETTE_URL, VEDETTE_USER and VEDETTE_PASSWORD name
// one that runs, VEDETTE_RECORDER and VEDETTE_RECORDER_PASSWORD who may record events there.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, Line, logIn, openPage, password, Recorder } from './browser.mjs';

const folder = process.env.VEDETTE_SCREENSHOTS;
const recorder = new Recorder();
const line = new Line();
let browser;
let tab;
let page;

async function picture(name, from = page) {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  // Numbers that slide or pulse would make no two pictures alike.
  await from.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const rows = () => page.locator('.alert-table tbody tr');
const newRows = () => page.locator('.alert-table tbody tr.is-new');
const unseenIn = (title) => Number(/^\((\d+)\)/.exec(title)?.[1] ?? 0);

before(async () => {
  await line.open();
  await recorder.logIn();
  await recorder.prepare();
  browser = await launch();
  tab = await openPage(browser);
  page = tab.page;
});

after(async () => {
  await browser?.close();
  line.close();
});

test('a wrong password is refused with a reason', async () => {
  await page.goto(line.url);
  await page.fill('[name=username]', 'monitor');
  await page.fill('[name=password]', 'not-the-password');
  await page.click('button[type=submit]');
  await page.getByRole('alert').getByText('not right').waitFor();
  await picture('login');
});

test('after log-in the alerts of the study are there, and the feed is live', async () => {
  await logIn(page);
  await page.locator('.connection-open').waitFor();
  await page.selectOption('[name=study]', recorder.studyId);
  await rows().first().waitFor();
  await page.locator('.connection-open').waitFor();
  assert.match(page.url(), new RegExp(`#/studies/${recorder.studyId}$`));
});

test('a new alert appears without reload, marked and announced', async () => {
  await page.evaluate(() => (window.notReloaded = true));
  const loads = tab.loads();
  const before = unseenIn(await page.title());
  const started = Date.now();
  const number = await recorder.recordTrouble(3);
  const row = newRows()
    .filter({ hasText: recorder.subject.subjectNumber })
    .filter({ hasText: recorder.rule.name })
    .first();
  await row.waitFor();
  const took = Date.now() - started;
  assert.ok(took < 3000, `the row came after ${took} ms`);
  assert.equal(await page.evaluate(() => window.notReloaded), true);
  assert.equal(tab.loads(), loads);
  await page.waitForFunction((n) => Number(/^\((\d+)\)/.exec(document.title)?.[1]) > n, before);
  const announced = await page
    .locator('[data-testid=announcer-polite], [data-testid=announcer-assertive]')
    .allTextContents();
  assert.match(announced.join(' '), /alert/);
  await picture('live-alerts');

  await row.click();
  await page.getByTestId('evidence-value').getByText(String(number)).waitFor();
});

test('the alert explains itself: evidence, threshold and its point in the series', async () => {
  const { threshold, item } = recorder.rule.condition;
  const shown = await page.getByTestId('evidence-threshold').textContent();
  assert.equal(Number.parseFloat(shown), threshold);
  await page.locator('.evidence').getByText(recorder.rule.contentHash).waitFor();
  await page.locator('.evidence').getByText('browser-test').waitFor();
  const marked = page.getByTestId('marked-point').first();
  await marked.waitFor();
  assert.equal(Number(await marked.getAttribute('data-value')), threshold + 3);
  const lines = await page
    .getByTestId('threshold')
    .evaluateAll((all) => all.map((line) => Number(line.dataset.value)));
  assert.ok(lines.includes(threshold), `${threshold} is not among ${lines}`);
  assert.match(await page.locator('.chart-focus').getAttribute('aria-label'), new RegExp(item));
  await picture('detail');
  const readmeImage = process.env.VEDETTE_README_IMAGE;
  if (readmeImage) {
    await recorder.recordTrouble(6);
    await newRows().first().waitFor();
    await page.getByTestId('count-alerts').hover();
    await page.waitForTimeout(2500);
    mkdirSync(dirname(readmeImage), { recursive: true });
    await page.screenshot({ path: readmeImage, animations: 'disabled' });
  }
});

test('the chart is read with the keyboard', async () => {
  await page.locator('.chart-focus').focus();
  await page.keyboard.press('ArrowLeft');
  const tip = page.locator('.chart-tip');
  await tip.getByText(String(recorder.rule.condition.threshold + 3)).waitFor();
  const first = await tip.textContent();
  await page.keyboard.press('Home');
  assert.notEqual(await tip.textContent(), first);
  await page.keyboard.press('Escape');
  assert.equal(await tip.textContent(), '');
  await page.getByText('Values as a table').click();
  await page.locator('.series-table tr.is-selected').waitFor();
});

test('an address leads back to the alert, and Escape closes it', async () => {
  const address = page.url();
  assert.match(address, /\/alerts\/[^/]+$/);
  await page.reload();
  await page.getByTestId('marked-point').first().waitFor();
  assert.equal(page.url(), address);
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
});

test('filters narrow the list', async () => {
  await page.selectOption('[name=rule]', recorder.rule.ruleId);
  await page.locator('.connection-open').waitFor();
  await page.waitForFunction(
    (name) =>
      [...document.querySelectorAll('.cell-rule')].length > 0 &&
      [...document.querySelectorAll('.cell-rule')].every((cell) => cell.textContent === name),
    recorder.rule.name,
  );
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  assert.equal(await page.inputValue('[name=rule]'), '');
});

test('a paused list waits, and shows what came when it goes on', async () => {
  await rows().first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await recorder.recordTrouble(4);
  await page.locator('.paused-banner').getByText(/wait/).waitFor();
  await page
    .locator('.paused-banner')
    .getByText(/^Paused\. \d+ new/)
    .waitFor();
  assert.equal(await newRows().count(), 0);
  await page.locator('.paused-banner').click();
  await newRows().first().waitFor();
});

test('a lost connection is told, and what was missed comes when it is back', async () => {
  await page.getByRole('button', { name: /Mark as seen/ }).click();
  line.cut();
  await page.locator('.connection-waiting, .connection-connecting').waitFor();
  await recorder.recordTrouble(5);
  assert.equal(await newRows().count(), 0);
  line.mend();
  await newRows().filter({ hasText: recorder.subject.subjectNumber }).first().waitFor();
  await page.locator('.connection-open').waitFor();
});

test('the page speaks Chinese, and remembers it', async () => {
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '实时警报' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  await page.reload();
  await page.getByRole('heading', { name: '实时警报' }).waitFor();
  await rows().first().click();
  await page.getByTestId('marked-point').first().waitFor();
  await picture('detail-zh');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Live alerts' }).waitFor();
});

test('a token that is no longer taken leads to the log-in, and back', async () => {
  const address = page.url();
  await page.evaluate(() => {
    const session = JSON.parse(sessionStorage.getItem('vedette.session'));
    sessionStorage.setItem('vedette.session', JSON.stringify({ ...session, token: 'a.b.c' }));
  });
  await page.reload();
  await page.getByText('Your session has ended').waitFor();
  await logIn(page);
  await page.getByTestId('marked-point').first().waitFor();
  assert.equal(page.url(), address);
});

test('on a phone, and in the dark, it holds together', async () => {
  const looks = [
    ['phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ['tablet-dark', { viewport: { width: 1024, height: 768 }, colorScheme: 'dark' }],
    ['dark', { colorScheme: 'dark', locale: 'zh-CN' }],
  ];
  for (const [name, options] of looks) {
    const other = await openPage(browser, options);
    await other.page.goto(line.url);
    await logIn(other.page);
    await other.page.selectOption('[name=study]', recorder.studyId);
    await other.page.locator('.alert-table tbody tr').first().waitFor();
    const overflow = await other.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(overflow, 0, `${name} scrolls sideways`);
    await picture(name, other.page);
    await other.page.locator('.alert-table tbody tr').first().click();
    await other.page.getByTestId('marked-point').first().waitFor();
    await picture(`${name}-detail`, other.page);
    assert.deepEqual(other.problems, []);
    await other.context.close();
  }
});

test('nothing leaves the origin, nothing personal is in an address, no script failed', () => {
  assert.deepEqual(tab.problems, []);
  for (const request of tab.requests) {
    assert.ok(request.startsWith(`${line.url}/`), `asked for ${request}`);
    assert.ok(!request.includes(encodeURIComponent(password)), 'a password in an address');
    assert.ok(!/eyJ|token=/i.test(request), 'a token in an address');
  }
});
