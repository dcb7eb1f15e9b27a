// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { alertsAt, formatRoute, newRuleAt, parseRoute, rulesAt } from './route';

describe('route', () => {
  it.each([
    alertsAt(null),
    alertsAt('CDISCPILOT01'),
    alertsAt('A/B ü', '01J-x'),
    rulesAt('CDISCPILOT01'),
    rulesAt('A/B ü', 'HEP/01'),
    rulesAt('CDISCPILOT01', 'VS-SYSBP-HIGH', 12),
    newRuleAt('CDISCPILOT01'),
  ])('comes back from its address: %o', (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each([
    '',
    '#',
    '#/',
    '#/other/1',
    '#/studies',
    '#/studies/%E0%A4%A',
    '#/studies/S/rules/R/x',
    '#/studies/S/elsewhere',
  ])('takes %o for the start page', (hash) => {
    expect(parseRoute(hash)).toEqual(alertsAt(null));
  });
});
