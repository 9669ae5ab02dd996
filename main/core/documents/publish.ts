/**
 * Documents of one's own: seeded, anchored, broadcast. Every step is on disk before the next one acts, so a crash at any point ends in one
 * transaction, never in two.
 */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { anchorScript } from '../../../roles/protocol/tx/index.ts'
import type { StoragePort, SwarmFile } from '../ports.ts'
import type { Documents, DocumentsOptions, Publication, Published } from './types.ts'

export const PUBLICATIONS = 'publication'

/** Whether a document, by its digest, was anchored from this folder: that is on the disk before any node hears of it. */
export const isPublished = (storage: StoragePort, sha256: string): boolean => storage.get(PUBLICATIONS, sha256) !== undefined

/** A row: by which transaction the document was published last. */
interface Stored {
  infohash: string
  txid: string
  fee: number
}

type PublishOptions = Pick<DocumentsOptions, 'crypto' | 'storage' | 'swarm' | 'wallet' | 'onTick'>

async function publish(options: PublishOptions, publication: Publication, sha256: string): Promise<Result<Published>> {
  const known = options.storage.get(PUBLICATIONS, sha256) as unknown as Stored | undefined
  const allowed = known === undefined ? await publication.mayPay?.() : undefined
  if (allowed?.ok === false) return allowed
  const seeded = publication.documentType === 'update' ? keep(options, publication, sha256) : await seed(options, publication, sha256)
  if (!seeded.ok) return seeded
  if (known !== undefined) {
    const sent = await sendAgain(options, known, seeded.value)
    // Nothing comes of the recorded transaction, and its coins are free: the document is paid for anew.
    if (sent.ok || sent.error.code !== 'wallet.dropped') return sent
    const still = await publication.mayPay?.()
    if (still?.ok === false) return still
  }
  return anchor(options, publication, seeded.value)
}

type Own = Parameters<Documents['seed']>[0]

/** The torrent of a document (PROTOCOL.md 3.3). */
const torrentOf = ({ documentType, document, files }: Own, sha256: string): [name: string, files: SwarmFile[]] => [
  `golem-${documentType}-${sha256.slice(0, 16)}`,
  [{ name: 'document.json', bytes: document }, ...files],
]

/** On disk, and served to nobody yet. */
function keep({ storage, swarm }: PublishOptions, own: Own, sha256: string): Result<Reference> {
  const infohash = swarm.infohash(...torrentOf(own, sha256))
  if (!infohash.ok) return infohash
  storage.putBlob(sha256, own.document)
  return ok({ sha256, infohash: infohash.value })
}

async function seed({ storage, swarm, onTick }: PublishOptions, own: Own, sha256: string): Promise<Result<Reference>> {
  const { documentType, document } = own
  const seeded = await swarm.seed(...torrentOf(own, sha256))
  if (!seeded.ok) return seeded
  const reference = { sha256, infohash: seeded.value.infohash }
  storage.putBlob(sha256, document)
  if (documentType === 'tick') onTick?.(reference, true)
  return ok(reference)
}

async function sendAgain({ wallet }: PublishOptions, { txid, fee }: Stored, reference: Reference): Promise<Result<Published>> {
  const sent = await wallet.rebroadcast(txid)
  return sent.ok ? ok({ reference, ...wallet.latest({ txid, fee }) }) : sent
}

async function anchor({ wallet }: PublishOptions, publication: Publication, reference: Reference): Promise<Result<Published>> {
  const { sha256, infohash } = reference
  const { tick, ticks, documentType } = publication
  const numbers = { ...(tick === undefined ? {} : { number: tick.number }), ...(ticks === undefined ? {} : { ticks }) }
  const script = anchorScript({ type: documentType, ...reference, ...numbers })
  if (!script.ok) return script
  const paid = await wallet.pay({
    outputs: [{ script: script.value, value: 0 }, ...publication.payToKeys.map((key) => ({ key: fromHex(key) }))],
    spendFromKeys: publication.spendFromKeys,
    ...(tick === undefined ? {} : { seal: tick.seal }),
    label: documentType,
    record: (txid, fee) => [{ table: PUBLICATIONS, key: sha256, value: { infohash, txid, fee } }],
  })
  return paid.ok ? ok({ reference, ...paid.value }) : paid
}

export function createPublishing(options: PublishOptions): Pick<Documents, 'publish' | 'seed'> {
  const underway = new Map<string, Promise<Result<Published>>>()
  const digestOf = ({ document }: Own): string => toHex(options.crypto.sha256(document))
  return {
    seed: (own) => seed(options, own, digestOf(own)),
    publish(publication) {
      const sha256 = digestOf(publication)
      const running = underway.get(sha256) ?? publish(options, publication, sha256).finally(() => underway.delete(sha256))
      underway.set(sha256, running)
      return running
    },
  }
}
