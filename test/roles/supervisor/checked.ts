/** A tick's updates, honest ones and others, and the ledger that decides them: for tests of who checks documents before anybody asks. */
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { signDocument } from '../../../roles/protocol/documents/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { closeTick, readDocuments, revealedIn, documentsFiles, type ClosedTick } from '../../../roles/protocol/ticks/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import {
  BASE,
  clientOf,
  dataKey,
  HASH,
  makeLedger,
  partRandom,
  seatsOf,
  setScene,
  STAMPED,
  versionOf,
  type Scene,
} from '../../bench/tick/scene.ts'
import { anchored, closeInput } from '../../bench/tick/updates.ts'
import { crypto, makeUpdate, type UpdateOptions } from './actors.ts'

type Fields = OpenedDocument<'update'>['body']

/** Signs an update anew after a change. */
function changed(document: OpenedDocument<'update'>, change: (body: Fields) => Partial<Fields>): OpenedDocument<'update'> {
  const { sig: _sig, by: _by, type: _type, v: _v, ...fields } = { ...document.body, ...change(document.body) }
  return signDocument(crypto, 'update', fields, clientOf(0), new Uint8Array(32))
}

const flipped = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`
const firstLink = ({ lanes }: Fields, change: (link: Fields['lanes'][0][0]) => Partial<Fields['lanes'][0][0]>): Pick<Fields, 'lanes'> => ({
  lanes: lanes.map((links, lane) => links.map((link, i) => (lane === 0 && i === 0 ? { ...link, ...change(link) } : link))),
})
const firstWrite = ({ writes }: Fields, change: (write: Fields['writes'][0]) => Partial<Fields['writes'][0]>): Pick<Fields, 'writes'> => ({
  writes: writes.map((write, i) => (i === 0 ? { ...write, ...change(write) } : write)),
})

/** What is wrong with an update, with the outcome; null: it is counted, and a server of it buried. Whether it is sound by itself. */
export const WRONG: Record<
  string,
  { outcome: string; sound: boolean; options?: Partial<UpdateOptions>; change?: (body: Fields) => Partial<Fields> }
> = {
  'a link signed by nobody': {
    outcome: 'update.thread',
    sound: false,
    change: (body) => firstLink(body, ({ sig }) => ({ sig: flipped(sig) })),
  },
  'a link that was changed': {
    outcome: 'update.thread',
    sound: false,
    change: (body) => firstLink(body, ({ opening }) => ({ opening: `AAAA${opening.slice(4)}` })),
  },
  'lanes that differ': {
    outcome: 'update.lanes',
    sound: false,
    change: (body) => firstLink(body, ({ inputs }) => ({ inputs: flipped(inputs) })),
  },
  'a key that did not sign': {
    outcome: 'update.signature',
    sound: false,
    change: ({ keySigs }) => ({ keySigs: keySigs.map(({ key, sig }) => ({ key, sig: flipped(sig) })) }),
  },
  'a write that was changed': {
    outcome: 'update.digest',
    sound: false,
    change: (body) => firstWrite(body, ({ salt }) => ({ salt: flipped(salt) })),
  },
  'a carried value that was changed': {
    outcome: 'update.carried',
    sound: false,
    change: (body) => firstWrite(body, ({ fields }) => ({ fields: { ...fields, text: 'other' } })),
  },
  'a start of another request': {
    outcome: 'update.start',
    sound: false,
    change: ({ start }) => ({ start: { ...start, request: flipped(start.request) } }),
  },
  'a write that no server signed, but its key did': {
    outcome: 'update.digest',
    sound: false,
    options: { tamper: (writes) => writes.map((write) => ({ ...write, salt: flipped(write.salt) })) },
  },
  'lanes of which each is signed as it is': {
    outcome: 'update.lanes',
    sound: false,
    options: { link: (link) => (link.lane === 1 && link.position === 0 ? { ...link, inputs: flipped(link.inputs) } : link) },
  },
  'another base': { outcome: 'update.base', sound: true, options: { base: flipped(BASE) } },
  'a key at another version': { outcome: 'update.replaced', sound: true, options: { replaces: '12'.repeat(32) } },
  'servers of its own choice': { outcome: 'update.seat', sound: true, options: { seats: (order) => order.toReversed() } },
  'a server that did not multiply': { outcome: 'update.stamp', sound: true, options: { skips: 1 } },
  'a server that sealed rubbish': { outcome: 'accepted', sound: true, options: { rubbish: [{ lane: 1, position: 0 }] } },
}

export interface CheckedScene {
  scene: Scene
  documents: Array<OpenedDocument<'update'>>
  /** Digests of those of `WRONG`, by name. */
  wrong: Map<string, string>
}

/** Honest updates with those of `WRONG` among them. */
export async function checkedScene(honest: number, wrong: readonly string[] = Object.keys(WRONG)): Promise<CheckedScene> {
  const scene = await setScene()
  const cast = { ...scene.cast, random: partRandom(0) }
  const make = (n: number, options: Partial<UpdateOptions> = {}): OpenedDocument<'update'> => {
    const key = dataKey(n)
    return makeUpdate(cast, {
      ...{ app: scene.app, tick: STAMPED, base: BASE, hash: HASH, planned: scene.planned, secret: scene.made.secret.reveal },
      ...{ endpoint: 'post', key, client: clientOf(n), replaces: versionOf(key.publicKey), text: `note number ${n}`, ...options },
    })
  }
  const documents = Array.from({ length: honest }, (_, n) => make(n))
  const digests = new Map<string, string>()
  for (const [i, name] of wrong.entries()) {
    const { options, change } = WRONG[name]!
    const made = make(honest + i, options)
    const document = change === undefined ? made : changed(made, change)
    digests.set(name, document.sha256)
    documents.splice((i * 7) % documents.length, 0, document)
  }
  return { scene, documents, wrong: digests }
}

/** Reads a tick's files and decides it, as an audit does. */
export async function decided(
  crypto: CryptoPort,
  { scene, documents }: CheckedScene,
): Promise<Pick<ClosedTick, 'verdicts' | 'burials' | 'evidence'>> {
  const parts = documentsFiles(documents)
  const fetchFile = (name: string) => Promise.resolve(ok(parts.find((part) => part.name === name)!.bytes))
  const summary = { verdicts: [], documents: parts.map((part) => fileEntry(crypto, part)) }
  const read = must(await readDocuments({ crypto, fetchFile }, { summary }, revealedIn(crypto, [scene.made.secret.reveal])))
  const updates = anchored([...read.values()] as Array<OpenedDocument<'update'>>)
  const reserved = documents.map(({ body }) => ({ key: body.writes[0]!.key, owner: body.by }))
  const ledger = makeLedger(scene, reserved, seatsOf(scene, documents.length))
  const { verdicts, burials, evidence } = closeTick({ crypto }, ledger, closeInput(scene, updates))
  // Transactions are numbered as they are made.
  return { verdicts: verdicts.map((verdict) => ({ ...verdict, txid: '' })), burials, evidence }
}

/** The outcome of each of `WRONG`, by name. */
export const outcomesOf = ({ verdicts }: Pick<ClosedTick, 'verdicts'>, { wrong }: CheckedScene): Record<string, string> =>
  Object.fromEntries([...wrong].map(([name, sha256]) => [name, verdicts.find(({ document }) => document.sha256 === sha256)!.outcome]))

export const idOf = (bytes: Uint8Array, i: number): string => toHex(bytes.subarray(32 * i, 32 * i + 32))
