/** Which of the client's keys a request writes to. */
import type { Slot } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { OwnKey } from './types.ts'

/**
 * A different key for each slot: the next fresh one, or the owned one that the arguments name (or the only one there is).
 * Errors: `client.no-key` (details.collection), `client.choose-key` (details.slot, details.keys).
 */
export function chooseSlots(slots: readonly Slot[], keys: readonly OwnKey[], args: Record<string, Json>): Result<string[]> {
  const taken: string[] = []
  for (const slot of slots) {
    const free = keys.filter(
      (own) => own.collection === slot.collection && own.written === (slot.state === 'owned') && !taken.includes(own.key),
    )
    const chosen = chooseOne(slot, free, Object.hasOwn(args, slot.name) ? args[slot.name]! : null)
    if (!chosen.ok) return chosen
    taken.push(chosen.value)
  }
  return ok(taken)
}

function chooseOne(slot: Slot, free: OwnKey[], named: Json): Result<string> {
  const details = { slot: slot.name, collection: slot.collection }
  if (free.length === 0) {
    const how = slot.state === 'fresh' ? 'Reserve one first' : 'Write one first'
    return fail(
      'client.no-key',
      `The request writes to ${slot.collection}, and this client has no ${slot.state === 'fresh' ? 'reserved' : 'written'} key for it. ${how}, and wait for the next tick.`,
      details,
    )
  }
  if (named !== null) {
    return free.some((own) => own.key === named)
      ? ok(named as string)
      : fail('client.choose-key', `The key named for ${slot.name} is not one of this client's keys for it.`, details)
  }
  if (slot.state === 'owned' && free.length > 1)
    return fail('client.choose-key', `Say which of your ${free.length} keys of ${slot.collection} to change: give ${slot.name}.`, {
      ...details,
      keys: free.map((own) => own.key),
    })
  return ok(free[0]!.key)
}
