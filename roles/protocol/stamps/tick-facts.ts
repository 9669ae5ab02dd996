/** What the chain's ticks say about one of them: what evidence is held against, in a ledger as on any node (PROTOCOL.md 14). */
import { own, type Budget, type Program } from '../../program/index.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Link, Plan } from '../documents/index.ts'
import type { IndexRoots, RevealFile } from '../requests/index.ts'

export interface TickFacts {
  /** SHA-256 of the tick's document, and of the one that published its plan. */
  base: string
  planned: string
  indices: IndexRoots
  plan: Plan
  /** Of the offer under which the plan was made. */
  outline: Program
  budget: Budget
  /** Its secrets; null before a tick has revealed them. */
  reveal: RevealFile | null
}

/** Commitment to a block's code, hex; null where the plan has no such block. */
export const codeOf = ({ reveal }: TickFacts, endpoint: string, block: number): string | null =>
  reveal?.versions.find((version) => version.endpoint === endpoint && version.block === block)?.code ?? null

/** Whether a link is by a server that holds its version. */
export function holdsIn(_crypto: CryptoPort, { plan }: TickFacts, { endpoint, position, version, server }: Link): boolean {
  const versions = own(plan.endpoints, endpoint)?.[position] ?? []
  return versions.some((held) => held.version === version && held.servers.includes(server))
}
