// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../api/types';
import { offsetOf, placeAll, placeDiagnostic } from './diagnostics';

const diagnostic = (over: Partial<Diagnostic>): Diagnostic => ({
  gravity: 'error',
  code: 'unknown_item',
  message: "unknown item 'lab.ATL'",
  suggestion: "did you mean 'lab.ALT'?",
  line: 1,
  column: 1,
  length: 7,
  rendered: '',
  ...over,
});

/** What stands at a place. */
const at = (text: string, given: Diagnostic) => {
  const placed = placeDiagnostic(text, given);
  return text.slice(offsetOf(text, placed), offsetOf(text, placed) + given.length);
};

describe('placeDiagnostic', () => {
  it('takes places in the envelope as they are', () => {
    const text = 'rule: A\ntilte: B\nwhen: x\n';
    const given = diagnostic({
      code: 'unknown_key',
      line: 2,
      length: 5,
      rendered: 'line 2: tilte: B\n        ^^^^^ unknown key',
    });
    expect(placeDiagnostic(text, given)).toMatchObject({ line: 2, column: 1 });
    expect(at(text, given)).toBe('tilte');
  });

  const condition = 'lab.BILI.xuln >= 2.0 && lab.ATL.value > 3.0';
  const inCondition = diagnostic({
    column: condition.indexOf('lab.ATL') + 1,
    rendered: `line 1: ${condition}\n   ^^^^^^^`,
  });

  it.each([
    ['one line', `rule: A\nwhen: ${condition}\n`],
    [
      'folded lines',
      'rule: A\nwhen: lab.BILI.xuln >= 2.0\n      && lab.ATL.value > 3.0\nfor: 0d\n',
    ],
    ['quoted', `rule: A\nwhen: "${condition}"\n`],
    ['a folded block', 'rule: A\nwhen: >-\n  lab.BILI.xuln >= 2.0 &&\n  lab.ATL.value > 3.0\n'],
  ])('finds what is said of the condition in %s', (_, text) => {
    expect(at(text, inCondition)).toBe('lab.ATL');
  });

  it('finds it in a literal block by its line', () => {
    const text = 'rule: A\nwhen: |\n  lab.BILI.xuln >= 2.0 &&\n  lab.ATL.value > 3.0\n';
    const given = diagnostic({ line: 2, column: 1, rendered: 'line 2: lab.ATL.value > 3.0\n^' });
    expect(at(text, given)).toBe('lab.ATL');
  });

  it('knows the field from the code', () => {
    const text = 'when: lab.ALT.value > 3.0\nexplain: "ALT 值 {lab.ATL.value}"\n';
    const given = diagnostic({
      code: 'explain/unknown_item',
      column: 8,
      rendered: 'line 1: ALT 值 {lab.ATL.value}\n^',
    });
    expect(at(text, given)).toBe('lab.ATL');
  });

  it('stays inside the text whatever it is given', () => {
    const placed = placeDiagnostic(
      'a',
      diagnostic({ line: 99, column: 99, rendered: 'line 9: z' }),
    );
    expect(placed.line).toBe(1);
    expect(offsetOf('a', placed)).toBeLessThanOrEqual(1);
  });
});

describe('placeAll', () => {
  it('orders by place', () => {
    const text = 'rule: A\ntitle: B\n';
    const made = placeAll(text, [
      diagnostic({ line: 2, column: 3 }),
      diagnostic({ line: 1, column: 5, gravity: 'warning' }),
      diagnostic({ line: 2, column: 1 }),
    ]);
    expect(made.map((one) => [one.line, one.column, one.isError])).toEqual([
      [1, 5, false],
      [2, 1, true],
      [2, 3, true],
    ]);
  });
});

describe('offsetOf', () => {
  it('counts characters, not units', () => {
    expect(offsetOf('x\n😀ab', { line: 2, column: 2 })).toBe(4);
  });
});
