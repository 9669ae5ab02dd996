/** The inputs of the vectors. Every secret and every random value is fixed; those named by `bytes` are the SHA-256 of a label. */
import { sha256 } from '@noble/hashes/sha2.js'
import { toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import type { Anchor, DocumentType } from '../../../roles/protocol/documents/index.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import type { Type } from '../../../roles/program/index.ts'
import type { KeyPurpose } from '../../../roles/protocol/keys/index.ts'
import type { EnvelopeMessage, HopReply, ShownMessage } from '../../../roles/protocol/requests/index.ts'
import type { AppLink } from '../../../roles/protocol/link/index.ts'
import { x25519 } from '@noble/curves/ed25519.js'
import { schnorr } from '@noble/curves/secp256k1.js'

const bytes = (label: string): string => toHex(sha256(utf8(`golem vector: ${label}`)))
/** The X25519 public key of a label's secret. */
const sealing = (label: string): string => toHex(x25519.getPublicKey(Uint8Array.from(Buffer.from(bytes(label), 'hex'))))
const publicKey = (privateKey: string): string => toHex(schnorr.getPublicKey(Uint8Array.from(Buffer.from(privateKey, 'hex'))))

/** One document of each type, all signed by one key. */
export interface DocumentsInput { privateKey: string; auxiliary: string; fields: Record<DocumentType, Record<string, Json>> }
export interface AnchorInput { anchors: Anchor[]; beacons: DocumentType[]; key: string }
export interface KeysInput { phrase: string; context: string; purposes: KeyPurpose[] }
export interface KeystoreInput { secret: string; passphrase: string; n: number; random: string }
export interface WorkInput { role: 'server' | 'client'; publicKey: string; scope: string; bits: number }
type SortValue = string | boolean
export interface SortKeysInput {
  tuples: Array<{ kinds: string[]; values: SortValue[] }>
  /** Bounds of the value after those given. */
  ranges: Array<{ kinds: string[]; values: SortValue[]; from?: SortValue; to?: SortValue }>
}
export interface MerkleInput { leaves: string[]; ranges: Array<[number, number]> }
export interface IndexInput { name: string; kinds: string[]; rows: Array<{ tuple: string[]; record: Record<string, Json> }>; query: string[]; show: string[] }
export interface EdgeInput { secret: string; id: string; value: Json; type: Type }
/** Types, and lengths of values in bytes. */
export interface SizesInput { types: Type[]; lengths: number[] }
export interface MessagesInput { envelope: EnvelopeMessage; shown: ShownMessage; reply: HopReply }
export interface EnvelopeInput { ephemeral: string; recipient: string; purpose: 'envelope'; parts: Array<string | number>; plain: string }
/** Files of `size` equal bytes; the document is any text, because a torrent does not look into it. */
/** Links to write, and texts to read. */
export interface LinkInput { links: AppLink[]; texts: string[] }
export interface TorrentInput { type: 'offer'; document: string; files: Array<{ name: string; size: number; byte: number }> }
/** Servers are named by labels; their ids are the x-only keys of the hashes of these. */
export interface SeatsInput {
  hash: string; tick: number; since: number; servers: number; endpoints: Array<{ name: string; blocks: number }>; terms: { witnesses: number; spare: number; versions: number }
  client: string; app: string; at: { hash: string; tick: number; endpoint: string }; ages: number[]
}
export interface ThreadInput {
  app: string; request: string; tick: number; endpoint: string; client: string; secret: string; number: string; sealing: string; auxiliary: string
  key: string; reservation: string; salts: string[]; carried: { field: string; edge: string; value: Json }
  write: { block: number; site: number; collection: string; key: string; replaces: string; fields: Record<string, Json> }
  base: string; planned: string; seat: string; lane: number; numbers: string[]
  blocks: Array<{ server: string; passage: string; site: string; sites: number[]; salt: string; ephemeral: string; body: Json }>
}

const app = bytes('app')
const offer = bytes('offer')
const dataKey = bytes('data key')
const emptyBody: Json = { scopes: [], nodes: [], outputs: [], effects: [] }
const row = (topic: string, key: string, text: string) => ({ tuple: [topic, key], record: { $key: key, $owner: bytes('client'), text, topic } })

const reference = (label: string) => ({ sha256: bytes(label), infohash: bytes(`${label} infohash`).slice(0, 40) })
const file = (name: string, size: number) => ({ name, size, sha256: bytes(name) })
const link = {
  request: bytes('request'), app, tick: 7, endpoint: 'post', lane: 0, position: 0, version: bytes('version'), server: publicKey(bytes('server')), previous: bytes('start'),
  base: bytes('tick 7'), planned: bytes('tick 4'), inputs: bytes('inputs'), sites: [0], own: [bytes('own')], before: bytes('before'), after: bytes('after'), opening: 'AAEC', outputs: bytes('outputs'), sig: 'ab'.repeat(64),
}
const start = { request: bytes('request'), app, tick: 7, endpoint: 'post', client: publicKey(bytes('client')), base: bytes('tick 7'), planned: bytes('tick 4'), seat: bytes('seat'), numbers: [bytes('before')], keys: bytes('keys'), sig: 'cd'.repeat(64) }
const { sig: _sig, ...bareStart } = start
const write = {
  block: 0, site: 0, collection: 'posts', key: publicKey(bytes('data key')), replaces: bytes('reserved'), fields: { text: 'hello', stars: '5' }, salt: bytes('salt'),
  carried: { text: { edge: 'argument text', commit: bytes('commit'), salt: bytes('edge salt') } },
}
/** Their inner signatures are those of nobody: what they cover is in thread.json. */
const documentFields: DocumentsInput['fields'] = {
  offer: {
    master: publicKey(bytes('master')), grant: reference('grant'), sealing: sealing('sealing'), supersedes: null, app: null, title: 'Guestbook — «Gäste»', minimumServers: 3,
    trackers: ['http://tracker.example/announce'], work: { client: 10, server: 12 }, tickBlocks: 6, joinBlocks: 3, confirmations: 1, versions: 2, primeBits: 512, witnesses: 1, spare: 1, perTick: { acceptances: 100, registrations: 100, reservations: 100, updates: 4 },
    outline: file('outline', 1234), backup: file('backup', 2345), pay: { perRequest: 10, perMillionSteps: 0, perMegabyte: 0 }, budget: { steps: 1_000_000, bytes: 4_000_000 },
  },
  grant: { key: publicKey(bytes('client')), note: 'secondary key 0' },
  revocation: { key: publicKey(bytes('client')), reason: 'the machine was seized' },
  resumption: {
    app, good: { number: 6, ...reference('tick 6') }, key: publicKey(bytes('client')), grant: reference('grant'), reason: 'the machine was seized', shows: reference('tick 7'),
  },
  acceptance: { offer: bytes('offer'), host: 'host.example', port: 4000, sealing: sealing('sealing'), region: 'eu-west', nonce: '18446744073709551615' },
  registration: { app, sealing: sealing('sealing'), seats: bytes('seats'), nonce: '5' },
  reservation: { app, keys: [{ key: publicKey(bytes('data key')), collection: 'posts', initial: { stars: '0' }, sig: 'ef'.repeat(64) }] },
  update: {
    app, tick: 7, endpoint: 'post', request: bytes('request'), writes: [write], start: bareStart, lanes: [[link]],
    keySigs: [{ key: publicKey(bytes('data key')), sig: '12'.repeat(64) }],
  },
  tick: {
    app, offer: bytes('offer'), number: 7, previous: reference('tick 6'), blocks: { from: 136, to: 142, hash: bytes('block') }, state: 'running', root: bytes('root'),
    indices: [{ name: 'posts.byTopic', root: bytes('index root'), count: 2, directory: file('i0-directory', 96), chunks: [file('i0-0', 512)] }],
    summary: { verdicts: [{ txid: bytes('txid'), document: reference('update'), height: 140, outcome: 'accepted' }, { txid: bytes('txid 2'), document: reference('update 2'), height: 141, outcome: 'update.rule', rule: { collection: 'likes', index: 'once', bound: 'atMost' } }], documents: [file('documents.0', 2048)] },
    reveal: { tick: 5, file: file('reveal', 640) }, tombstones: [bytes('buried')], burials: [{ subject: bytes('buried'), evidence: { kind: 'stamp', update: bytes('update 2'), lane: 0, position: 1 } }], evidence: file('evidence', 4096), schema: file('schema', 900),
    servers: [{ id: publicKey(bytes('server')), host: 'host.example', port: 4000, sealing: sealing('sealing'), region: 'eu-west' }],
    plans: [{ tick: 10, sealing: sealing('plan'), ready: [publicKey(bytes('server'))], readyFile: file('ready.10', 400), endpoints: { post: [{ code: bytes('code'), label: { outputs: [[0, 2]], sites: [{ decided: [0], fields: { text: [1] } }] }, versions: [bytes('version')] }] }, code: [{ server: publicKey(bytes('server')), file: file('code-0', 800) }] }],
  },
  dispute: {
    app, start, links: [link, { ...link, lane: 1, server: publicKey(bytes('server 1')), sites: [], own: [] }], commits: { caller: bytes('commit caller'), 'request.text': bytes('commit') },
    opened: { caller: { value: publicKey(bytes('client')), salt: bytes('edge salt') } }, keys: { 'block.0.0': bytes('key 0'), 'writes.0': bytes('key 1') },
    shown: { queries: [{ query: 0, proof: null }], slots: [{ slot: 0, proof: null }] },
  },
  ready: { app, from: 9, to: 12 },
}

/** Mersenne primes, so that anybody can check them; real primes are random and of `primeBits` bits. */
const MERSENNE = [2n ** 89n - 1n, 2n ** 107n - 1n, 2n ** 127n - 1n].map((prime) => prime.toString(16))

export const inputs = {
  documents: { privateKey: bytes('client'), auxiliary: bytes('auxiliary'), fields: documentFields } satisfies DocumentsInput,
  anchor: {
    anchors: [{ type: 'offer', sha256: bytes('document'), infohash: bytes('infohash').slice(0, 40) }, { type: 'dispute', sha256: '00'.repeat(32), infohash: 'ff'.repeat(20) }, { type: 'tick', sha256: bytes('document'), infohash: bytes('infohash').slice(0, 40), number: 258 }, { type: 'ready', sha256: bytes('document'), infohash: bytes('infohash').slice(0, 40), ticks: { from: 258, to: 772 } }],
    beacons: ['offer', 'tick', 'update'], key: publicKey(bytes('client')),
  } satisfies AnchorInput,
  keys: {
    phrase: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about', context: 'identity',
    purposes: [
      { network: 'mainnet', purpose: 'coins', account: 0, change: 0, index: 0 }, { network: 'test', purpose: 'coins', account: 0, change: 1, index: 7 },
      { network: 'test', purpose: 'master', app: 0 }, { network: 'test', purpose: 'secondary', app: 0, index: 1 }, { network: 'test', purpose: 'server', offer, index: 0 },
      { network: 'test', purpose: 'client', app, index: 0 }, { network: 'test', purpose: 'data', app, index: 2 }, { network: 'mainnet', purpose: 'backup' },
    ],
  } satisfies KeysInput,
  keystore: { secret: 'abandon abandon about', passphrase: 'Gólem ﬁ', n: 1024, random: bytes('salt') + bytes('nonce').slice(0, 24) } satisfies KeystoreInput,
  work: { role: 'client', publicKey: publicKey(bytes('client')), scope: app, bits: 12 } satisfies WorkInput,
  sortkeys: {
    tuples: [
      { kinds: ['int'], values: ['-9007199254740991'] }, { kinds: ['int'], values: ['-1'] }, { kinds: ['int'], values: ['0'] }, { kinds: ['int'], values: ['5'] },
      { kinds: ['bool'], values: [true] }, { kinds: ['text'], values: [''] }, { kinds: ['text'], values: ['a'] }, { kinds: ['text'], values: ['a\u0000b'] },
      { kinds: ['text'], values: ['Golëm 🗿'] }, { kinds: ['bytes'], values: ['/wD/'] }, { kinds: ['text', 'int', 'key'], values: ['ann', '5', 'ab'] }, { kinds: ['text', 'int'], values: [] },
    ],
    ranges: [
      { kinds: ['text', 'int', 'key'], values: ['ann'], from: '-5', to: '7' },
      { kinds: ['text', 'int', 'key'], values: ['ann'], from: '5' },
      { kinds: ['text', 'int', 'key'], values: ['ann'], to: '7' },
      { kinds: ['text', 'int', 'key'], values: [], from: 'bob', to: 'ann' },
      { kinds: ['key'], values: [], from: 'ab' },
    ],
  } satisfies SortKeysInput,
  merkle: { leaves: ['', '00', '0102', 'ff', bytes('leaf')], ranges: [[0, 1], [1, 4], [4, 5], [0, 5]] } satisfies MerkleInput,
  // The hash of row 2 ends in c0, which 32 divides: so there are two pages.
  index: {
    name: 'posts.byTopic', kinds: ['text', 'key'], query: ['stones'], show: ['$key', 'text'],
    rows: [row('clay', bytes('row 1'), 'soft'), row('stones', bytes('row 2'), 'hard 22'), row('stones', `f${bytes('row 3').slice(1)}`, 'old')],
  } satisfies IndexInput,
  edge: { secret: bytes('secret'), id: 'request.text', value: 'Hello, Golëm', type: { kind: 'text', max: 20 } } satisfies EdgeInput,
  sizes: {
    types: [
      { kind: 'bool' }, { kind: 'int' }, { kind: 'int', min: '-5', max: '100' }, { kind: 'text', max: 60 }, { kind: 'text', max: 681 }, { kind: 'text', max: 682 }, { kind: 'bytes', max: 100 },
      { kind: 'key', collection: 'posts' }, { kind: 'option', of: { kind: 'bool' } }, { kind: 'list', of: { kind: 'bool' }, max: 3 }, { kind: 'list', of: { kind: 'bool' }, max: 1000 },
      { kind: 'record', fields: { x: { kind: 'int' }, yy: { kind: 'bool' } } }, { kind: 'record', fields: {} }, { kind: 'variant', cases: { small: { kind: 'record', fields: {} }, big: { kind: 'text', max: 4 } } },
      { kind: 'map', keys: { kind: 'text', max: 4 }, of: { kind: 'bool' }, max: 5 }, { kind: 'tree', of: { kind: 'bool' }, max: 5 },
    ],
    lengths: [0, 60, 61, 124, 125, 4092, 4093, 4604, 4605, 5000, 1_048_572],
  } satisfies SizesInput,
  messages: {
    envelope: {
      keys: { 'request.text': bytes('key 0'), 'writes.0': bytes('key 1') }, next: bytes('server 1'), number: { number: `1${bytes('number')}`, salt: bytes('salt 0') },
      receipt: { app, request: bytes('request'), tick: 41, version: bytes('version'), server: bytes('server 0'), client: bytes('client'), sig: bytes('sig 0') + bytes('sig 1') },
    },
    shown: { caller: { first: 0, name: 'Golëm' }, queries: [{ query: 3, proof: [] }], slots: [] },
    reply: {
      link: {
        request: bytes('request'), app, tick: 41, endpoint: 'post', lane: 1, position: 0, version: bytes('version'), server: bytes('server 0'), previous: bytes('previous'),
        base: bytes('tick 41'), planned: bytes('tick 38'), inputs: bytes('inputs'), sites: [0, 7], own: [bytes('write')], outputs: bytes('outputs'),
        before: bytes('before'), after: bytes('after'), opening: 'AAEC', sig: bytes('sig 0') + bytes('sig 1'),
      },
      outputs: { 'block.0.0': { commit: bytes('commit 0'), box: '/wD/AA==' } }, writes: { commit: bytes('commit 1'), box: '' }, handoff: null,
    },
  } satisfies MessagesInput,
  envelope: { ephemeral: bytes('ephemeral'), recipient: bytes('recipient'), purpose: 'envelope', parts: [bytes('request'), 41, 0, 1, bytes('version')], plain: '{"a":1}' } satisfies EnvelopeInput,
  thread: {
    app, request: bytes('request'), tick: 41, endpoint: 'post', client: bytes('client'), secret: bytes('secret'), number: `8${bytes('number').slice(1)}`, sealing: bytes('tick 41'),
    auxiliary: bytes('auxiliary'), key: dataKey, reservation: bytes('reservation'), salts: [bytes('salt 0'), bytes('salt 1'), bytes('salt 2')],
    base: bytes('tick 41'), planned: bytes('tick 38'), seat: bytes('seat'), lane: 1, numbers: [bytes('number 0')],
    carried: { field: 'text', edge: 'request.text', value: 'Hello, Golëm' },
    write: { block: 0, site: 0, collection: 'posts', key: publicKey(dataKey), replaces: bytes('replaced'), fields: { topic: 'clay' } },
    blocks: [
      { server: bytes('server 0'), passage: MERSENNE[0]!, site: MERSENNE[1]!, sites: [0], salt: bytes('version salt 0'), ephemeral: bytes('ephemeral 0'), body: emptyBody },
      { server: bytes('server 1'), passage: MERSENNE[2]!, site: '3', sites: [], salt: bytes('version salt 1'), ephemeral: bytes('ephemeral 1'), body: emptyBody },
    ],
  } satisfies ThreadInput,
  seats: {
    hash: bytes('block 8'), tick: 11, since: 5, servers: 7, endpoints: [{ name: 'post', blocks: 2 }, { name: 'vote', blocks: 1 }], terms: { witnesses: 1, spare: 1, versions: 2 },
    client: bytes('client'), app, at: { hash: bytes('block 11'), tick: 11, endpoint: 'post' }, ages: [0, 6, 65_535],
  } satisfies SeatsInput,
  link: {
    links: [
      { network: 'mainnet', app, trackers: [], peers: [] },
      {
        network: 'signet', app, title: "Köln's poll (1 & 2) 🗿", infohash: bytes('infohash').slice(0, 40), height: 150_000,
        trackers: ['udp://tracker.example:6969', 'https://t.example/announce?key=a+b%20c'], peers: [{ host: '203.0.113.7', port: 6881 }, { host: '2001:db8::1', port: 4000 }, { host: 'node.example', port: 1 }],
      },
    ],
    texts: [
      ` GOLEM:SIGNET/${app.toUpperCase()}?TITLE=a+b&AT=7&later=%ZZ&PE=Node.Example:80\n`, `golem://signet/${app}`, `golem:main/${app}`, `golem:signet/${app.slice(1)}`, `golem:signet/${app}?title=%E2%80%AE`,
      `golem:signet/${app}?ih=12`, `golem:signet/${app}?at=07`, `golem:signet/${app}?tr=http://u@t.example/`, `golem:signet/${app}?pe=127.1:80`,
    ],
  } satisfies LinkInput,
  torrent: { type: 'offer', document: '{"v":1}', files: [{ name: 'outline', size: 40_000, byte: 1 }, { name: 'Empty', size: 0, byte: 0 }] } satisfies TorrentInput,
}
