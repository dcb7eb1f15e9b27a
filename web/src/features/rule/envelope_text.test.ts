// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fieldsOf, readField, replaceField } from './envelope_text';

const text = `# a rule
rule: HEP-01
title: "Potential \\"Hy's law\\""
when: (lab.ALT.xuln >= 3.0 || lab.AST.xuln >= 3.0)   # either
      && lab.BILI.xuln >= 2.0

# how grave
severity: critical
explain_zh: |
  第一行
  第二行
tests:
  - given: [[ALT, D1, 130, {uln: 40}]]
    expect: [{at: D1, state: firing}]
`;

describe('fields of an envelope', () => {
  it('are read whatever their style', () => {
    expect(readField(text, 'rule')).toBe('HEP-01');
    expect(readField(text, 'title')).toBe('Potential "Hy\'s law"');
    expect(readField(text, 'when')).toBe(
      '(lab.ALT.xuln >= 3.0 || lab.AST.xuln >= 3.0) && lab.BILI.xuln >= 2.0',
    );
    expect(readField(text, 'explain_zh')).toBe('第一行\n第二行');
    expect(readField(text, 'for')).toBeNull();
    expect(readField("title: 'it''s'", 'title')).toBe("it's");
    expect(readField('when: >-\n  a >= 1.0\n  && b\n', 'when')).toBe('a >= 1.0 && b');
  });

  it('are none of a list or a pack', () => {
    expect(fieldsOf('- rule: A\n  when: x\n').map((field) => field.key)).toEqual([]);
    expect(readField('pack: P\nrules:\n  - rule: A\n    when: x\n', 'when')).toBeNull();
  });

  it('are replaced, and the rest stays as it was', () => {
    const next = replaceField(text, 'when', 'lab.ALT.value >= 120.0');
    expect(readField(next, 'when')).toBe('lab.ALT.value >= 120.0');
    expect(next).toContain('# how grave\nseverity: critical');
    expect(next.split('\n')).toHaveLength(text.split('\n').length - 1);
  });

  it('are added where they belong', () => {
    const next = replaceField('rule: A\ntitle: B\nseverity: info\n', 'when', 'x', 'title');
    expect(next).toBe('rule: A\ntitle: B\nwhen: x\nseverity: info\n');
    expect(replaceField('rule: A\n', 'when', 'x')).toBe('rule: A\nwhen: x\n');
  });

  it('come back as they were written, however odd', () => {
    for (const value of [
      'a: b',
      'x # no comment',
      'say "yes"',
      '1.5',
      'yes',
      '{a}',
      'a\\b',
      '严重',
    ]) {
      expect(readField(replaceField('rule: A\n', 'title', value), 'title'), value).toBe(value);
    }
  });
});
