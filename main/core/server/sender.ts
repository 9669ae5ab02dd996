/** The ephemeral key under which a server seals what it sends in a tick: to other servers, and openings for the Supervisor. */
import { ephemeral, type Ephemeral } from '../../../roles/protocol/crypto/index.ts'
import type { Services } from '../services.ts'

/** Requests are served of this tick and the one before; the code of the next is ready. */
const TICKS = 3

/** @returns what seals in a tick; keys of ticks that have passed are forgotten, and with them what their envelopes could be opened with here */
export function createSender({ crypto, random }: Pick<Services, 'crypto' | 'random'>): (tick: number) => Ephemeral {
  const kept = new Map<number, Ephemeral>()
  return (tick) => {
    const known = kept.get(tick)
    if (known !== undefined) return known
    const made = ephemeral(crypto, random.bytes(32))
    kept.set(tick, made)
    for (const other of kept.keys()) if (other <= tick - TICKS) kept.delete(other)
    return made
  }
}
