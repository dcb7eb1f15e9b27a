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
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const body = isJson ? await response.text().catch(() => '') : '';
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return parseProblem(body, response.status, Number.isFinite(retryAfter) ? retryAfter : null);
}

/** The same from a document that came otherwise, as in a stream; its own status then counts. */
export function parseProblem(
  document: string,
  httpStatus: number | null,
  retryAfterSeconds: number | null = null,
): ApiError {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(document);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // A broken body says no more than the status does.
  }
  const text = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : '');
  const status = httpStatus ?? (typeof body['status'] === 'number' ? body['status'] : 500);
  return new ApiError(
    status,
    text('code'),
    text('detail') || text('title') || `HTTP ${status}`,
    readFields(body['errors']),
    retryAfterSeconds,
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
