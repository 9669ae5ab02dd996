/** The Supervisor's keys and what they sign to hire: grants, revocations and offers, each stored before anybody sees it. */
import { check, type Program } from '../../../roles/program/index.ts'
import {
  beaconKey,
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
import { encodeOutline, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import type { OfferParts } from '../../../roles/supervisor/index.ts'
import type { Json, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import type { ParticipantSettings } from '../settings.ts'

export type SupervisorSettings = NonNullable<ParticipantSettings['supervisor']>

/** Rows of this service in the node's storage. */
export const SUPERVISOR_ROWS = 'supervisor'

/** What a block's program may use at most. */
const BUDGET: Offer['budget'] = { steps: 1_000_000, bytes: 4_000_000 }

interface StoredOffer {
  program: Json
  document: Json
  keyIndex: number
}

export interface OfferBook {
  /** The master's public key. */
  readonly master: string
  /** Number of the secondary key in use. */
  keyIndex(): number
  signerAt(index: number): KeyPair
  /** Of an offer made here, by its digest. */
  partsOf(sha256: string): OfferParts
  /** Where a published offer is. */
  referenceOf(sha256: string): Reference
  /** The app's first offer: signed and stored when it is asked for the first time. */
  first(program: Program, grant: Reference): OpenedDocument<'offer'>
  /** The first offer, if it was signed in an earlier life. */
  storedFirst(): OpenedDocument<'offer'> | null
  /** Signs an offer; the caller stores the writes before anything is published. */
  make(
    program: Program,
    grant: Reference,
    supersedes: { reference: Reference; app: string } | null,
    index: number,
  ): { document: OpenedDocument<'offer'>; writes: StorageWrite[] }
  /** Grants a secondary key, once and for all. @returns where the grant is */
  grant(index: number): Promise<Reference>
  /** Revokes a secondary key, once and for all. */
  revoke(index: number, reason: string): Promise<void>
  publish(document: OpenedDocument<'offer'>): Promise<void>
}

export function createOfferBook(services: Services, settings: SupervisorSettings): OfferBook {
  const { crypto, storage, random, wallet, identity } = services
  const master = wallet.watchKey({ purpose: 'master', app: 0 }, 'identity')
  const signerAt = (index: number): KeyPair => wallet.watchKey({ purpose: 'secondary', app: 0, index }, 'identity')
  const offers = new Map<string, OfferParts>()
  const remember = (sha256: string, program: Program, body: Offer, index: number): void =>
    void offers.set(sha256, { body, program, outline: outlineOf(program), signer: signerAt(index) })
  for (const { key, value } of storage.list(SUPERVISOR_ROWS, 'offer:')) {
    const { program, document, keyIndex: index } = value as unknown as StoredOffer
    remember(key.slice('offer:'.length), must(check(program)), document as unknown as Offer, index)
  }
  const stored = <T extends DocumentType>(type: T, key: string, sign: () => OpenedDocument<T>): OpenedDocument<T> => {
    const known = storage.get(SUPERVISOR_ROWS, key)
    if (known !== undefined) return must(openDocument(crypto, type, canonicalBytes(known)))
    const made = sign()
    storage.transact([{ table: SUPERVISOR_ROWS, key, value: made.body as unknown as Json }])
    return made
  }
  /** The master key's statements pay its own address, which everybody watches. */
  const publishByMaster = (document: OpenedDocument<'grant' | 'revocation'>) =>
    services.persist(`publish the ${document.body.type}`, () =>
      services.documents.publish({
        documentType: document.body.type,
        document: document.bytes,
        files: [],
        spendFromKeys: [],
        payToKeys: [master.publicKey],
      }),
    )

  const book: OfferBook = {
    master: master.publicKey,
    signerAt,
    keyIndex: () => (storage.get(SUPERVISOR_ROWS, 'key-index') as number | undefined) ?? 0,
    partsOf: (sha256) => offers.get(sha256)!,
    referenceOf: (sha256) => ({ sha256, infohash: String(storage.get(SUPERVISOR_ROWS, `infohash:${sha256}`)) }),
    first: (program, grant) =>
      stored('offer', 'first', () => {
        const made = book.make(program, grant, null, 0)
        storage.transact(made.writes)
        return made.document
      }),
    storedFirst() {
      const known = storage.get(SUPERVISOR_ROWS, 'first')
      return known === undefined ? null : must(openDocument(crypto, 'offer', canonicalBytes(known)))
    },
    make(program, grant, supersedes, index) {
      const signer = signerAt(index)
      const { title, perRequest, minimumServers, trackers, work, tickBlocks, joinBlocks, confirmations, versions, primeBits } = settings
      const document = signDocument(
        crypto,
        'offer',
        {
          master: master.publicKey,
          grant,
          sealing: toHex(identity.sealing(signer, 'receipts').publicKey),
          supersedes: supersedes?.reference ?? null,
          app: supersedes?.app ?? null,
          title,
          outline: fileEntry(crypto, { name: 'outline', bytes: encodeOutline(outlineOf(program)) }),
          pay: { perRequest, perMillionSteps: 0, perMegabyte: 0 },
          minimumServers,
          trackers,
          work,
          tickBlocks,
          joinBlocks,
          confirmations,
          versions,
          primeBits,
          budget: BUDGET,
        },
        signer,
        random.bytes(32),
      )
      remember(document.sha256, program, document.body, index)
      const value: StoredOffer = { program: program as unknown as Json, document: document.body, keyIndex: index }
      return { document, writes: [{ table: SUPERVISOR_ROWS, key: `offer:${document.sha256}`, value: value as unknown as Json }] }
    },
    async grant(index) {
      const document = stored('grant', `grant:${index}`, () =>
        signDocument(crypto, 'grant', { key: signerAt(index).publicKey, note: `secondary key ${index}` }, master, random.bytes(32)),
      )
      return (await publishByMaster(document)).reference
    },
    async revoke(index, reason) {
      await publishByMaster(
        stored('revocation', `revocation:${index}`, () =>
          signDocument(crypto, 'revocation', { key: signerAt(index).publicKey, reason }, master, random.bytes(32)),
        ),
      )
    },
    async publish(document) {
      const published = await services.persist('publish the offer', () =>
        services.documents.publish({
          documentType: 'offer',
          document: document.bytes,
          files: [{ name: 'outline', bytes: encodeOutline(book.partsOf(document.sha256).outline) }],
          spendFromKeys: [],
          payToKeys: [beaconKey(crypto, 'offer'), document.body.by],
        }),
      )
      storage.transact([{ table: SUPERVISOR_ROWS, key: `infohash:${document.sha256}`, value: published.reference.infohash }])
    },
  }
  return book
}
