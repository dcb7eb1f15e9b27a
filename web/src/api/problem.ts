// SPDX-License-Identifier: Apache-2.0
// Failures of a call: what the server refused (RFC 9457), or that it could not be reached.

export interface FieldProblem {
  field: string;
  description: string;
}

/** The server answered, and the answer is not success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: readonly FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

/** No answer came: the server is away, or the network is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** True for the error that an aborted call ends with; nobody waits for its outcome. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Reads the failure out of an answer. Never throws; a body that is no problem document gives the status. */
export async function readProblem(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  if ((response.headers.get('content-type') ?? '').includes('json')) {
    try {
      const parsed: unknown = await response.json();
      if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
    } catch {
      // A broken body says no more than the status does.
    }
  }
  const text = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : '');
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    response.status,
    text('code'),
    text('detail') || text('title') || `HTTP ${response.status}`,
    readFields(body['errors']),
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

function readFields(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { field, description } = entry as Record<string, unknown>;
    return typeof description === 'string'
      ? [{ field: typeof field === 'string' ? field : '', description }]
      : [];
  });
}
