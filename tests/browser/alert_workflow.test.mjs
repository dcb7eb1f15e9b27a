// SPDX-License-Identifier: Apache-2.0
// What becomes of an alert: taken back by a correction, and worked on by people, with a signature.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage, password, Recorder, url } from './browser.mjs';

const folder = process.env.VEDETTE_SCREENSHOTS;
const recorder = new Recorder();
let browser;
let tab;
let page;

async function picture(name) {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const newRow = (rule) =>
  page
    .locator('.alert-table tbody tr.is-new')
    .filter({ hasText: recorder.subject.subjectNumber })
    .filter({ hasText: rule.name })
    .first();
const workflowIs = (state) =>
  page.locator(`.panel .standing [data-testid=workflow][data-value=${state}]`).waitFor();

before(async () => {
  await recorder.logIn();
  await recorder.prepare();
  browser = await launch();
  tab = await openPage(browser);
  page = tab.page;
  await page.goto(url);
  await logIn(page);
  await page.locator('.alert-table tbody tr').first().waitFor();
  await page.selectOption('[name=study]', recorder.studyId);
  await page.locator('.connection-open').waitFor();
});

after(async () => {
  await browser?.close();
});

test('a corrected value takes its alert back, in place, announced, with its lineage', async () => {
  const number = await recorder.recordTrouble(7);
  const row = newRow(recorder.rule);
  await row.waitFor();
  const alertId = await row.getAttribute('data-alert-id');
  await row.click();
  await page.locator('.panel .timeline [data-change=raised]').waitFor();
  await page.locator('.panel .standing [data-testid=detection][data-value=firing]').waitFor();
  const rows = await page.locator('.alert-table tbody tr').count();

  const answer = await recorder.correctLast(recorder.rule.condition.threshold - 30);
  assert.ok(answer.alertsRetracted >= 1, JSON.stringify(answer));
  await page
    .locator(`[data-alert-id="${alertId}"] [data-testid=detection][data-value=retracted]`)
    .waitFor();
  assert.equal(await page.locator('.alert-table tbody tr').count(), rows);
  await page
    .getByTestId('announcer-changes')
    .getByText(/^Retracted: /)
    .waitFor();

  await page.locator('.panel .standing [data-testid=detection][data-value=retracted]').waitFor();
  await page.locator('.panel .timeline [data-change=retracted]').waitFor();
  await page.locator('.observations tr.is-corrected del').getByText(String(number)).waitFor();
  await page.getByTestId('superseded-point').first().waitFor();
  await picture('retracted');
});

test('a critical alert is acknowledged, and closed with a signature', async () => {
  await recorder.recordTrouble(4, recorder.critical);
  const row = newRow(recorder.critical);
  await row.waitFor();
  await row.click();
  await workflowIs('new');
  await page.locator('[data-action=acknowledge]').click();
  await page.fill('.action-form [name=text]', 'seen');
  await page.click('.action-form button[type=submit]');
  await workflowIs('acknowledged');

  await page.locator('[data-action=close]').click();
  await page.selectOption('[name=closeAs]', 'false_positive');
  await page.getByTestId('signature-meaning').getByText('Closed as false positive').waitFor();
  await page.fill('.action-form [name=text]', 'The cuff was too small.');
  await page.fill('[name=signature]', 'not-the-password');
  await page.click('.action-form button[type=submit]');
  await page.getByRole('alert').getByText('The password is not right').waitFor();
  await picture('signature-refused');
  await page.fill('[name=signature]', password);
  await page.click('.action-form button[type=submit]');
  await workflowIs('closed');
  const closed = page.locator('.panel .timeline [data-change=close]');
  await closed.getByText('The cuff was too small.').waitFor();
  await closed.getByText(/^✍ Signed by .*closed as false_positive/).waitFor();
  await picture('closed');
});

test('filters know both axes', async () => {
  await page.keyboard.press('Escape');
  await page.selectOption('[name=detection]', 'retracted');
  await page.waitForFunction(() => {
    const badges = [...document.querySelectorAll('.cell-detection [data-testid=detection]')];
    return badges.length > 0 && badges.every((one) => one.dataset.value === 'retracted');
  });
  await page.selectOption('[name=detection]', '');
  await page.selectOption('[name=workflow]', 'closed');
  await page.waitForFunction(() => {
    const badges = [...document.querySelectorAll('.cell-workflow [data-testid=workflow]')];
    return badges.length > 0 && badges.every((one) => one.dataset.value === 'closed');
  });
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
});

test('a silence is made with a reason and a password, and ended', async () => {
  await page.getByRole('button', { name: 'Silences' }).click();
  await page.selectOption('[name=silenceRule]', recorder.calm.ruleId);
  await page.fill('[name=silenceSubject]', recorder.subject.subjectNumber);
  await page.fill('[name=silenceReason]', 'cuff is being replaced');
  await page.fill('[name=silencePassword]', password);
  await picture('silence');
  await page.getByRole('button', { name: 'Silence', exact: true }).click();
  const entry = page.locator('.silence-list li').filter({ hasText: 'cuff is being replaced' });
  await entry.first().waitFor();
  await entry.getByRole('button', { name: 'End now' }).first().click();
  await page.waitForFunction(() => {
    const entries = [...document.querySelectorAll('.silence-list li')];
    const own = entries.filter((one) => one.textContent.includes('cuff is being replaced'));
    return own.every((one) => !one.querySelector('button'));
  });
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
});

test('no script failed', () => {
  assert.deepEqual(tab.problems, []);
});
