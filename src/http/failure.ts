// What a thrown value becomes: an answer from the table of errors. What is unknown is a bug: logged with its request id,
// answered 500.
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Answer } from '../services.ts';
import { StoreError } from '../store/store.ts';
import { errorBody } from './error-body.ts';

/** Retry-After in seconds for errors that pass, where the error itself says nothing. */
const retryAfter = { overloaded: 1, unavailable: 1, starting: 1 } as const;

/** Sets the headers that go with the failure through `set`. */
export function failureOf(
  thrown: unknown,
  request: { readonly id: string; readonly method: string },
  log: Log,
  set: (name: string, value: string) => void,
): Answer {
  let error = toApiError(thrown);
  if (error === null) {
    log.error('http.bug', { requestId: request.id, method: request.method, error: thrown });
    error = new ApiError('internal', { details: { request_id: request.id } });
  }
  const seconds =
    error.retryAfter ??
    (error.code in retryAfter ? retryAfter[error.code as keyof typeof retryAfter] : undefined);
  if (seconds !== undefined) set('retry-after', String(Math.max(1, Math.ceil(seconds))));
  return { status: error.status, body: errorBody(error) };
}

/** What a thrown value says to a client; null for a bug. */
function toApiError(thrown: unknown): ApiError | null {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof StoreError) return new ApiError('unavailable', { cause: thrown });
  return null;
}
