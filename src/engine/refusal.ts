// An expected refusal of a command as its answer: the same for a repeat under the same Idempotency-Key.
import { ApiError, type ErrorCode } from '../errors.ts';
import type { Answer } from '../services.ts';

export function refusal(code: ErrorCode): Answer {
  const error = new ApiError(code);
  return { status: error.status, body: { error: { code, message: error.message } } };
}
