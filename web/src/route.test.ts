// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute } from './route';

describe('route', () => {
  it.each([
    { studyId: null, alertId: null },
    { studyId: 'CDISCPILOT01', alertId: null },
    { studyId: 'A/B ü', alertId: '01J-x' },
  ])('comes back from its address: %o', (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each(['', '#', '#/', '#/other/1', '#/studies', '#/studies/%E0%A4%A'])(
    'takes %o for the start page',
    (hash) => {
      expect(parseRoute(hash).studyId).toBeNull();
    },
  );
});
