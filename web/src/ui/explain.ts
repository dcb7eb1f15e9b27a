// SPDX-License-Identifier: Apache-2.0
import { ApiError, UnreachableError } from '../api/problem';
import type { Messages } from '../i18n/en';

/** A sentence a person understands: what the server said, else what the failure means. */
export function explain(error: unknown, t: Messages): string {
  if (error instanceof UnreachableError) return t.unreachable;
  if (!(error instanceof ApiError)) return t.serverFailed;
  const said = error.detail && !error.detail.startsWith('HTTP ') ? error.detail : '';
  if (error.status === 403) return said || t.forbidden;
  if (error.status === 404) return said || t.notFound;
  // Behind a proxy these mean that the server is away, whatever the proxy writes.
  if (error.status === 502 || error.status === 504) return t.unreachable;
  if (error.status >= 500) return t.serverFailed;
  return said || t.serverFailed;
}
