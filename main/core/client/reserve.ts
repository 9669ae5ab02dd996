/** Reserving keys: by the person's command, and by itself before they run out. */
import {
  composeReservation,
  isRefused,
  keyCounts,
  MAX_REFUSED_RESERVATIONS,
  nextKeyIndex,
  reservationSpending,
  type ClientEvent,
  type ClientState,
} from '../../../roles/client/index.ts'
import { isOwn, mostReserved, rulesOf, ruleWords, type Program } from '../../../roles/program/index.ts'
import { fail, must } from '../../../roles/protocol/result.ts'
import { signedText, type ClientSession, type ClientSettings, type Joined } from './session.ts'

/** Keys in one reservation at most. */
export const RESERVED_AT_ONCE = 64

/**
 * Reserves a key of each collection that `wanted` names for the state at this reservation's turn, so that two of them at the same time never take
 * one key. @returns how many keys
 */
export async function reserveKeys(
  session: ClientSession,
  { client, member }: Joined,
  wanted: (state: ClientState) => string[],
): Promise<number> {
  const { outline } = session.newest!
  let reserved = 0
  await member.dispatch((): ClientEvent => {
    const state = member.state()
    const collections = wanted(state).slice(0, RESERVED_AT_ONCE)
    // Nothing to reserve any more: an event that changes nothing.
    if (collections.length === 0) return { type: 'height', height: 0 }
    const first = nextKeyIndex(state)
    const keys = collections.map((collection, at) => ({ index: first + at, pair: session.dataKey(first + at), collection }))
    const spending = reservationSpending(
      client.publicKey,
      keys.map(({ pair }) => pair.publicKey),
    )
    reserved = keys.length
    return {
      type: 'reserve',
      keys: keys.map(({ index, pair, collection }) => ({ index, key: pair.publicKey, collection })),
      ...signedText(must(composeReservation(session.ctx, state.app, outline, client, keys)), spending),
    }
  })
  return reserved
}

/** Fresh keys of a collection that the settings ask for. */
const wantedOf = ({ freshKeys, freshKeysOf }: ClientSettings, collection: string): number =>
  freshKeysOf !== undefined && Object.hasOwn(freshKeysOf, collection) ? freshKeysOf[collection]! : freshKeys

/**
 * The collection of each key that is missing until every collection has as many fresh ones as the settings ask for, and at least as many as requests
 * are using at the moment: who creates four rows at a time is given four more. A collection of which the settings ask for none gets none.
 */
export function collectionsShort(state: ClientState, outline: Program, settings: ClientSettings): string[] {
  return Object.keys(outline.collections).flatMap((collection) => {
    const wanted = wantedOf(settings, collection)
    const { free, coming } = keyCounts(state, collection)
    const using = state.keys.filter((own) => own.collection === collection && own.request !== null && !own.written).length
    const target = wanted === 0 ? 0 : Math.max(wanted, Math.min(using, RESERVED_AT_ONCE))
    return Array.from({ length: Math.max(0, Math.min(target - free - coming, room(state, outline, collection))) }, () => collection)
  })
}

/** Why so many keys more would be refused when the tick closes, which is found out before they are paid for; or null. */
export function againstRules(state: ClientState, outline: Program, collection: string, more: number): ReturnType<typeof fail> | null {
  const left = room(state, outline, collection)
  if (more <= left) return null
  const own = rulesOf(collection, outline.collections[collection]!).filter(isOwn).map(ruleWords)
  return fail(
    'client.rule',
    `Keys of ${collection} begin with an initial value, and ${own.join('; ')}. This client may reserve ${Math.max(0, left)} more, not ${more}.`,
  )
}

/** Keys that may still be reserved: with an initial value they are rows, of which a rule may let one client have so many. */
function room({ keys, reservations }: ClientState, { collections }: Program, collection: string): number {
  const refused = new Set(reservations.filter(isRefused).map(({ sha256 }) => sha256))
  const own = keys.filter((one) => one.collection === collection && !refused.has(one.reservation))
  const { unwritten, all } = mostReserved(collection, collections[collection]!)
  return Math.min(unwritten - own.filter(({ written }) => !written).length, all - own.length)
}

/** Whether keys may be reserved without being asked: not while a reservation is under way, nor after several were refused. */
export function mayReserve({ reservations }: ClientState): boolean {
  if (reservations.some(({ verdict }) => verdict === null)) return false
  return reservations.length < MAX_REFUSED_RESERVATIONS || !reservations.slice(-MAX_REFUSED_RESERVATIONS).every(isRefused)
}
