// The one body of errors.
import type { ApiError } from '../errors.ts';

export function errorBody(error: ApiError) {
  const { code, message, details } = error;
  return { error: { code, message, ...(details !== undefined && { details }) } };
}
