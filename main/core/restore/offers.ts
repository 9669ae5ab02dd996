/** The offers of an app that is brought back: from chain and swarm, each with its grant, and with its program from the backup or as it is given. */
import { check, type Program } from '../../../roles/program/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import type { Offer, OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { encodeOutline, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { isFirstSeal, paysKey, referenceOf, spendsKey } from '../../../roles/protocol/ticks/index.ts'
import { openProgram } from '../../../roles/supervisor/index.ts'
import { tried } from '../history.ts'
import type { Services } from '../services.ts'

export interface FoundOffer {
  reference: Reference
  transaction: AnchoredTransaction
  document: OpenedDocument<'offer'>
  /** Null where neither the swarm has it nor anybody gave it. */
  program: Program | null
}

export interface FoundOffers {
  /** In the order of their anchors; the first one is the app's. */
  offers: FoundOffer[]
  /** Anchored and not to be had, one sentence each. */
  missing: string[]
}

type Here = Pick<Services, 'crypto' | 'documents'>

/** Whether a program is the one of an offer: its outline says so, and the salts of its code follow from the key (a plan shows whether its bodies are the same). */
export const isProgramOf = ({ crypto }: Pick<Services, 'crypto'>, program: Program, { outline }: Offer): boolean =>
  toHex(crypto.sha256(encodeOutline(outlineOf(program)))) === outline.sha256

async function programOf(
  here: Here,
  master: KeyPair,
  { infohash }: Reference,
  body: Offer,
  given: readonly Program[],
): Promise<Program | null> {
  const known = given.find((program) => isProgramOf(here, program, body))
  if (known !== undefined) return known
  const { backup } = body
  const bytes = backup === null ? null : await tried(() => here.documents.fetchFile(infohash, backup))
  const opened = bytes?.ok === true ? openProgram(here.crypto, master, bytes.value) : null
  return opened?.ok === true && isProgramOf(here, opened.value, body) ? opened.value : null
}

/**
 * The offers that this master key made for its app: the first one, and those that spend from its address.
 * @param given programs as a person has them, checked here
 * Errors: `restore.offer` (the first cannot be had), those of the checker.
 */
export async function findOffers(
  here: Here,
  anchored: readonly AnchoredTransaction[],
  master: KeyPair,
  given: readonly unknown[],
): Promise<Result<FoundOffers>> {
  const programs: Program[] = []
  for (const json of given) {
    const checked = check(json)
    if (!checked.ok) return checked
    programs.push(checked.value)
  }
  const found: FoundOffers = { offers: [], missing: [] }
  for (const transaction of anchored) {
    if (transaction.anchor.type !== 'offer' || !paysKey(transaction, master.publicKey)) continue
    const reference = referenceOf(transaction)
    if (found.offers.some((one) => one.reference.sha256 === reference.sha256)) continue
    const fetched = await tried(() => here.documents.fetch(reference, 'offer'))
    if (!fetched.ok) {
      found.missing.push(`The offer ${reference.sha256} of block ${transaction.height} cannot be had: ${fetched.error.message}`)
      continue
    }
    const document = fetched.value as OpenedDocument<'offer'>
    if (document.body.master !== master.publicKey || !isCounted(transaction, document.body, found)) continue
    const program = await programOf(here, master, reference, document.body, programs)
    found.offers.push({ reference, transaction, document, program })
  }
  if (found.offers.length > 0) return ok(found)
  return fail(
    'restore.offer',
    `There is no offer of this key to be had. ${found.missing[0] ?? 'Wait until the chain was read.'} Ask somebody who serves or uses the app to be there, and try again.`,
  )
}

/** The app's first offer pays its key by output 1; those that take over spend from the master key's address. */
const isCounted = (transaction: AnchoredTransaction, { app, by, master }: Offer, { offers }: FoundOffers): boolean =>
  app === null ? offers.length === 0 && isFirstSeal(transaction, by) : app === offers[0]?.reference.sha256 && spendsKey(transaction, master)

export interface AnchoredOffer {
  transaction: AnchoredTransaction
  document: OpenedDocument<'offer'>
}

/** The offers of a master key for an app, its first one and those that take over, as far as they can be had. */
export async function offersBy(
  { documents }: Pick<Services, 'documents'>,
  anchored: readonly AnchoredTransaction[],
  app: string,
  master: string,
): Promise<AnchoredOffer[]> {
  const found: AnchoredOffer[] = []
  for (const transaction of anchored) {
    const { type, sha256 } = transaction.anchor
    if (type !== 'offer' || !paysKey(transaction, master) || (sha256 !== app && !spendsKey(transaction, master))) continue
    if (found.some(({ document }) => document.sha256 === sha256)) continue
    const fetched = await tried(() => documents.fetch(referenceOf(transaction), 'offer'))
    if (fetched.ok) found.push({ transaction, document: fetched.value as OpenedDocument<'offer'> })
  }
  return found
}

/** Statements of the master key, by the anchors that spend from its address. */
export async function saidBy<T extends 'revocation' | 'resumption'>(
  { documents }: Pick<Services, 'documents'>,
  anchored: readonly AnchoredTransaction[],
  master: string,
  type: T,
): Promise<Array<{ transaction: AnchoredTransaction; document: OpenedDocument<T> }>> {
  const said: Array<{ transaction: AnchoredTransaction; document: OpenedDocument<T> }> = []
  for (const transaction of anchored.filter(({ anchor }) => anchor.type === type)) {
    if (!spendsKey(transaction, master)) continue
    const fetched = await tried(() => documents.fetch(referenceOf(transaction), type))
    if (fetched.ok && fetched.value.body.by === master) said.push({ transaction, document: fetched.value as OpenedDocument<T> })
  }
  return said
}

/** Whether the master key took back every key that signs for the app: it was ended, or its key was being changed when the folder was lost. */
export async function isEnded(
  here: Pick<Services, 'documents'>,
  anchored: readonly AnchoredTransaction[],
  master: string,
  offers: readonly AnchoredOffer[],
): Promise<boolean> {
  const revoked = new Set((await saidBy(here, anchored, master, 'revocation')).map(({ document }) => document.body.key))
  if (revoked.size === 0) return false
  const resumed = (await saidBy(here, anchored, master, 'resumption')).map(({ document }) => document.body.key)
  return [...offers.map(({ document }) => document.body.by), ...resumed].every((key) => revoked.has(key))
}
