/** Why keys of the client cannot be used now, and until when: what a refusal says of a key that is there and busy. */
import { isAccepted, isRefused, type ClientState, type Publication, type RequestEntry } from './state.ts'
import type { BusyKey } from './slots.ts'
import { approveBefore } from './window.ts'

const named = ({ id, endpoint }: RequestEntry): string => `Request ${id.slice(0, 8)} («${endpoint}»)`

/** Of a request that holds keys. */
function untilWhen(entry: RequestEntry): string {
  const { window, phase } = entry
  if (phase === 'sending') return `${named(entry)} holds it and is on its way through the servers.`
  if (phase === 'review') {
    const until = window === null ? '' : ` before block ${approveBefore(window)}`
    return `${named(entry)} holds it and waits for your decision${until}.`
  }
  const decided = window === null ? 'a later tick' : `tick ${window.number + 2}, which is due at block ${window.until}`
  return `${named(entry)} holds it until its write is decided by ${decided}.`
}

const onItsWay = ({ height }: Publication): string =>
  height === null
    ? 'A reservation of keys waits for a block, and counts with the tick after.'
    : `A reservation of keys is in block ${height}, and counts with the next tick.`

/** Keys in requests under way, and keys whose reservation is not decided. Those of refused reservations are none. */
export function busyKeys(state: ClientState): BusyKey[] {
  const holders = new Map(state.requests.map((entry) => [entry.id, entry]))
  const reservations = new Map(state.reservations.map((one) => [one.sha256, one]))
  return state.keys.flatMap(({ key, collection, written, request, reservation }): BusyKey[] => {
    const own = { key, collection, written }
    const holder = request === null ? undefined : holders.get(request)
    const reserved = reservations.get(reservation)
    if (holder === undefined)
      return reserved === undefined || isAccepted(reserved) || isRefused(reserved) ? [] : [{ ...own, why: onItsWay(reserved) }]
    const why = untilWhen(holder)
    const creates = !written && (holder.phase === 'signed' || holder.phase === 'anchored')
    return creates
      ? [
          { ...own, why },
          { ...own, written: true, why, creating: true },
        ]
      : [{ ...own, why }]
  })
}
