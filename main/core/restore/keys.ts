/** Which keys of a wallet the chain has seen: their addresses are looked for among what anchored transactions pay and spend. */
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { scriptOf } from '../../../roles/protocol/ticks/index.ts'

/** Numbers without a sign of use behind the last one that had one, as wallets look for addresses (BIP44). */
export const GAP = 20

/** When and how addresses occur in anchored transactions. */
export interface Seen {
  /** Height of the first anchored transaction that pays or spends from a key's address; null for none. */
  first(key: string): number | null
  /** Whether an anchored transaction spends from it. */
  isSpent(key: string): boolean
}

export function seenIn(anchored: readonly AnchoredTransaction[]): Seen {
  const first = new Map<string, number>()
  const spent = new Set<string>()
  for (const { height, pays, spends } of anchored) {
    for (const { script } of pays) if (!first.has(script)) first.set(script, height)
    for (const script of spends) {
      if (!first.has(script)) first.set(script, height)
      spent.add(script)
    }
  }
  return {
    first: (key) => first.get(scriptOf(key) ?? '') ?? null,
    isSpent: (key) => spent.has(scriptOf(key) ?? ''),
  }
}

/** Numbers of keys that were used, with `GAP` looked at behind the last. @param isUsed of the key with that number */
export function usedNumbers(isUsed: (index: number) => boolean): number[] {
  const used: number[] = []
  for (let index = 0; index <= (used.at(-1) ?? -1) + GAP; index++) if (isUsed(index)) used.push(index)
  return used
}
