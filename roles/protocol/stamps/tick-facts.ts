/** What the chain's ticks say about one of them: what evidence is held against, in a ledger as on any node (PROTOCOL.md 14). */
import { own, type Budget, type Program } from '../../program/index.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Link } from '../documents/index.ts'
import { holdingOf, type IndexRoots, type PlannedTick, type RevealFile } from '../requests/index.ts'

export interface TickFacts {
  /** SHA-256 of the tick's document. */
  base: string
  indices: IndexRoots
  /** Its plan, with the digest of the document that published it. */
  planned: PlannedTick
  /** Of the offer under which the plan was made. */
  outline: Program
  budget: Budget
  /** Its secrets; null before a tick has revealed them. */
  reveal: RevealFile | null
}

/** Commitment to a block's code, hex; null where the plan has no such block. */
export const codeOf = ({ planned: { plan } }: TickFacts, endpoint: string, block: number): string | null =>
  own(plan.endpoints, endpoint)?.[block]?.code ?? null

/** Whether a link is by a server to which its version was dealt. */
export const holdsIn = (crypto: CryptoPort, { planned }: TickFacts, { endpoint, position, version, server }: Link): boolean =>
  holdingOf(crypto, planned).versionOf(endpoint, position, server) === version
