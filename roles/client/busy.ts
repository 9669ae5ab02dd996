/** Why keys of the client cannot be used now, and until when: what a refusal says of a key that is there and busy. */
import { newestTick } from '../protocol/ticks/index.ts'
import { isAccepted, isRefused, type ClientState, type Publication, type RequestEntry } from './state.ts'
import type { BusyKey } from './slots.ts'
import { approveBefore, countedIn, type Window } from './window.ts'

/** Why a key is not free, and what frees it: `after` completes «Send the request again …», `tick` is the first that can. */
type Held = Pick<BusyKey, 'why' | 'after' | 'tick'>

/** The tick that decides a request's update, and the block at which it is due; before a block has it, the soonest that can. */
function decidedBy({ publication }: RequestEntry, window: Window, newest: number): { tick: number; due: number } {
  const { number, until, tickBlocks } = window
  const height = publication?.height ?? (newest > number ? until : 0)
  const tick = countedIn(window, height)
  return { tick, due: until + (tick - number - 2) * tickBlocks }
}

/** Of a request that holds keys. @param newest number of the newest tick; -1 before any */
function heldBy(entry: RequestEntry, newest: number): Held {
  const { window, phase } = entry
  const named = `Request ${entry.id.slice(0, 8)} («${entry.endpoint}»)`
  if (window === null) {
    const tick = newest + 2
    return {
      why: `${named} holds it and is on its way through the servers.`,
      after: `once you refused that one, or tick ${tick} or a later one counted it`,
      tick,
    }
  }
  const { tick, due } = decidedBy(entry, window, newest)
  if (phase === 'review')
    return {
      why: `${named} holds it and waits for your decision before block ${approveBefore(window)}.`,
      after: `once you refused that one, or tick ${tick} or the next one counted it, the first of which is due at block ${due}`,
      tick,
    }
  if (phase === 'signed' && newest >= window.number + 2)
    return {
      why: `${named} holds it, and cannot count any more: no block had it by ${window.until}.`,
      after: `once a block has that one after all, or compose that one anew instead (command «again»)`,
      tick: newest + 1,
    }
  return {
    why: `${named} holds it until its write is decided by tick ${tick}, which is due at block ${due}.`,
    after: newest >= tick ? 'after the next tick' : `after tick ${tick}`,
    tick: Math.max(tick, newest + 1),
  }
}

/** No request gives a fresh key back but one that is refused: others come, as a reservation counts. */
const moreKeys = (newest: number): Pick<Held, 'after' | 'tick'> => ({
  after: `once a tick counted more keys, which tick ${newest + 1} is the first to do`,
  tick: newest + 1,
})

const whereIs = ({ height }: Publication): string =>
  height === null
    ? 'A reservation of keys waits for a block.'
    : `A reservation of keys is in block ${height}, and no tick has counted it yet.`

/** Keys in requests under way, and keys whose reservation is not decided. Those of refused reservations are none. */
export function busyKeys(state: ClientState): BusyKey[] {
  const holders = new Map(state.requests.map((entry) => [entry.id, entry]))
  const reservations = new Map(state.reservations.map((one) => [one.sha256, one]))
  const newest = newestTick(state.following)?.number ?? -1
  return state.keys.flatMap(({ key, collection, written, request, reservation }): BusyKey[] => {
    const own = { key, collection, written }
    const holder = request === null ? undefined : holders.get(request)
    const reserved = reservations.get(reservation)
    if (holder === undefined)
      return reserved === undefined || isAccepted(reserved) || isRefused(reserved)
        ? []
        : [{ ...own, why: whereIs(reserved), ...moreKeys(newest) }]
    const held = heldBy(holder, newest)
    if (written) return [{ ...own, ...held }]
    const creates = holder.phase === 'signed' || holder.phase === 'anchored'
    return [{ ...own, ...held, ...moreKeys(newest) }, ...(creates ? [{ ...own, written: true, ...held, creating: true as const }] : [])]
  })
}
