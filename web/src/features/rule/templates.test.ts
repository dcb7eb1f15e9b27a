// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Item } from '../../api/types';
import { fromCel } from './cel_builder';
import { readField } from './envelope_text';
import { numberSeries, ruleNameOf, templateText } from './templates';

const item = (code: string, domain: string, over: Partial<Item> = {}): Item => ({
  code,
  name: code,
  domain,
  type: 'NUMBER',
  unit: '',
  acceptedUnits: [],
  plausibleLow: 0,
  plausibleHigh: 0,
  role: 'SERIES',
  ruleName: '',
  form: '',
  codelist: '',
  grading: '',
  expectedEvery: 0,
  unblinding: false,
  ...over,
});

describe('ruleNameOf', () => {
  it('takes the usual name of the domain, unless the item has one', () => {
    expect(ruleNameOf(item('ALT', 'LB'))).toBe('lab.ALT');
    expect(ruleNameOf(item('STEPS', 'DX'))).toBe('dx.STEPS');
    expect(ruleNameOf(item('TBILI', 'LB', { ruleName: 'lab.BILI' }))).toBe('lab.BILI');
  });
});

describe('templates', () => {
  const items = [
    item('SYSBP', 'VS'),
    item('ALT', 'LB'),
    item('TBILI', 'LB', { ruleName: 'lab.BILI' }),
    item('SEX', 'DM', { type: 'TEXT', role: 'ATTRIBUTE' }),
  ];

  it('are about what the study records', () => {
    expect(numberSeries(items).map((one) => one.code)).toEqual(['SYSBP', 'ALT', 'TBILI']);
    expect(fromCel(readField(templateText('threshold', items), 'when') ?? '')).toMatchObject({
      item: 'vs.SYSBP',
      threshold: 160,
    });
    expect(readField(templateText('threshold', [item('HR', 'VS')]), 'when')).toContain(
      'vs.HR.value',
    );
  });

  it('leave out of Hy’s law what the study does not record', () => {
    const few = readField(templateText('hysLaw', items), 'when') ?? '';
    expect(few).toContain('lab.BILI.window(days(14)).max_xuln() >= 2.0');
    expect(few).not.toMatch(/AST|ALP/);
    const all = templateText('hysLaw', [...items, item('AST', 'LB'), item('ALP', 'LB')]);
    expect(readField(all, 'when')).toMatch(/\(lab\.ALT.*\|\| lab\.AST.*\).*!\(lab\.ALP/);
    expect(all).toMatch(/\[ALP, D9, 80, \{uln: 120\}\]/);
  });
});
