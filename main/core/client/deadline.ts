/** Whether a request's writes would still be in time, by the chain as it is now and not as this node has followed it so far. */
import { isClosed, lateness, type RequestEntry } from '../../../roles/client/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { stopOf } from '../../../roles/protocol/ticks/index.ts'
import { isHalted, stopText } from '../history.ts'
import type { ClientSession } from './session.ts'

/** The height of the chain now: a computer that slept has not taken all of its blocks in. Error: `client.chain` (retryable). */
async function heightNow({ services }: ClientSession): Promise<Result<number>> {
  const tip = await services.chain.tip()
  return tip.ok
    ? ok(tip.value.height)
    : failForNow(
        'client.chain',
        `The chain cannot be reached, so nobody can say whether the writes would be in time: ${tip.error.message} Nothing was published or paid; try again when it is back.`,
      )
}

/** Passes while an approval is in time. Errors: `client.late`, `client.base`, `client.stopped`, `client.chain` (retryable). */
export async function outOfTime(session: ClientSession, { id, window }: RequestEntry): Promise<Result<null>> {
  const { joined } = session
  if (joined === null || window === null) return ok(null)
  const stop = stopOf(joined.member.state().following)
  if (isHalted(stop)) return fail('client.stopped', stopText(stop))
  const height = await heightNow(session)
  if (!height.ok) return height
  const failure = lateness(window, joined.member.state().following, height.value)
  if (failure === null) return ok(null)
  await joined.member.dispatch({ type: 'height', height: height.value })
  return { ok: false, error: { ...failure, details: { ...failure.details, request: id } } }
}

/** Passes while a block can still hold the update. Errors: `client.late`, `client.chain` (retryable). */
export async function windowClosed(session: ClientSession, { window }: RequestEntry): Promise<Result<null>> {
  const height = window === null ? null : await heightNow(session)
  if (window === null || height === null || (height.ok && !isClosed(window, height.value))) return ok(null)
  return height.ok
    ? fail(
        'client.late',
        `The writes had to be in a block by ${window.until}, and the chain is at ${height.value}: they cannot count any more, whatever fee is paid. Compose the request anew.`,
        { until: window.until, height: height.value },
      )
    : height
}
