// SPDX-License-Identifier: Apache-2.0
// What a new rule starts from, made of the study's own items.
import type { Item } from '../../api/types';

const kDomains: Record<string, string> = { LB: 'lab', VS: 'vs', EG: 'eg', QS: 'pro' };

/** How rules write an item: "lab.ALT". */
export function ruleNameOf(item: Pick<Item, 'code' | 'domain' | 'ruleName'>): string {
  if (item.ruleName) return item.ruleName;
  const domain = kDomains[item.domain] ?? item.domain.toLowerCase();
  return domain ? `${domain}.${item.code}` : item.code;
}

/** Items that have a course of numbers, which the builder and the templates are about. */
export function numberSeries(items: readonly Item[]): Item[] {
  return items.filter((item) => item.type === 'NUMBER' && item.role === 'SERIES');
}

export type TemplateName = 'threshold' | 'trend' | 'hysLaw';

/** The item of one of these codes, or what would be written if there were one. */
function find(items: readonly Item[], codes: readonly string[], otherwise: string): string {
  for (const code of codes) {
    const item = items.find((one) => one.code === code);
    if (item) return ruleNameOf(item);
  }
  return otherwise;
}

const codeOf = (name: string) => name.slice(name.lastIndexOf('.') + 1);

function threshold(items: readonly Item[]): string {
  const first = items[0];
  const name = find(items, ['SYSBP'], first ? ruleNameOf(first) : 'vs.SYSBP');
  const isPressure = codeOf(name) === 'SYSBP';
  const [limit, beyond, short] = isPressure ? ['160.0', 165, 150] : ['100.0', 120, 80];
  return `rule: MY-RULE
title: "${codeOf(name)} at or above ${Number(limit)}"
title_zh: "${codeOf(name)} 不低于 ${Number(limit)}"
when: ${name}.value >= ${limit}
severity: warning
dedupe: episode          # one alert while it lasts; anchor: one for each value
explain: "${codeOf(name)} {${name}.value} on {${name}.time:date}"
explain_zh: "{${name}.time:date} ${codeOf(name)} 为 {${name}.value}"
tests:
  - name: beyond the limit
    given: [[${codeOf(name)}, D1, ${beyond}]]
    expect: [{at: D1, state: firing}]
  - name: short of it
    given: [[${codeOf(name)}, D1, ${short}]]
    expect: [{at: D1, state: inactive}]
`;
}

function trend(items: readonly Item[]): string {
  const name = find(items, ['WEIGHT'], items[0] ? ruleNameOf(items[0]) : 'vs.WEIGHT');
  return `rule: MY-TREND
title: "${codeOf(name)} up by 2 within 7 days"
title_zh: "${codeOf(name)} 7 天内升高 2"
when: ${name}.value - ${name}.window(days(7)).min() >= 2.0
severity: warning
explain: "${codeOf(name)} {${name}.value} on {${name}.time:date}"
explain_zh: "{${name}.time:date} ${codeOf(name)} 为 {${name}.value}"
tests:
  - name: two more within the week
    given: [[${codeOf(name)}, D1, 70], [${codeOf(name)}, D6, 72.5]]
    expect: [{at: D6, state: firing}]
  - name: slower than that
    given: [[${codeOf(name)}, D1, 70], [${codeOf(name)}, D20, 72.5]]
    expect: [{at: D20, state: inactive}]
`;
}

function hysLaw(items: readonly Item[]): string {
  const alt = find(items, ['ALT'], 'lab.ALT');
  const ast = find(items, ['AST'], '');
  const bili = find(items, ['BILI', 'TBILI'], 'lab.BILI');
  const alp = find(items, ['ALP'], '');
  const rise = [alt, ast]
    .filter((name) => name !== '')
    .map((name) => `${name}.window(days(14)).max_xuln() >= 3.0`);
  const enzymes = rise.length > 1 ? `(${rise.join('\n       || ')})` : rise.join('');
  // What is missing would make the condition unknown, so the tests give normal values of the rest.
  const beside = (day: string) =>
    [ast && [ast, 30, 40], alp && [alp, 80, 120]]
      .flatMap((one) =>
        one ? [`, [${codeOf(String(one[0]))}, ${day}, ${one[1]}, {uln: ${one[2]}}]`] : [],
      )
      .join('');
  const cholestasis = alp ? `\n      && !(${alp}.window(days(14)).max_xuln() >= 2.0)` : '';
  return `rule: HEP-HYS-LAW
title: "Potential Hy's law"
title_zh: 疑似 Hy 定律
# FDA, Drug-Induced Liver Injury (2009): transaminases at least 3 times the upper limit with
# bilirubin at least twice, within 14 days${alp ? ', without cholestasis' : ''}.
when: ${enzymes}
      && ${bili}.window(days(14)).max_xuln() >= 2.0${cholestasis}
resolve_when: ${alt}.xuln < 2.0 && ${bili}.xuln < 1.5
severity: critical
clock: {start: first_known, due: 24h}
explain: "ALT {${alt}.xuln:.1f}xULN on {${alt}.time:date}, bilirubin {${bili}.xuln:.1f}xULN on {${bili}.time:date}"
explain_zh: "{${alt}.time:date} ALT 为上限的 {${alt}.xuln:.1f} 倍，{${bili}.time:date} 胆红素为上限的 {${bili}.xuln:.1f} 倍"
tests:
  - name: both raised within two weeks
    given: [[${codeOf(alt)}, D1, 130, {uln: 40}], [${codeOf(bili)}, D9, 50, {uln: 20}]${beside('D9')}]
    expect: [{at: D9, state: firing}]
  - name: too far apart
    given: [[${codeOf(alt)}, D1, 130, {uln: 40}], [${codeOf(alt)}, D30, 30, {uln: 40}], [${codeOf(bili)}, D30, 50, {uln: 20}]${beside('D30')}]
    expect: [{at: D30, state: inactive}]
`;
}

/** The envelope of a template, in the items that the study has. */
export function templateText(name: TemplateName, items: readonly Item[]): string {
  const series = numberSeries(items);
  if (name === 'hysLaw') return hysLaw(series);
  return name === 'trend' ? trend(series) : threshold(series);
}
