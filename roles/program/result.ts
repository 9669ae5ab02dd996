/**
 * Expected failures are values. The same shape as `roles/protocol/result.ts`, repeated here because the language imports
 * nothing but itself.
 */
export interface Failure {
  code: string
  message: string
  retryable: boolean
  details?: Record<string, unknown>
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

/** A final failure: the caller has to change something. */
export const fail = (code: string, message: string, details?: Record<string, unknown>): { ok: false; error: Failure } => ({
  ok: false,
  error: details === undefined ? { code, message, retryable: false } : { code, message, retryable: false, details },
})
