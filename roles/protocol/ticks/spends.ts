/**
 * Whose a transaction is, as far as it shows by itself: what it spends from and pays to. An update is the owner's of the reserved key whose coin it spends, a
 * reservation the client's whose coin it spends (PROTOCOL.md 4.4). So that is known before any document is fetched, and whoever spends nothing of this app
 * makes nobody fetch anything.
 */
import { fromHex, toHex } from '../bytes.ts'
import type { Offer } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import type { Database } from '../index/index.ts'
import { p2trScript } from '../tx/index.ts'

const scripts = new Map<string, string>()
const MAX_SCRIPTS = 200_000

/** The script (hex) of a key's address, or null when it is no key. Remembered, because a point multiplication is slow. */
export function scriptOf(key: string): string | null {
  const known = scripts.get(key)
  if (known !== undefined) return known
  const script = p2trScript(fromHex(key))
  if (!script.ok) return null
  if (scripts.size >= MAX_SCRIPTS) scripts.clear()
  const hex = toHex(script.value)
  scripts.set(key, hex)
  return hex
}

/** Whether a transaction pays a key's address. */
export const paysKey = (transaction: AnchoredTransaction, key: string): boolean => {
  const script = scriptOf(key)
  return script !== null && transaction.pays.some((output) => output.script === script)
}

export const spendsKey = (transaction: AnchoredTransaction, key: string): boolean => {
  const script = scriptOf(key)
  return script !== null && transaction.spends.includes(script)
}

/** What strangers say to a Supervisor pays its master key, which stays the same: so whatever key signs, the chain alone shows what concerns an app. */
export const paysSupervisor = (transaction: AnchoredTransaction, { master }: Pick<Offer, 'master'>): boolean => paysKey(transaction, master)

export interface Owners {
  /** The owner of the first reserved key whose coin it spends; null when it spends from none. */
  ofUpdate(transaction: AnchoredTransaction): string | null
  /** The registered client whose coin it spends; null when it spends from none. */
  ofReservation(transaction: AnchoredTransaction): string | null
  /** A client is registered from now on, or no more. */
  enters(client: string): void
  leaves(client: string): void
}

/** As the database stands now: it is read at the first question of each kind; who is a client may change afterwards. */
export function ownersOf(database: Database): Owners {
  let keys: Map<string | null, string> | null = null
  let clients: Map<string | null, string> | null = null
  const first = (scripts: ReadonlyMap<string | null, string>, { spends }: AnchoredTransaction): string | null => {
    for (const script of spends) {
      const owner = scripts.get(script)
      if (owner !== undefined) return owner
    }
    return null
  }
  return {
    ofUpdate: (transaction) => first((keys ??= new Map([...database.keys].map(([key, { owner }]) => [scriptOf(key), owner]))), transaction),
    ofReservation: (transaction) =>
      first((clients ??= new Map([...database.clients.keys()].map((key) => [scriptOf(key), key]))), transaction),
    enters: (client) => void clients?.set(scriptOf(client), client),
    leaves: (client) => void clients?.delete(scriptOf(client)),
  }
}
