/**
 * Expected failures are values, not exceptions; `throw` is kept for bugs.
 * Only plain JSON values are used, so a Result can cross processes unchanged. Its home is here because the language imports nothing but itself;
 * everybody else knows it by `roles/protocol/result.ts`.
 */
export interface Failure {
  /** Stable machine name, e.g. `document.schema`. The table of codes is in PROTOCOL.md. */
  code: string
  /** One sentence for a person: what was refused, naming the field, and the next step. */
  message: string
  /** Whether the same call may succeed later without a change by the caller. */
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

/** A failure that may pass by itself (a peer that is away, a block that is late). */
export const failForNow = (code: string, message: string, details?: Record<string, unknown>): { ok: false; error: Failure } => ({
  ok: false,
  error: { ...fail(code, message, details).error, retryable: true },
})

/** Unwraps a Result where a failure would be a bug of ours (tests, constants). */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}
