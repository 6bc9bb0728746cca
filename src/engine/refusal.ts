// An expected refusal of a command as its answer: the same for a repeat under the same Idempotency-Key.
import { ApiError, type ErrorCode } from '../errors.ts';
import type { Answer } from '../services.ts';

export function refusal(
  code: ErrorCode,
  more: { readonly message?: string; readonly details?: Record<string, unknown> } = {},
): Answer {
  const { status, message, details } = new ApiError(code, more);
  return { status, body: { error: { code, message, ...(details !== undefined && { details }) } } };
}
