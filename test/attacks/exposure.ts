/**
 * The exposure log: everything that one server could have opened of a request. Not what our code does open: whatever came to the server is tried with every key that
 * the server has or finds on the way, under every purpose and name that the protocol knows, until nothing new opens.
 */
import type { z } from 'zod'
import type { Endpoint } from '../../roles/program/index.ts'
import { fromHex, utf8 } from '../../roles/protocol/bytes.ts'
import { open, openBox, type CryptoPort } from '../../roles/protocol/crypto/index.ts'
import type { Link } from '../../roles/protocol/documents/index.ts'
import {
  continuationMessage,
  envelopeMessage,
  hopMessage,
  hopReply,
  messageAad,
  numberOpening,
  readMessage,
  replyMessage,
  requestMessage,
  shownMessage,
} from '../../roles/protocol/requests/index.ts'
import { openOpening } from '../../roles/protocol/stamps/index.ts'
import type { Pending } from '../../roles/client/types.ts'
import { APP, TICK, type Actor } from '../roles/request/world.ts'

/** What could be opened: names of sealed values as in the label (`request.topic`, `query.recent.author`), names of messages, and their plaintexts. */
export type Exposed = Map<string, unknown>

export interface Spy {
  /** Bytes that came to the server. */
  saw(bytes: Uint8Array): void
  /** A symmetric key that it drew itself, hex. */
  drew(key: string): void
  /** What another server opened and told it. */
  heard(json: unknown): void
  /** Everything that opens. */
  log(): Exposed
}

interface Edge {
  id: string
  commit: string
  box: string
}

const isKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)
/** Base64 with room for a nonce and a tag; hex of digests and signatures is none. */
const isBox = (text: string): boolean => text.length >= 40 && text.length % 4 === 0 && !/^[0-9a-f]*$/.test(text)
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))

/** What travels in binary form, by what it is sealed for. */
const MESSAGES: Record<string, readonly z.ZodType[]> = {
  request: [requestMessage],
  continuation: [continuationMessage],
  hop: [hopMessage],
  handoff: [numberOpening],
  envelope: [envelopeMessage],
  shown: [shownMessage],
  reply: [hopReply, replyMessage],
}

/** A message that opens as what it is sealed for has that form, or the log would be blind to what is in it. Everything else is JSON, or bytes. */
function parse(bytes: Uint8Array, name: string): unknown {
  // Not the edges of a request, which begin as its message does.
  const message = /^(request|continuation|hop|reply|(?:handoff|envelope|shown)(?=\.))(?:\.\d+)?$/.exec(name)
  if (message === null) return parseJson(bytes)
  for (const form of MESSAGES[message[1]!]!) {
    const read = readMessage(name, form, bytes)
    if (read.ok) return read.value
  }
  throw new Error(`what opens as ${name} is none`)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

/** Calls for every object and text in some JSON. */
function walk(json: unknown, name: string, visit: (value: unknown, name: string) => void): void {
  visit(json, name)
  if (typeof json === 'object' && json !== null && !(json instanceof Uint8Array))
    for (const [field, value] of Object.entries(json)) walk(value, field, visit)
}

type Named = Array<[name: string, aad: Uint8Array]>

/** A name for each associated data that a box of this request could have: of those that are sealed to a public key, and of those under a symmetric one. */
function purposes(actor: Actor, { request, lanes }: Pick<Pending, 'request' | 'lanes'>): { envelopes: Named; boxes: Named } {
  const id = actor.identity.publicKey
  const of = (name: string, ...parts: Parameters<typeof messageAad>): Named[number] => [name, messageAad(...parts)]
  const positions = [...lanes[0]!.keys()]
  const envelopes = positions.flatMap((position) =>
    [...lanes.entries()].flatMap(([lane, hops]) => [
      of(`handoff.${position}`, 'handoff', request, lane, position),
      of(`envelope.${position}`, 'envelope', request, TICK, lane, position, hops[position]!.version),
    ]),
  )
  const whole = (['request', 'continuation', 'hop'] as const).map((name) => of(name, name, id))
  return {
    envelopes: [...whole, of('code', 'code', APP, TICK, id), ...envelopes],
    boxes: [of('reply', 'reply', request), ...positions.map((position) => of(`shown.${position}`, 'shown', request, position))],
  }
}

/** The box key of an edge, as PROTOCOL 11.2 has it. */
const boxKey = (crypto: CryptoPort, key: Uint8Array, id: string): Uint8Array => crypto.taggedHash('golem/edge-box', key, utf8(id))

export function createSpy(crypto: CryptoPort, actor: Actor, pending: Pick<Pending, 'request' | 'lanes'>): Spy {
  const keys = new Set<string>()
  const boxes = new Map<string, Uint8Array>()
  const edges = new Map<string, Edge>()
  const links = new Set<Link>()
  const log: Exposed = new Map()
  const tried = new Set<string>()
  const { envelopes, boxes: symmetric } = purposes(actor, pending)
  const { privateKey, publicKey } = actor.sealing

  const learn = (name: string, json: unknown): void => {
    log.set(name, json)
    read(json)
  }
  const read = (json: unknown): void => {
    walk(json, '', (value, field) => {
      if (typeof value === 'string' && isKey(value)) keys.add(value)
      else if (typeof value === 'string' && isBox(value)) boxes.set(value, bytesOf(value))
      else if (value instanceof Uint8Array) boxes.set(Buffer.from(value).toString('base64'), value)
      else if (typeof value === 'object' && value !== null && 'opening' in value) links.add(value as Link)
      else if (typeof value === 'object' && value !== null && 'box' in value && 'commit' in value) {
        const { box, commit } = value as Omit<Edge, 'id'>
        // Writes travel in a list, or as a field, without their name.
        const ids = field.includes('.') ? [field] : pending.lanes[0]!.map((_, i) => `writes.${i}`)
        for (const id of ids) edges.set(`${id}/${box}`, { id, box, commit })
      }
    })
  }

  /** Once for each pair. */
  const once = (pair: string, attempt: () => Uint8Array | null, name: string): void => {
    if (tried.has(pair)) return
    tried.add(pair)
    const plain = attempt()
    if (plain !== null) learn(name, parse(plain, name) ?? plain)
  }

  function tryAll(): void {
    for (const [text, box] of boxes) {
      for (const [at, [name, aad]] of envelopes.entries()) once(`${at}/${text}`, () => asEnvelope(box, aad), name)
      for (const key of keys)
        for (const [name, aad] of symmetric) once(`${key}/${name}/${text}`, () => openBox(crypto, fromHex(key), box, aad), name)
    }
    for (const link of links) {
      const opened = openOpening(remembering, { secret: privateKey, publicKey }, link)
      if (opened !== null) log.set(`opening.${link.position}`, String(opened.after))
    }
    for (const { id, box, commit } of edges.values())
      for (const key of keys) {
        const sealed = fromHex(commit)
        const openWith = (secret: Uint8Array): Uint8Array | null => {
          const plain = crypto.aead.open(secret, sealed.subarray(0, 12), bytesOf(box), sealed)
          return plain && plain.subarray(4, 4 + new DataView(plain.buffer, plain.byteOffset).getUint32(0))
        }
        once(`${key}/${id}/${box}`, () => openWith(boxKey(crypto, fromHex(key), id)) ?? openWith(fromHex(key)), id)
      }
  }

  const shared = new Map<string, Uint8Array | null>()
  const remembering: CryptoPort = {
    ...crypto,
    x25519: {
      ...crypto.x25519,
      shared(secret, other) {
        const name = Buffer.from(other).toString('hex')
        if (!shared.has(name)) shared.set(name, crypto.x25519.shared(secret, other))
        return shared.get(name)!
      },
    },
  }
  function asEnvelope(box: Uint8Array, aad: Uint8Array): Uint8Array | null {
    const plain = open(remembering, privateKey, publicKey, box, aad)
    return plain.ok ? plain.value : null
  }

  return {
    saw: (bytes) => void boxes.set(Buffer.from(bytes).toString('base64'), bytes),
    drew: (key) => void keys.add(key),
    heard: read,
    log() {
      for (let before = -1; before !== log.size + keys.size + boxes.size + edges.size;) {
        before = log.size + keys.size + boxes.size + edges.size
        tryAll()
      }
      return log
    },
  }
}

interface Proof {
  pages: Array<{ entries: Array<[sortKey: string, content: string | Array<string | [name: string, value: unknown]>]> }>
}

/** The fields that a proof shows in plain, and its sort keys. */
function shownIn(proof: Proof, of: string): string[] {
  const names = proof.pages.flatMap(({ entries }) =>
    entries.flatMap(([, content]) =>
      typeof content === 'string' ? [] : content.flatMap((field) => (typeof field === 'string' ? [] : [`${of}.${field[0]}`])),
    ),
  )
  return [...names, `${of}.(sort keys)`]
}

/** The log in the words of the label: what is shown by proofs beside what was sealed, slots and queries by their names. */
export function namesIn(log: Exposed, endpoint: Endpoint): Set<string> {
  const slot = (position: number): string => `slot.${endpoint.slots[position]!.name}`
  const names = [...log].flatMap(([name, value]): string[] => {
    if (/^slot\.\d+$/.test(name)) return [slot(Number(name.slice(5)))]
    if (!name.startsWith('shown.')) return [name]
    const { caller, queries, slots } = value as {
      caller: Proof
      queries: Array<{ query: number; proof: Proof }>
      slots: Array<{ slot: number; proof: Proof }>
    }
    return [
      name,
      ...shownIn(caller, 'caller'),
      ...queries.flatMap(({ query, proof }) => shownIn(proof, `query.${endpoint.queries[query]!.name}`)),
      ...slots.flatMap((one) => shownIn(one.proof, slot(one.slot))),
    ]
  })
  return new Set(names)
}
