// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ApiError, UnreachableError } from '../api/problem';
import { en } from '../i18n/en';
import { explain } from './explain';

describe('explain', () => {
  it('says what the server said of a refusal', () => {
    const said = 'Subject belongs to site 702; your role covers site 701.';
    expect(explain(new ApiError(403, 'permission_denied', said), en)).toBe(said);
  });

  it('has its own words where the server had none', () => {
    expect(explain(new ApiError(403, '', 'HTTP 403'), en)).toBe(en.forbidden);
    expect(explain(new ApiError(404, '', ''), en)).toBe(en.notFound);
  });

  it('keeps the inside of a failure from the reader', () => {
    expect(explain(new ApiError(500, 'internal', 'assertion x'), en)).toBe(en.serverFailed);
    expect(explain(new Error('undefined is not a function'), en)).toBe(en.serverFailed);
  });

  it('tells that the server is away', () => {
    expect(explain(new UnreachableError('x'), en)).toBe(en.unreachable);
    expect(explain(new ApiError(502, '', 'Bad gateway'), en)).toBe(en.unreachable);
  });
});
