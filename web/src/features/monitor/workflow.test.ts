// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  actionsFrom,
  dueState,
  needsSignature,
  needsText,
  nextAction,
  workflows,
} from './workflow';

describe('actions', () => {
  it('follow from where the alert stands', () => {
    expect(actionsFrom('new')).toEqual([
      'acknowledge',
      'start_review',
      'escalate',
      'close',
      'assign',
      'comment',
    ]);
    expect(actionsFrom('in_review')).toEqual([
      'open_query',
      'escalate',
      'close',
      'assign',
      'comment',
    ]);
    expect(actionsFrom('query_open')).toContain('answer_query');
    expect(actionsFrom('query_open')).not.toContain('open_query');
    expect(actionsFrom('closed')).toEqual(['reopen', 'comment']);
  });

  it('offer a next one that can be taken', () => {
    for (const state of workflows) expect(actionsFrom(state)).toContain(nextAction(state));
  });

  it('take what is not known for new', () => {
    expect(actionsFrom('later_invention')).toEqual(actionsFrom('new'));
  });

  it('need a reason where the record would be mute without', () => {
    expect(needsText('close')).toBe(true);
    expect(needsText('escalate')).toBe(true);
    expect(needsText('acknowledge')).toBe(false);
  });

  it('are signed when a critical alert is closed, and only then', () => {
    expect(needsSignature('close', { severity: 'CRITICAL' })).toBe(true);
    expect(needsSignature('close', { severity: 'WARNING' })).toBe(false);
    expect(needsSignature('escalate', { severity: 'CRITICAL' })).toBe(false);
  });
});

describe('dueState', () => {
  const hour = 3_600_000;
  const at = (hours: number, workflow = 'new') =>
    dueState({ dueAt: (hours + 100) * hour * 1000, workflow }, 100 * hour);

  it('tells time from haste', () => {
    expect([at(24), at(3), at(-1)]).toEqual(['running', 'soon', 'overdue']);
  });

  it('is over once the alert is closed, and never was without a clock', () => {
    expect(at(-1, 'closed')).toBe('none');
    expect(dueState({ dueAt: 0, workflow: 'new' }, 0)).toBe('none');
  });
});
