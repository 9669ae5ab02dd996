/**
 * Documents between the roles and the world: fetched from the swarm, checked, kept; and published: seeded, anchored, broadcast.
 * Every step of a publication is on disk before the next one acts, so a crash at any point ends in one transaction, never in two.
 */
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import {
  documentKinds,
  openDocument,
  type DocumentType,
  type FileEntry,
  type OpenedDocument,
  type Reference,
} from '../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import { anchorScript } from '../../roles/protocol/tx/index.ts'
import type { LogPort, StoragePort, SwarmFile, SwarmPort } from './ports.ts'
import type { Retention } from './retention.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

export interface Publication {
  documentType: DocumentType
  /** Bytes of `document.json`. */
  document: Uint8Array
  files: SwarmFile[]
  /** X-only keys whose newest coin is spent: the signature on the chain that the document asks for. */
  spendFromKeys: string[]
  /** X-only keys that get a dust output. */
  payToKeys: string[]
  /** Asked before anything is paid, and no more once it was: a refusal ends the publication. */
  mayPay?(): Promise<Result<null>>
}

export interface Documents {
  fetch(reference: Reference, type: DocumentType): Promise<Result<OpenedDocument>>
  /** @param keep whether to keep it for later beside the database, and not only with its torrent */
  fetchFile(infohash: string, file: FileEntry, keep?: boolean): Promise<Result<Uint8Array>>
  publish(publication: Publication): Promise<Result<{ reference: Reference; txid: string; fee: number }>>
}

export interface DocumentsOptions {
  crypto: CryptoPort
  storage: StoragePort
  swarm: SwarmPort
  wallet: WalletKeeper
  /** Told of every tick that is being published or was fetched. */
  onTick?: Retention['note']
  log: LogPort
  fetchTimeoutMs: number
}

/** Largest single file that is fetched, in bytes. */
const FILE_LIMIT = 256 << 20
const PUBLICATIONS = 'publication'

interface Stored {
  infohash: string
  txid: string
  fee: number
}

export function createDocuments(options: DocumentsOptions): Documents {
  const { crypto, storage, swarm, wallet, onTick = () => undefined } = options
  const under = new Map<string, Promise<Result<{ reference: Reference; txid: string; fee: number }>>>()
  async function fetched(infohash: string, name: string, maxBytes: number, sha256: string, keep = true): Promise<Result<Uint8Array>> {
    const kept = storage.getBlob(sha256)
    if (kept !== undefined) return ok(kept)
    const isRight = (files: SwarmFile[]): boolean => toHex(crypto.sha256(files[0]!.bytes)) === sha256
    // A torrent that once gave a right file stays, so a stranger's anchor that names it with another digest does not end its seeding.
    const got = await swarm.fetch(infohash, { files: [name], maxBytes, timeoutMs: options.fetchTimeoutMs, accept: isRight })
    if (!got.ok) return got
    const bytes = got.value[0]!.bytes
    if (!isRight(got.value)) {
      return fail(
        'document.digest',
        `The file ${name} of torrent ${infohash} has another SHA-256 than was signed. Its author has to publish it again.`,
      )
    }
    if (keep) storage.putBlob(sha256, bytes)
    return ok(bytes)
  }

  async function publish(publication: Publication): Promise<Result<{ reference: Reference; txid: string; fee: number }>> {
    const sha256 = toHex(crypto.sha256(publication.document))
    const known = storage.get(PUBLICATIONS, sha256) as unknown as Stored | undefined
    const allowed = known === undefined ? await publication.mayPay?.() : undefined
    if (allowed?.ok === false) return allowed
    const files = [{ name: 'document.json', bytes: publication.document }, ...publication.files]
    const seeded = await swarm.seed(`golem-${publication.documentType}-${sha256.slice(0, 16)}`, files)
    if (!seeded.ok) return seeded
    const reference = { sha256, infohash: seeded.value.infohash }
    storage.putBlob(sha256, publication.document)
    if (publication.documentType === 'tick') onTick(reference, true)
    if (known !== undefined) {
      const sent = await wallet.rebroadcast(known.txid)
      if (sent.ok) return ok({ reference, ...wallet.latest({ txid: known.txid, fee: known.fee }) })
      // Nothing comes of the recorded transaction, and its coins are free: the document is paid for anew.
      if (sent.error.code !== 'wallet.dropped') return sent
      const still = await publication.mayPay?.()
      if (still?.ok === false) return still
    }
    const script = anchorScript({ type: publication.documentType, ...reference })
    if (!script.ok) return script
    const paid = await wallet.pay({
      outputs: [{ script: script.value, value: 0 }, ...publication.payToKeys.map((key) => ({ key: fromHex(key) }))],
      spendFromKeys: publication.spendFromKeys,
      record: (txid, fee) => [{ table: PUBLICATIONS, key: sha256, value: { infohash: reference.infohash, txid, fee } }],
    })
    return paid.ok ? ok({ reference, ...paid.value }) : paid
  }

  async function fetchDocument(reference: Reference, type: DocumentType): Promise<Result<OpenedDocument>> {
    const bytes = await fetched(reference.infohash, 'document.json', documentKinds[type].limit, reference.sha256)
    const opened = bytes.ok ? openDocument(crypto, type, bytes.value, reference.sha256) : bytes
    if (opened.ok && type === 'tick') onTick(reference, false)
    return opened.ok && opened.value.body.type === 'offer' ? withGrant(opened.value as OpenedDocument<'offer'>) : opened
  }

  /** An offer counts only with its certificate chain: the master key's grant for the key that signed it (essay, Supervisor bootstraps 1). */
  async function withGrant(offer: OpenedDocument<'offer'>): Promise<Result<OpenedDocument>> {
    const { by, master, grant } = offer.body
    const granted = await fetchDocument(grant, 'grant')
    if (!granted.ok) return granted
    const body = granted.value.body
    const chained = body.type === 'grant' && body.by === master && body.key === by
    return chained
      ? ok(offer)
      : fail('offer.grant', `The offer «${offer.body.title}» is signed by a key that its master key did not grant. Do not use it.`)
  }

  return {
    fetch: fetchDocument,
    fetchFile: (infohash, file, keep) =>
      file.size > FILE_LIMIT
        ? Promise.resolve(fail('file.too-large', `The file ${file.name} has ${file.size} bytes; at most ${FILE_LIMIT} are fetched.`))
        : fetched(infohash, file.name, file.size, file.sha256, keep),
    publish(publication) {
      const sha256 = toHex(crypto.sha256(publication.document))
      const running = under.get(sha256) ?? publish(publication).finally(() => under.delete(sha256))
      under.set(sha256, running)
      return running
    },
  }
}
