// SPDX-License-Identifier: Apache-2.0
// A rule's way: written with a mistake and its message, tried, signed by a second person, at work.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { author, launch, logIn, openPage, password, Recorder, url } from './browser.mjs';

const folder = process.env.VEDETTE_SCREENSHOTS;
const recorder = new Recorder();
const ruleId = `BROWSER-${Date.now()}`;
let browser;
let tab;
let page;

async function picture(name, from = page) {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await from.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const statusIs = (status, on = page) =>
  on
    .locator(`.rule-view .panel-head [data-testid=rule-status][data-value=${status}]`)
    .first()
    .waitFor();
const verdict = (text) => page.getByTestId('check-verdict').getByText(text).waitFor();

async function openRules(on, who) {
  await on.goto(url);
  await logIn(on, who);
  await on.locator('[name=study]').waitFor();
  await on.selectOption('[name=study]', recorder.studyId);
  await on.getByRole('link', { name: 'Rules' }).click();
  await on.locator('.rule-list li').first().waitFor();
}

before(async () => {
  await recorder.logIn();
  await recorder.prepare();
  browser = await launch();
  tab = await openPage(browser);
  page = tab.page;
  await openRules(page, author);
});

after(async () => {
  await browser?.close();
});

test('the rules of the study say what they watch for', async () => {
  const entry = page.locator(`[data-rule-id="${recorder.rule.ruleId}"]`);
  await entry.getByText(recorder.rule.name).waitFor();
  await entry.getByText('Active').waitFor();
  await entry.locator('a').click();
  await statusIs('active');
  await page.locator('.definition').getByText('when:').waitFor();
  await picture('rule');
});

test('what a new rule can start from has no mistakes in this study', async () => {
  await page.getByRole('button', { name: 'New rule' }).click();
  for (const name of ['Potential Hy’s law', 'A rise in a week', 'A limit']) {
    await page.getByRole('button', { name }).click();
    await verdict('No mistakes');
    assert.equal(await page.locator('.test-list .passed').count(), 2, name);
    assert.equal(await page.locator('.test-list .failed').count(), 0, name);
  }
  const image = process.env.VEDETTE_RULES_IMAGE;
  if (image) {
    await page.getByRole('button', { name: 'Try it on the recorded data' }).click();
    await page.locator('.rule-editor [data-testid=backtest][data-status=done]').waitFor();
    mkdirSync(dirname(image), { recursive: true });
    const size = page.viewportSize();
    await page.setViewportSize({ ...size, height: 1180 });
    await page.screenshot({ path: image, animations: 'disabled' });
    await page.setViewportSize(size);
  }
});

test('a mistake is told with its place, and a click leads to it', async () => {
  const { ruleName } = recorder.rule.condition;
  const wrong = `${ruleName}X`;
  const text = (item) => `rule: ${ruleId}
title: "Browser test"
title_zh: 浏览器测试
when: ${item}.value >= 150.0
      && ${ruleName}.value < 500.0
severity: warning
dedupe: anchor
explain: "Value {${ruleName}.value}"
tests:
  - name: beyond the limit
    given: [[${recorder.rule.condition.item}, D1, 155]]
    expect: [{at: D1, state: firing}]
  - name: short of it
    given: [[${recorder.rule.condition.item}, D1, 120]]
    expect: [{at: D1, state: inactive}]
`;
  await page.fill('[name=envelope]', text(wrong));
  await verdict('1 mistake');
  assert.equal(await page.getByRole('button', { name: 'Save as draft' }).isDisabled(), true);
  const message = page.locator('.diagnostics button').first();
  assert.match(await message.textContent(), /line 4/);
  assert.ok((await message.textContent()).includes(ruleName), await message.textContent());
  await message.click();
  const selected = await page
    .locator('[name=envelope]')
    .evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.ok(selected.startsWith(wrong), `selected "${selected}"`);
  await picture('rule-mistake');

  await page.fill('[name=envelope]', text(ruleName));
  await verdict('No mistakes');
  await page.getByTestId('plain-words').waitFor();
  assert.equal(await page.locator('.test-list .passed').count(), 2);
});

test('the form writes the condition, and reads it back', async () => {
  await page.getByText('This condition says more').waitFor();
  const text = await page.inputValue('[name=envelope]');
  const { ruleName } = recorder.rule.condition;
  await page.fill('[name=envelope]', text.replace(/\n\s+&& .*/, ''));
  await page.locator('[name=builderNumber]').waitFor();
  assert.equal(await page.inputValue('[name=builderNumber]'), '150');
  await page.selectOption('[name=builderLook]', 'max');
  await page.fill('[name=builderLength]', '3');
  assert.match(
    await page.inputValue('[name=envelope]'),
    new RegExp(
      `when: ${ruleName.replace('.', '\\.')}\\.window\\(days\\(3\\)\\)\\.max\\(\\) >= 150\\.0`,
    ),
  );
  await page.selectOption('[name=builderLook]', 'value');
  await verdict('No mistakes');
});

test('a draft is tried on the recorded data before it is kept', async () => {
  await page.getByRole('button', { name: 'Try it on the recorded data' }).click();
  await page.locator('.rule-editor [data-testid=backtest][data-status=done]').waitFor();
  const found = await page.locator('.rule-editor .numbers dd').first().textContent();
  assert.ok(Number(found.replace(/\D/g, '')) > 0, `it found ${found}`);
  await picture('rule-editor');
});

test('it is saved, back-tested, signed by another, and put to work', async () => {
  await page.getByRole('button', { name: 'Save as draft' }).click();
  await statusIs('draft');
  await page.getByTestId('author-may-not-sign').waitFor();
  await page.getByRole('button', { name: 'Run a back-test' }).click();
  await page.locator('.rule-view [data-testid=backtest][data-status=done]').waitFor();
  await page.locator('.way .is-done').getByText('Back-test attached').waitFor();

  const second = await openPage(browser);
  await openRules(second.page);
  await second.page.locator(`[data-rule-id="${ruleId}"] a`).click();
  await second.page.getByRole('button', { name: 'Sign…' }).click();
  await second.page.fill('dialog [name=signature]', password);
  await picture('rule-sign', second.page);
  await second.page.locator('dialog button[type=submit]').click();
  await statusIs('signed', second.page);
  await second.page.locator('.signed').first().waitFor();
  assert.deepEqual(second.problems, []);
  await second.context.close();

  await page.reload();
  await statusIs('signed');
  await page.getByRole('button', { name: 'Activate…' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Activate', exact: true }).click();
  await statusIs('active');
  await picture('rule-active');
});

test('what is active is not edited but followed by a next version', async () => {
  await page.getByRole('button', { name: 'Write the next version' }).click();
  const text = await page.inputValue('[name=envelope]');
  await page.fill('[name=envelope]', text.replace('150.0', '152.0'));
  await verdict('No mistakes');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await statusIs('draft');
  await page.getByRole('button', { name: 'Run a back-test' }).click();
  await page.locator('.rule-view [data-testid=backtest][data-status=done]').waitFor();
  await page.getByText('Against version 1').first().waitFor();
  await picture('rule-compared');
});

test('it can be retired', async () => {
  await page.locator('.version-row a').filter({ hasText: 'Version 1' }).click();
  await page.getByRole('button', { name: 'Retire…' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Retire', exact: true }).click();
  await statusIs('retired');
});

test('in Chinese, and on a phone', async () => {
  const phone = await openPage(browser, {
    viewport: { width: 390, height: 844 },
    locale: 'zh-CN',
  });
  await phone.page.goto(url);
  await logIn(phone.page, author);
  await phone.page.locator('[name=study]').waitFor();
  await phone.page.selectOption('[name=study]', recorder.studyId);
  await phone.page.getByRole('link', { name: '规则' }).click();
  await phone.page.locator(`[data-rule-id="${ruleId}"] a`).click();
  await phone.page.getByText('启用流程').waitFor();
  for (const wanted of ['rule-phone-zh', 'rule-editor-phone-zh']) {
    const overflow = await phone.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(overflow, 0, `${wanted} scrolls sideways`);
    await picture(wanted, phone.page);
    if (wanted === 'rule-phone-zh') {
      await phone.page.getByRole('button', { name: '编写下一版' }).click();
      await phone.page.getByText('没有错误').waitFor();
    }
  }
  assert.deepEqual(phone.problems, []);
  await phone.context.close();
});

test('no script failed', () => {
  assert.deepEqual(tab.problems, []);
});
