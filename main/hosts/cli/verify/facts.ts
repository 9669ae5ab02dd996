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

/**
 * Whether a tick is signed by a key of its app: that of the first offer, whose digest names the app, or one that the master key of that offer granted. Anybody
 * can sign an offer that says that it is of the app.
 */
export async function signerCheck(finder: Finder, { body }: OpenedTick): Promise<Check> {
  const [first, found] = [await finder.document('offer', body.app), await finder.offer(body.offer)]
  const at = `Tick ${body.number} is signed by ${body.by}`
  const unseen = (says: string): Check => ({ what: 'signer', holds: null, says: `${at}; ${says}.` })
  if (first === null || found === null) return unseen('whether that is a key of the app cannot be seen without its offers')
  const { master } = first.body
  const { offer } = found
  const isOfApp = offer.sha256 === first.sha256 || (offer.body.app === body.app && offer.body.master === master)
  if (!isOfApp) return { what: 'signer', holds: false, says: `${at}, and its offer is not by the master key of the app, ${master}.` }
  const known = (how: string): Check => ({ what: 'signer', holds: true, says: `${at}, ${how} «${first.body.title}».` })
  if (body.by === first.body.by) return known('the key of the first offer of')
  if (finder.all('resumption').some((one) => one.body.by === master && one.body.app === body.app && one.body.key === body.by))
    return known('the key with which the master key resumed')
  if (body.by !== offer.body.by) return unseen('neither its offer nor a resumption that is here names that key')
  const grant = await finder.document('grant', offer.body.grant.sha256)
  if (grant === null) return unseen('whether the master key granted it that cannot be seen')
  return grant.body.by === master && grant.body.key === body.by
    ? known('a key that the master key granted for')
    : { what: 'signer', holds: false, says: `${at}, which the master key of the app, ${master}, did not grant.` }
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

/** Other documents of a tick's number that are here: of them the chain says which counts. */
export const twinsOf = (ticks: readonly OpenedTick[], { sha256, body }: OpenedTick): OpenedTick[] =>
  ticks.filter((one) => one.body.number === body.number && one.sha256 !== sha256)
