// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  comparators,
  firstCondition,
  fromCel,
  isWindow,
  looks,
  toCel,
  windowUnits,
  type SimpleCondition,
} from './cel_builder';

const condition = (over: Partial<SimpleCondition>): SimpleCondition => ({
  ...firstCondition,
  item: 'lab.ALT',
  threshold: 3,
  ...over,
});

describe('the condition a form makes', () => {
  it.each([
    [condition({}), 'lab.ALT.value >= 3.0'],
    [condition({ look: 'xuln', threshold: 2.5, comparator: '>' }), 'lab.ALT.xuln > 2.5'],
    [
      condition({ look: 'mean', window: { length: 14, unit: 'days' } }),
      'lab.ALT.window(days(14)).mean() >= 3.0',
    ],
    [
      condition({ look: 'count', window: { length: 48, unit: 'hours' } }),
      'lab.ALT.window(hours(48)).count() >= 3',
    ],
    [
      condition({ item: 'vs.SYSBP', look: 'last', values: 2, threshold: 160 }),
      'vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(2).all(o, o.value >= 160.0)',
    ],
    [condition({ look: 'change', threshold: -0.5, comparator: '<=' }), 'lab.ALT.change <= -0.5'],
  ])('%o is %s', (form, cel) => {
    expect(toCel(form)).toBe(cel);
  });

  it('comes back from its text, whichever it is', () => {
    for (const look of looks) {
      for (const comparator of comparators) {
        for (const unit of isWindow(look) ? windowUnits : (['days'] as const)) {
          const form = condition({
            look,
            comparator,
            threshold: look === 'count' ? 4 : 1e-7,
            window: { length: 7, unit },
          });
          expect(fromCel(toCel(form)), toCel(form)).toEqual(form);
        }
      }
    }
  });

  it('is read however it is spaced', () => {
    const cel = 'vs.SYSBP . last( 2 ).size()==2\n   && vs.SYSBP.last(2).all(x,x.value>=160.0)';
    expect(fromCel(cel)).toEqual(
      condition({ item: 'vs.SYSBP', look: 'last', values: 2, threshold: 160 }),
    );
    expect(fromCel('lab.ALT.window(days(14)).max()<-1')).toMatchObject({
      look: 'max',
      comparator: '<',
      threshold: -1,
    });
  });

  it.each([
    'lab.ALT.value >= 3.0 && lab.BILI.value >= 2.0',
    'lab.ALT.value >= lab.ALT.uln',
    '!(lab.ALT.value >= 3.0)',
    'vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(3).all(o, o.value >= 160.0)',
    'vs.SYSBP.last(2).size() == 2 && vs.DIABP.last(2).all(o, o.value >= 160.0)',
    'vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(2).all(o, p.value >= 160.0)',
    'lab.ALT.window(days(0)).max() > 1.0',
    'subject.sex == "F"',
    '',
  ])('is not guessed from %s', (cel) => {
    expect(fromCel(cel)).toBeNull();
  });
});
