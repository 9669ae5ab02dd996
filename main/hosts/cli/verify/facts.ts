/** What the questions share: what ticks say about one of them, and whether a tick is by a key of its app, as far as documents tell. */
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import type { TickFacts } from '../../../../roles/protocol/stamps/index.ts'
import { factsAbout, type OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import type { Check } from './finding.ts'
import { referenceOf, type Finder } from './finder.ts'

/** What the ticks that `head` builds on say about the tick `number`; null where something is missing for that, which the finder notes. */
export async function factsFor(finder: Finder, head: OpenedTick, number: number): Promise<TickFacts | null> {
  const programOf = async (sha256: string) => (await finder.offer(sha256))?.program ?? null
  const facts = await factsAbout(finder, programOf, referenceOf(head), number)
  return facts.ok ? facts.value : null
}

/** Whether a tick is signed by the key of the offer that it names, and that offer is one of the app. */
export async function signerCheck(finder: Finder, { body }: OpenedTick): Promise<Check> {
  const found = await finder.offer(body.offer)
  const at = `Tick ${body.number}`
  if (found === null)
    return {
      what: 'signer',
      holds: null,
      says: `${at} is signed by ${body.by}; its offer is not here, so whose key that is cannot be seen.`,
    }
  const { offer } = found
  if ((offer.body.app ?? offer.sha256) !== body.app) return { what: 'signer', holds: false, says: `${at} names an offer of another app.` }
  return offer.body.by === body.by
    ? { what: 'signer', holds: true, says: `${at} is signed by ${body.by}, the key of its offer «${offer.body.title}».` }
    : {
        what: 'signer',
        holds: null,
        says: `${at} is signed by ${body.by}, and its offer by ${offer.body.by}: right only where the master key, ${offer.body.master}, resumed the app with that key.`,
      }
}

/** What nobody sees in documents: which tick of a number counts stands in the chain. */
export const countsIsTaken = ({ sha256, body }: OpenedTick): string =>
  `That tick ${body.number} (SHA-256 ${sha256}) is one that counts: the chain says so, and npm run audit reads it.`

/** The tick that decides a document, and what it says: one that accepts it, where there are several. */
export function decisionOn(ticks: readonly OpenedTick[], { sha256 }: OpenedDocument): { tick: OpenedTick; outcome: string } | null {
  const decisions = ticks.flatMap((tick) =>
    tick.body.summary.verdicts.flatMap(({ document, outcome }) => (document.sha256 === sha256 ? [{ tick, outcome }] : [])),
  )
  return decisions.find(({ outcome }) => outcome === 'accepted') ?? decisions[0] ?? null
}

/** The newest of them. */
export const newestOf = (ticks: readonly OpenedTick[]): OpenedTick | null =>
  ticks.reduce<OpenedTick | null>((newest, tick) => (newest === null || tick.body.number > newest.body.number ? tick : newest), null)
