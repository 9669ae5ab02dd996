/** Which of the client's keys a request writes to. */
import type { Slot } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import { fail, failForNow, ok, type Result } from '../protocol/result.ts'
import type { OwnKey } from './types.ts'

/** A key that cannot be used now, with the reason as a sentence. */
export interface BusyKey extends OwnKey {
  why: string
  /** Completes «Send the request again …»: which event, and which tick. */
  after: string
  /** The first tick that can free it. */
  tick: number
  /** Its first write is under way: there is no row yet that a request could mean. */
  creating?: true
}

/**
 * A different key for each slot: the next fresh one, or the owned one that the arguments name (or the only one there is).
 * @param busy keys that would fit and are not free: named in the refusal, and counted where a row has to be chosen
 * Errors: `client.no-key` (details.collection), `client.choose-key` (details.slot, details.keys), `client.busy-key` (retryable; details.keys).
 */
export function chooseSlots(
  slots: readonly Slot[],
  keys: readonly OwnKey[],
  args: Record<string, Json>,
  busy: readonly BusyKey[] = [],
): Result<string[]> {
  const taken: string[] = []
  for (const slot of slots) {
    const fits = (own: OwnKey): boolean => own.collection === slot.collection && own.written === (slot.state === 'owned')
    const free = keys.filter((own) => fits(own) && !taken.includes(own.key))
    const held = busy.filter((own) => fits(own) && !free.some(({ key }) => key === own.key))
    const chosen = chooseOne(slot, free, held, Object.hasOwn(args, slot.name) ? args[slot.name]! : null)
    if (!chosen.ok) return chosen
    taken.push(chosen.value)
  }
  return ok(taken)
}

function chooseOne(slot: Slot, free: OwnKey[], busy: BusyKey[], named: Json): Result<string> {
  const details = { slot: slot.name, collection: slot.collection }
  if (named !== null) {
    if (free.some((own) => own.key === named)) return ok(named as string)
    const held = busy.find((own) => own.key === named)
    if (held !== undefined) return isBusy(slot, [held])
    if (free.length + busy.length > 0)
      return fail('client.choose-key', `The key named for ${slot.name} is not one of this client's keys for it.`, details)
  }
  const rows = [...free, ...busy.filter(({ creating }) => creating === undefined)]
  if (slot.state === 'owned' && rows.length > 1)
    return fail('client.choose-key', `Say which of your ${rows.length} keys of ${slot.collection} to change: give ${slot.name}.`, {
      ...details,
      keys: rows.map((own) => own.key),
    })
  if (free.length > 0) return ok(free[0]!.key)
  return busy.length > 0 ? isBusy(slot, busy) : noKey(slot)
}

/** All fitting keys are in use; for a row there is one, of fresh keys the first few to be free again are named. */
function isBusy({ name, collection, state }: Slot, busy: BusyKey[]): Result<string> {
  const soonest = busy.toSorted((one, other) => one.tick - other.tick)
  const reasons = [...new Set(soonest.map(({ why }) => why))]
  const more = reasons.length > 3 ? ` So are ${reasons.length - 3} more.` : ''
  const which =
    state === 'owned' ? `The key to change in ${collection} is in use.` : `Every fresh key for ${collection} is in use or on its way.`
  const next = `Send the request again ${soonest[0]!.after}${state === 'owned' ? '' : '; the command «reserve» asks for more'}.`
  const details = { slot: name, collection, keys: busy.map(({ key }) => key) }
  return failForNow('client.busy-key', `${which} ${reasons.slice(0, 3).join(' ')}${more} ${next}`, details)
}

function noKey({ name, collection, state }: Slot): Result<string> {
  const how =
    state === 'fresh'
      ? `has no reserved key for it. Reserve keys of ${collection} (command «reserve»), and wait until a tick has counted them.`
      : 'has written none of its rows. Write one first, and wait until a tick has counted it.'
  return fail('client.no-key', `The request writes to ${collection}, and this client ${how}`, { slot: name, collection })
}
