// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { RuleVersion } from '../../api/types';
import { groupRules, matchesText, nameOf, progressOf } from './rule_groups';

const version = (ruleId: string, number: number, over: Partial<RuleVersion> = {}): RuleVersion => ({
  id: `${ruleId}/${number}`,
  studyId: 'S',
  ruleId,
  version: number,
  name: `${ruleId} name`,
  severity: 'WARNING',
  status: 'draft',
  contentHash: '',
  createdBy: 'u1',
  createdAt: 0,
  activeFrom: 0,
  activeUntil: 0,
  definition: '',
  nameZh: '',
  plainWords: '',
  plainWordsZh: '',
  items: ['ALT'],
  unblinding: false,
  testsPassed: false,
  tests: 0,
  backtestId: '',
  signatures: [],
  scope: 'subject',
  ...over,
});

describe('groupRules', () => {
  it('puts versions together, newest first, and lets the active one lead', () => {
    const groups = groupRules([
      version('R10', 1),
      version('R2', 1, { status: 'retired' }),
      version('R2', 3),
      version('R2', 2, { status: 'active' }),
    ]);
    expect(groups.map((group) => group.ruleId)).toEqual(['R2', 'R10']);
    expect(groups[0]?.versions.map((one) => one.version)).toEqual([3, 2, 1]);
    expect(groups[0]?.leading.version).toBe(2);
    expect(groups[1]?.leading.version).toBe(1);
  });
});

describe('matchesText', () => {
  it('looks at id, names and items', () => {
    const [group] = groupRules([version('HEP-01', 1, { nameZh: '疑似 Hy 定律' })]);
    expect(['hep', 'alt', '定律', ''].map((text) => matchesText(group!, text))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(matchesText(group!, 'kidney')).toBe(false);
  });
});

describe('nameOf', () => {
  it('is in the language of the page, where the rule has it', () => {
    const both = version('R', 1, { name: 'High', nameZh: '偏高' });
    expect([nameOf(both, 'en'), nameOf(both, 'zh-CN')]).toEqual(['High', '偏高']);
    expect(nameOf({ ...both, nameZh: '' }, 'zh-CN')).toBe('High');
    expect(nameOf({ ...both, name: '', nameZh: '' }, 'en')).toBe('R');
  });
});

describe('progressOf', () => {
  it('needs tests that there are', () => {
    expect(progressOf(version('R', 1, { testsPassed: true })).tested).toBe(false);
    expect(progressOf(version('R', 1, { testsPassed: true, tests: 2 })).tested).toBe(true);
    expect(progressOf(version('R', 1, { backtestId: 'b', status: 'active' }))).toMatchObject({
      backtested: true,
      signed: false,
      active: true,
    });
  });
});
