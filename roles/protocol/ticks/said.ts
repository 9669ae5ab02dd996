/** What following needs of a tick's document (PROTOCOL.md 6.8), small enough to be remembered. */
import { toHex } from '../bytes.ts'
import { canonicalBytes } from '../canonical.ts'
import { nobleCrypto } from '../crypto/index.ts'
import type { Tick } from '../documents/index.ts'
import type { Said, SealedTick } from './line.ts'

/** Hash of the best chain's block at a height, as of the events taken so far; null above its tip. */
export type HashAt = (height: number) => string | null

/** Of each plan the digest of the code that it commits to, without repetition. */
const codesOf = (plans: Tick['plans']): string[] => [
  ...new Set(
    plans.map(({ endpoints }) => {
      const code = Object.entries(endpoints).map(([name, blocks]): [string, string[]] => [name, blocks.map((block) => block.code)])
      return toHex(nobleCrypto.sha256(canonicalBytes(Object.fromEntries(code))))
    }),
  ),
]

/** Why a tick can be none of this line, whatever came before. */
function faultBy(app: string, anchor: SealedTick, tick: Tick, codes: string[]): string | null {
  if (tick.app !== app) return 'it is of another app'
  if (tick.number !== anchor.number) return `its anchor says ${anchor.number}, and it says ${tick.number}`
  return codes.length > 1 ? 'its plans are of different code' : null
}

/** @param hashAt of the best chain, as of the events taken so far */
export function saidBy(app: string, anchor: SealedTick, tick: Tick, hashAt: HashAt): Said {
  const { by, offer, previous, plans, blocks } = tick
  const codes = codesOf(plans)
  return {
    by,
    offer,
    previous: previous?.sha256 ?? null,
    plans: plans.map((plan) => plan.tick),
    code: codes[0] ?? null,
    to: blocks.to,
    closes: blocks.to < anchor.height && hashAt(blocks.to) === blocks.hash,
    fault: faultBy(app, anchor, tick, codes),
  }
}
