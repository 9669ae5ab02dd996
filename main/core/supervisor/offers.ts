/**
 * The Supervisor's statements: grants, revocations and offers. Each is signed once and stored before anybody sees it, so what is asked for again
 * after a crash gives the same bytes. Publishing them is `hiring.ts`.
 */
import { check, type Program } from '../../../roles/program/index.ts'
import {
  openDocument,
  signDocument,
  type DocumentType,
  type Offer,
  type OpenedDocument,
  type Reference,
} from '../../../roles/protocol/documents/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { checkServers, defaultLanes, encodeOutline, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { DEFAULT_PER_TICK } from '../../../roles/protocol/ticks/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { nameOfChange, sealProgram, type OfferParts, type Wanted, type WantedResumption } from '../../../roles/supervisor/index.ts'
import type { Json, SwarmFile } from '../ports.ts'
import type { Services } from '../services.ts'
import type { SupervisorTerms } from './terms.ts'

/** Rows of this service in the node's storage. */
export const SUPERVISOR_ROWS = 'supervisor'

/** Secondary keys that one wallet is searched for. */
const MOST_KEYS = 1_000

/** What a block's program may use at most. */
const BUDGET: Offer['budget'] = { steps: 1_000_000, bytes: 4_000_000 }

/** Row `offer:<digest>`. */
interface StoredOffer {
  /** Digest of its program, in the row `program:<digest>`. */
  program: string
  document: Json
  keyIndex: number
}

export interface OfferBook {
  readonly master: KeyPair
  signerAt(index: number): KeyPair
  /** Keeps a program. @returns its digest, by which changes name it */
  keepProgram(program: Program): string
  /** Of an offer made here, by its digest. Throws for another. */
  partsOf(sha256: string): OfferParts
  /** The files of its torrent besides the document: the same bytes each time. */
  filesOf(sha256: string): SwarmFile[]
  /** Its signed bytes. */
  documentOf(sha256: string): OpenedDocument<'offer'>
  /** The app's first offer, if it was signed. */
  first(): OpenedDocument<'offer'> | null
  /** Where a published offer is. */
  referenceOf(sha256: string): Reference
  notePublished(reference: Reference): void
  grant(index: number): OpenedDocument<'grant'>
  revocation(index: number, reason: string): OpenedDocument<'revocation'>
  /** The offer of a change, under this grant. */
  offer(wanted: Wanted, grant: Reference): OpenedDocument<'offer'>
  /** The master key's statement that ends ticks; the grant is that of its key. */
  resumption(wanted: WantedResumption, grant: Reference): OpenedDocument<'resumption'>
  /** The pair of a secondary key. Throws for a key of somebody else. */
  signerOf(key: string): KeyPair
}

const row = (key: string, value: Json) => ({ table: SUPERVISOR_ROWS, key, value })

/** @param app which of the wallet's apps this is @param terms in force for the next offer */
export function createOfferBook(services: Services, app: number, terms: () => SupervisorTerms): OfferBook {
  const { crypto, storage, random, wallet } = services
  const master = wallet.watchKey({ purpose: 'master', app }, 'identity')
  const signerAt = (index: number): KeyPair => wallet.watchKey({ purpose: 'secondary', app, index }, 'identity')
  const rows = createOfferRows(services, signerAt)
  /** Signed when it is asked for the first time. */
  const once = <T extends DocumentType>(type: T, key: string, sign: () => OpenedDocument<T>): OpenedDocument<T> => {
    const known = storage.get(SUPERVISOR_ROWS, key)
    if (known !== undefined) return must(openDocument(crypto, type, canonicalBytes(known)))
    const made = sign()
    storage.transact([row(key, made.body)])
    return made
  }
  return {
    ...rows,
    master,
    signerAt,
    filesOf(sha256) {
      const { outline, program } = rows.partsOf(sha256)
      return [
        { name: 'outline', bytes: encodeOutline(outline) },
        { name: 'backup', bytes: sealProgram(crypto, master, program) },
      ]
    },
    referenceOf: (sha256) => ({ sha256, infohash: String(storage.get(SUPERVISOR_ROWS, `infohash:${sha256}`)) }),
    notePublished: ({ sha256, infohash }) => storage.transact([row(`infohash:${sha256}`, infohash)]),
    grant: (index) =>
      once('grant', `grant:${index}`, () =>
        signDocument(crypto, 'grant', { key: signerAt(index).publicKey, note: `secondary key ${index}` }, master, random.bytes(32)),
      ),
    revocation: (index, reason) =>
      once('revocation', `revocation:${index}`, () =>
        signDocument(crypto, 'revocation', { key: signerAt(index).publicKey, reason }, master, random.bytes(32)),
      ),
    resumption: ({ index, ...fields }, grant) =>
      once('resumption', `resumption:${index}`, () =>
        signDocument(
          crypto,
          'resumption',
          { ...fields, app: rows.first()!.sha256, key: signerAt(index).publicKey, grant },
          master,
          random.bytes(32),
        ),
      ),
    signerOf(key) {
      for (let index = 0; index < MOST_KEYS; index++) if (signerAt(index).publicKey === key) return signerAt(index)
      throw new Error(`the key ${key} is none of this Supervisor's`)
    },
    offer(wanted, grant) {
      const signed = storage.get(SUPERVISOR_ROWS, `signed:${nameOfChange(wanted)}`)
      if (signed !== undefined) return rows.documentOf(String(signed))
      const supersedes = wanted.supersedes === null ? null : this.referenceOf(wanted.supersedes)
      const document = signOffer(services, terms(), {
        title: titleOf(terms(), wanted, rows.programOf(wanted.program), rows.partsOf),
        master: master.publicKey,
        grant,
        signer: signerAt(wanted.index),
        supersedes,
        app: supersedes === null ? null : (this.first()?.sha256 ?? null),
        outline: outlineOf(rows.programOf(wanted.program)),
        backup: sealProgram(crypto, master, rows.programOf(wanted.program)),
      })
      rows.keep(wanted, document)
      return document
    },
  }
}

/** The offers on disk, with what belongs to each. */
function createOfferRows({ crypto, storage }: Services, signerAt: (index: number) => KeyPair) {
  const parts = new Map<string, OfferParts>()
  const programOf = (sha256: string): Program => must(check(storage.get(SUPERVISOR_ROWS, `program:${sha256}`)))
  const remember = (sha256: string, stored: StoredOffer): void => {
    const program = programOf(stored.program)
    const body = stored.document as unknown as Offer
    signerAt(stored.keyIndex)
    parts.set(sha256, { body, program, outline: outlineOf(program) })
  }
  for (const { key, value } of storage.list(SUPERVISOR_ROWS, 'offer:'))
    remember(key.slice('offer:'.length), value as unknown as StoredOffer)
  const documentOf = (sha256: string) => must(openDocument(crypto, 'offer', canonicalBytes(parts.get(sha256)!.body)))
  return {
    programOf,
    documentOf,
    partsOf: (sha256: string): OfferParts => parts.get(sha256)!,
    first() {
      const sha256 = storage.list(SUPERVISOR_ROWS, 'signed:first:')[0]?.value
      return sha256 === undefined ? null : documentOf(String(sha256))
    },
    keepProgram(program: Program): string {
      const sha256 = toHex(crypto.sha256(canonicalBytes(program)))
      storage.transact([row(`program:${sha256}`, program as unknown as Json)])
      return sha256
    },
    keep(wanted: Wanted, { sha256, body }: OpenedDocument<'offer'>): void {
      const stored: StoredOffer = { program: wanted.program, document: body, keyIndex: wanted.index }
      storage.transact([row(`offer:${sha256}`, stored as unknown as Json), row(`signed:${nameOfChange(wanted)}`, sha256)])
      remember(sha256, stored)
    },
  }
}

/**
 * The title of an offer: the one that was asked for; else that of the offer which it takes over from, unless the program has another name: then that; of
 * the first offer, that of the terms.
 */
function titleOf(terms: SupervisorTerms, { title, supersedes }: Wanted, program: Program, partsOf: (sha256: string) => OfferParts): string {
  if (title !== undefined || supersedes === null) return title ?? terms.title
  const before = partsOf(supersedes)
  return before.program.name === program.name ? before.body.title : program.name
}

interface OfferHead {
  title: string
  master: string
  grant: Reference
  signer: KeyPair
  supersedes: Reference | null
  app: string | null
  outline: Program
  /** The file `backup`. */
  backup: Uint8Array
}

/** What the terms say of witnesses and spare servers, and what stands for the rest. */
function lanesOf({ minimumServers, witnesses, spare }: Pick<SupervisorTerms, 'minimumServers' | 'witnesses' | 'spare'>): {
  witnesses: number
  spare: number
} {
  const otherwise = defaultLanes(minimumServers)
  return { witnesses: witnesses ?? otherwise.witnesses, spare: spare ?? otherwise.spare }
}

/** Whether the servers that an app waits for are enough for every endpoint in all of its lanes. Error: `offer.servers`. */
export const enoughServers = (terms: SupervisorTerms, program: Program) =>
  checkServers({ ...lanesOf(terms), minimumServers: terms.minimumServers }, program)

function signOffer({ crypto, random, identity }: Services, terms: SupervisorTerms, head: OfferHead): OpenedDocument<'offer'> {
  const { title: _title, perRequest, ...others } = terms
  const { signer, outline, backup, ...named } = head
  const fields = {
    ...named,
    ...others,
    ...lanesOf(terms),
    perTick: terms.perTick ?? DEFAULT_PER_TICK,
    sealing: toHex(identity.sealing(signer, 'receipts').publicKey),
    outline: fileEntry(crypto, { name: 'outline', bytes: encodeOutline(outline) }),
    backup: fileEntry(crypto, { name: 'backup', bytes: backup }),
    pay: { perRequest, perMillionSteps: 0, perMegabyte: 0 },
    budget: BUDGET,
  }
  return signDocument(crypto, 'offer', fields, signer, random.bytes(32))
}
