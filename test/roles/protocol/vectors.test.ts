/**
 * The vectors that PROTOCOL.md refers to. Each file is recomputed twice: by the code, and by the words of PROTOCOL.md with nothing but
 * the primitives of node:crypto, so that the specification suffices to write a second implementation.
 */
import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { documentTypes, openDocument, verifyUnder } from '../../../roles/protocol/documents/index.ts'
import type { AppLink } from '../../../roles/protocol/link/index.ts'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { nobleCrypto } from '../../../roles/protocol/crypto/index.ts'
import { decryptSecret } from '../../../roles/protocol/keys/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { beginThread } from '../../../roles/protocol/requests/index.ts'
import { compute, type VectorName } from '../../vectors/protocol/compute.ts'
import { inputs } from '../../vectors/protocol/inputs.ts'

interface Vector<N extends VectorName> {
  input: (typeof inputs)[N]
  expected: Awaited<ReturnType<(typeof compute)[N]>>
}
const read = <N extends VectorName>(name: N): Vector<N> =>
  JSON.parse(readFileSync(new URL(`../../vectors/protocol/${name}.json`, import.meta.url), 'utf8')) as Vector<N>

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
/** T(tag, …) of section 1. */
const T = (tag: string, ...parts: Uint8Array[]): Buffer => sha256(sha256(utf8(tag)), sha256(utf8(tag)), ...parts)
const u32 = (n: number): Buffer => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n].map((byte) => byte & 255))
const u64 = (n: bigint): Buffer => hex(n.toString(16).padStart(16, '0'))
const withLength = (bytes: Uint8Array): Buffer => Buffer.concat([u32(bytes.length), bytes])
const hkdf = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length))
/** C(…) of section 1.1, for texts that JSON.stringify escapes as ECMAScript does. */
const C = (value: unknown): Buffer => utf8(sortedJson(value))
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${sortedJson((value as Record<string, unknown>)[name])}`)
    .join(',')}}`
}
function aead(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  cipher.setAAD(aad, { plaintextLength: plain.length })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}
/** OpenSSL takes the counter and the nonce as one. */
const chacha20 = (key: Uint8Array, bytes: Uint8Array): Buffer => createCipheriv('chacha20', key, Buffer.alloc(16)).update(bytes)
const x25519Secret = (secret: string) =>
  createPrivateKey({ key: Buffer.concat([hex('302e020100300506032b656e04220420'), hex(secret)]), format: 'der', type: 'pkcs8' })
const x25519Public = (secret: string): Buffer => createPublicKey(x25519Secret(secret)).export({ format: 'der', type: 'spki' }).subarray(-32)
function shared(secret: string, publicKey: Uint8Array): Buffer {
  const other = createPublicKey({ key: Buffer.concat([hex('302a300506032b656e032100'), publicKey]), format: 'der', type: 'spki' })
  return diffieHellman({ privateKey: x25519Secret(secret), publicKey: other })
}
const unsigned = (signed: object): object => Object.fromEntries(Object.entries(signed).filter(([name]) => name !== 'sig'))

describe('the code makes what the vectors say', () => {
  for (const name of Object.keys(compute) as VectorName[]) {
    it(`${name}.json`, async () => {
      const { input, expected } = read(name)
      expect(input, 'the file was not written from these inputs').toEqual(JSON.parse(JSON.stringify(inputs[name])))
      expect(JSON.parse(JSON.stringify(await (compute[name] as (input: unknown) => unknown)(input)))).toEqual(expected)
    })
  }
})

describe('the words of PROTOCOL.md make what the vectors say', () => {
  it('the link of an app (16.1)', () => {
    const { input, expected } = read('link')
    const plain = (text: string): string =>
      [...Buffer.from(text)]
        .map((byte) =>
          /[A-Za-z0-9._~:/-]/.test(String.fromCharCode(byte))
            ? String.fromCharCode(byte)
            : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
        )
        .join('')
    const written = (input.links as AppLink[]).map(({ network, app, title, infohash, height, trackers, peers }) => {
      const fields = [
        ...(title === undefined ? [] : [`title=${plain(title)}`]),
        ...(infohash === undefined ? [] : [`ih=${infohash}`]),
        ...(height === undefined ? [] : [`at=${height}`]),
        ...trackers.map((tracker) => `tr=${plain(tracker)}`),
        ...peers.map(({ host, port }) => `pe=${plain(host.includes(':') ? `[${host}]` : host)}:${port}`),
      ]
      return `golem:${network}/${app}${fields.length === 0 ? '' : '?'}${fields.join('&')}`
    })
    expect(written).toEqual(expected.written)
    const app = input.links[0]!.app
    const [upper, ...refused] = expected.read
    expect(upper).toEqual({ network: 'signet', app, title: 'a+b', height: 7, trackers: [], peers: [{ host: 'node.example', port: 80 }] })
    expect(refused).toEqual(['form', 'network', 'app', 'title', 'ih', 'at', 'tr', 'pe'].map((field) => `link.${field}`))
  })

  it.each(documentTypes)('a document of type %s and its signature (3.1)', (type) => {
    const { input, expected: all } = read('documents')
    const expected = all[type]
    const body = JSON.parse(expected['document.json']) as Record<string, string>
    expect(expected.unsigned).toBe(sortedJson({ ...input.fields[type], type, v: 2, by: body['by'] }))
    expect(T(`golem/${type}`, utf8(expected.unsigned)).toString('hex')).toBe(expected.signingDigest)
    expect(nobleCrypto.schnorr.verify(hex(expected.signature), hex(expected.signingDigest), hex(body['by']!))).toBe(true)
    expect(sha256(utf8(expected['document.json'])).toString('hex')).toBe(expected.digest)
    expect(must(openDocument(nobleCrypto, type, utf8(expected['document.json']), expected.digest)).body.sig).toBe(expected.signature)
  })

  it('an anchor and the beacons (4)', () => {
    const { input, expected } = read('anchor')
    const bytes: Record<string, number> = { offer: 1, tick: 8, ready: 10, dispute: 12 }
    for (const [i, { type, sha256: digest, infohash, number, ticks }] of input.anchors.entries()) {
      const payload = Buffer.concat([
        utf8('GOLM'),
        Buffer.from([2, bytes[type]!]),
        hex(digest),
        hex(infohash),
        number === undefined ? Buffer.alloc(0) : u32(number),
        ticks === undefined ? Buffer.alloc(0) : Buffer.concat([u32(ticks.from), u32(ticks.to)]),
      ])
      const length = type === 'tick' ? 62 : type === 'ready' ? 66 : 58
      expect(payload.length).toBe(length)
      expect(expected.anchors[i]).toEqual({
        payload: payload.toString('hex'),
        script: `6a${length.toString(16)}${payload.toString('hex')}`,
      })
    }
    for (const [type, key] of Object.entries(expected.beacons)) {
      const tried = Array.from({ length: 32 }, (_, counter) => T('golem/beacon', utf8(type), u32(counter)).toString('hex'))
      expect(tried).toContain(key)
    }
  })

  it('the torrent of a document (3.3)', () => {
    const { input, expected } = read('torrent')
    const digest = sha256(utf8(input.document)).toString('hex')
    const name = `golem-offer-${digest.slice(0, 16)}`
    const document = utf8(input.document)
    const whole = Buffer.concat([document, Buffer.alloc(40_000, 1)])
    const pieces = Buffer.concat(
      [0, 1, 2].map((i) =>
        createHash('sha1')
          .update(whole.subarray(i * 16_384, (i + 1) * 16_384))
          .digest(),
      ),
    )
    const file = (fileName: string, size: number): string => `d6:lengthi${size}e4:pathl${fileName.length}:${fileName}ee`
    const head = `d5:filesl${file('Empty', 0)}${file('document.json', document.length)}${file('outline', 40_000)}e4:name${name.length}:${name}12:piece lengthi16384e6:pieces60:`
    const infohash = createHash('sha1')
      .update(Buffer.concat([utf8(head), pieces, utf8('e')]))
      .digest('hex')
    expect({ digest, name, order: ['Empty', 'document.json', 'outline'], pieceLength: 16_384, infohash }).toEqual(expected)
  })

  it('X25519 keys (2.3) and the key file (2.2)', async () => {
    for (const { privateKey, x25519 } of read('keys').expected.derived) {
      const secret = hkdf(hex(privateKey), utf8('golem/x25519/1'), utf8('identity'), 32).toString('hex')
      expect(x25519).toEqual({ privateKey: secret, publicKey: x25519Public(secret).toString('hex') })
    }
    const {
      input,
      expected: { box, ...header },
    } = read('keystore')
    const key = scryptSync(input.passphrase.normalize('NFKC'), Buffer.from(header.salt, 'base64'), 32, {
      N: header.n,
      r: header.r,
      p: header.p,
    })
    expect(aead(key, Buffer.from(header.nonce, 'base64'), utf8(input.secret), C(header)).toString('base64')).toBe(box)
    expect(must(await decryptSecret(nobleCrypto, { ...header, box }, input.passphrase))).toEqual(new Uint8Array(utf8(input.secret)))
  })

  it('who holds a block (10.5), and in which order a client takes its servers (11.9)', () => {
    const { input, expected } = read('seats')
    const { witnesses, spare, versions } = input.terms
    const all = input.endpoints.reduce((sum, { blocks }) => sum + blocks, 0)
    for (const { name, blocks } of input.endpoints) {
      const each = Math.min(Math.floor(input.servers / blocks), Math.max(1 + witnesses + spare, versions, Math.ceil(input.servers / all)))
      const of = (block: number, server: string): string =>
        T('golem/holder', hex(input.hash), u32(input.tick), withLength(utf8(name)), Buffer.from([block]), hex(server)).toString('hex')
      const pairs = [...Array(blocks).keys()].flatMap((block) =>
        expected.ready.map((server) => ({ block, server, rank: of(block, server) })),
      )
      const dealt = Array.from({ length: blocks }, () => [] as Array<{ server: string; version: number }>)
      for (const { block, server } of pairs.sort((a, b) => (a.rank < b.rank ? -1 : 1))) {
        if (dealt.flat().some((one) => one.server === server) || dealt[block]!.length === each) continue
        dealt[block]!.push({ server, version: dealt[block]!.length % versions })
      }
      expect(expected.dealt[name]).toEqual(dealt)
    }
    const chain = [hkdf(hex(input.client), utf8('golem/seats/1'), hex(input.app), 32)]
    for (let i = 0; i < 65_536; i++) chain.push(T('golem/seat-chain', chain[i]!))
    expect(expected.end).toBe(chain[65_536]!.toString('hex'))
    expect(expected.values).toEqual(input.ages.map((age) => chain[65_535 - age]!.toString('hex')))
    expect(expected.seat).toBe(chain[65_535 - (input.at.tick - input.since)]!.toString('hex'))
    const client = Buffer.from(nobleCrypto.schnorr.publicKey(hex(input.client)))
    const seat = (block: number, server: string): string => {
      const { hash, tick, endpoint } = input.at
      const head = [hex(hash), hex(expected.seat), client, u32(tick), withLength(utf8(endpoint))]
      return T('golem/seat', ...head, Buffer.from([block]), hex(server)).toString('hex')
    }
    for (const [block, order] of expected.order.entries()) {
      const holders = expected.dealt[input.at.endpoint]![block]!.map(({ server }) => server)
      expect(order).toEqual([...holders].sort((a, b) => (seat(block, a) < seat(block, b) ? -1 : 1)))
    }
  })

  it('a proof of work (2.5)', () => {
    const { input, expected } = read('work')
    const challenge = T('golem/work', withLength(utf8(input.role)), hex(input.publicKey), hex(input.scope))
    const message = Buffer.concat([sha256(challenge), Buffer.alloc(40), u64(BigInt(expected.leastNonce))])
    expect([challenge, message, sha256(sha256(message))].map((bytes) => bytes.toString('hex'))).toEqual([
      expected.challenge,
      expected.message,
      expected.hash,
    ])
    expect(BigInt(`0x${expected.hash}`) >> BigInt(256 - input.bits)).toBe(0n)
  })

  it('sort keys (8.3)', () => {
    const content = (bytes: Buffer): Buffer =>
      Buffer.concat([...Array.from(bytes, (byte) => Buffer.from(byte === 0 ? [0, 255] : [byte])), Buffer.from([0, 1])])
    const encode = (kind: string, value: string | boolean): Buffer => {
      if (kind === 'int') return u64(BigInt(value) + 2n ** 63n)
      return kind === 'bool'
        ? Buffer.from([value === true ? 1 : 0])
        : content(kind === 'bytes' ? Buffer.from(String(value), 'base64') : utf8(String(value)))
    }
    const { input, expected } = read('sortkeys')
    const tuple = (kinds: string[], values: Array<string | boolean>): string =>
      Buffer.concat(values.map((value, i) => encode(kinds[i]!, value))).toString('hex')
    const encoded = input.tuples.map(({ kinds, values }) => tuple(kinds, values))
    expect(encoded).toEqual(expected.tuples.map((one) => one.encoded))
    const next = (byte: string): string => (Number.parseInt(byte, 16) + 1).toString(16).padStart(2, '0')
    const raised = (prefix: string): string | null => (prefix === '' ? null : prefix.slice(0, -2) + next(prefix.slice(-2)))
    expect(
      input.ranges.map(({ kinds, values, from, to }) => {
        const prefix = tuple(kinds, values)
        return {
          from: from === undefined ? prefix : tuple(kinds, [...values, from]),
          to: to === undefined ? raised(prefix) : tuple(kinds, [...values, to]),
        }
      }),
    ).toEqual(expected.ranges)
    const integers = encoded.slice(0, 4)
    expect(integers.toSorted()).toEqual(integers)
  })

  it('a Merkle tree of five leaves (8.4)', () => {
    const { input, expected } = read('merkle')
    const [a, b, c, d, e] = input.leaves.map((leaf) => T('golem/merkle/leaf', hex(leaf))) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    const node = (left: Buffer, right: Buffer): Buffer => T('golem/merkle/node', left, right)
    const abcd = node(node(a, b), node(c, d))
    expect(node(abcd, e).toString('hex')).toBe(expected.root)
    expect(T('golem/merkle/empty').toString('hex')).toBe(expected.emptyRoot)
    expect(expected.proofs).toEqual([[b, node(c, d), e], [a, e], [abcd], []].map((proof) => proof.map((hash) => hash.toString('hex'))))
  })

  it('pages, index root and database root (8.2, 8.5)', () => {
    const { input, expected } = read('index')
    const records = input.rows.map(({ record }) =>
      T(
        'golem/record',
        ...Object.entries(record)
          .sort(([x], [y]) => (x < y ? -1 : 1))
          .map(([name, value]) => T('golem/field', withLength(utf8(name)), C(value))),
      ),
    )
    const sortKeys = input.rows.map(({ tuple }) => Buffer.concat(tuple.map((text) => Buffer.concat([utf8(text), Buffer.from([0, 1])]))))
    const entries = sortKeys.map((key, i) => T('golem/entry', withLength(key), records[i]!))
    expect(entries.map((entry) => entry.toString('hex'))).toEqual(expected.entries.map((entry) => entry.hash))
    const [first, second, third] = entries as [Buffer, Buffer, Buffer]
    const fence = sortKeys[2]!
    const pages = [
      T('golem/page', u32(0), Buffer.from([1]), withLength(fence), u32(2), first, second),
      T('golem/page', withLength(fence), Buffer.from([0]), u32(1), third),
    ]
    expect(pages.map((page) => page.toString('hex'))).toEqual(expected.pageHashes)
    const leaf = (bytes: Uint8Array): Buffer => T('golem/merkle/leaf', bytes)
    const root = T('golem/index', u32(2), u32(3), T('golem/merkle/node', leaf(pages[0]!), leaf(pages[1]!)))
    const empty = T('golem/index', u32(1), u32(0), leaf(T('golem/page', u32(0), Buffer.from([0]), u32(0))))
    expect([root, empty].map((hash) => hash.toString('hex'))).toEqual([expected.indexRoot, expected.emptyIndexRoot])
    const indexLeaf = (name: string, hash: Buffer, count: number): Buffer => leaf(Buffer.concat([withLength(utf8(name)), hash, u32(count)]))
    const database = T(
      'golem/database',
      u32(2),
      T('golem/merkle/node', indexLeaf(input.name, root, 3), indexLeaf(`${input.name}2`, empty, 0)),
    )
    expect(database.toString('hex')).toBe(expected.databaseRoot)
  })

  it('an edge (11.2) and an envelope (11.1)', () => {
    const { input, expected } = read('edge')
    const key = T('golem/edge-key', hex(input.secret), utf8(input.id))
    const part = (purpose: string): Buffer => T(`golem/edge-${purpose}`, key, utf8(input.id))
    const commit = T('golem/edge', part('salt'), C(input.value))
    // A text of 20 code points has at most 6 · 20 + 2 bytes.
    const padded = Buffer.alloc(4 + 122)
    withLength(C(input.value)).copy(padded)
    const box = aead(part('box'), commit.subarray(0, 12), padded, commit).toString('base64')
    const commitsDigest = T('golem/commits', C({ [input.id]: commit.toString('hex') })).toString('hex')
    expect({ key: key.toString('hex'), salt: part('salt').toString('hex'), commit: commit.toString('hex'), box, commitsDigest }).toEqual(
      expected,
    )

    const { input: sealed, expected: envelope } = read('envelope')
    const [sender, recipient] = [x25519Public(sealed.ephemeral), x25519Public(sealed.recipient)]
    const aad = utf8(JSON.stringify(['golem/2', sealed.purpose, ...sealed.parts]))
    const key32 = T('golem/envelope', shared(sealed.ephemeral, recipient), sender, recipient, sha256(aad))
    const nonce = Buffer.from(envelope.box, 'hex').subarray(32, 44)
    const whole = Buffer.concat([sender, nonce, aead(key32, nonce, utf8(sealed.plain), aad)])
    expect({ aad: aad.toString(), recipient: recipient.toString('hex'), box: whole.toString('hex') }).toEqual(envelope)
  })

  it('a thread of two links (12)', () => {
    const { input, expected } = read('thread')
    const { start, links } = expected
    expect([start, ...links].map((signed, i) => T(i === 0 ? 'golem/start' : 'golem/link', C(unsigned(signed))).toString('hex'))).toEqual([
      expected.startDigest,
      ...expected.linkDigests,
    ])
    const factors = [
      BigInt(`0x${input.blocks[0]!.passage}`) * BigInt(`0x${input.blocks[0]!.site}`),
      BigInt(`0x${input.blocks[1]!.passage}`),
    ]
    const numbers = [BigInt(`0x${input.number}`)]
    for (const factor of factors) numbers.push(numbers.at(-1)! * factor)
    const bytesOf = (number: bigint): Buffer => hex(number.toString(16).padStart(Math.ceil(number.toString(16).length / 2) * 2, '0'))
    const commits = numbers.map((number, i) => T('golem/number', hex(input.salts[i]!), withLength(bytesOf(number))).toString('hex'))
    expect(commits).toEqual([start.numbers[1], links[0]!.after, links[1]!.after])
    expect(links.map((link) => link.before)).toEqual(commits.slice(0, 2))
    expect(numbers.at(-1)!.toString(16)).toBe(expected.number)
    const recipient = x25519Public(input.sealing)
    for (const [i, link] of links.entries()) {
      const forms = [i, i + 1].map((at) => Buffer.concat([hex(input.salts[at]!), withLength(bytesOf(numbers[at]!))]))
      const sender = x25519Public(input.blocks[i]!.ephemeral)
      const about = [hex(link.request), Buffer.from([link.lane, link.position]), hex(link.before), hex(link.after)]
      const key = T('golem/opening', shared(input.blocks[i]!.ephemeral, recipient), sender, recipient, ...about)
      expect(Buffer.concat([sender, chacha20(key, Buffer.concat(forms))]).toString('base64')).toBe(link.opening)
    }
    const edgeKey = T('golem/edge-key', hex(input.secret), utf8(input.carried.edge))
    const salt = T('golem/edge-salt', edgeKey, utf8(input.carried.edge))
    const commit = T('golem/edge', salt, C(input.carried.value)).toString('hex')
    const writeSalt = T('golem/write-salt', T('golem/edge-key', hex(input.secret), utf8('writes.0')), u32(0))
    expect(writeSalt.toString('hex')).toBe(expected.writeSalt)
    const digest = T(
      'golem/write',
      writeSalt,
      C({ ...input.write, carried: { [input.carried.field]: { commit, edge: input.carried.edge } } }),
    )
    expect(digest.toString('hex')).toBe(expected.writeDigest)
    expect(links.map((link) => link.own)).toEqual([[expected.writeDigest], []])
    const codes = input.blocks.map(({ body, salt: codeSalt }, i) => T('golem/code', C([input.app, input.endpoint, i, body, codeSalt])))
    const versions = input.blocks.map(({ passage, site }, i) => T('golem/version', C([codes[i]!.toString('hex'), passage, [site]])))
    expect(links.map((link) => link.version)).toEqual(versions.map((version) => version.toString('hex')))
    const given = [{ [input.carried.edge]: commit }, {}]
    const madeBy = (block: number): string => {
      const id = `writes.${block}`
      return T('golem/made', C({ [id]: T('golem/edge-key', hex(input.secret), utf8(id)).toString('hex') })).toString('hex')
    }
    expect(links.map((link) => link.inputs)).toEqual(
      given.map((commits, i) => T('golem/inputs', hex(expected.startDigest), codes[i]!, C({ commits, made: madeBy(i) })).toString('hex')),
    )
    expect(T('golem/key-version', hex(input.request), digest).toString('hex')).toBe(expected.versionAfter)
    expect(T('golem/key-reserved', hex(input.reservation), hex(input.write.key)).toString('hex')).toBe(expected.versionReserved)
  })
})

describe('the vectors are accepted by those who check', () => {
  it('the thread verifies, and a thread with one bit changed does not', () => {
    const {
      expected: { start, links },
    } = read('thread')
    const thread = must(beginThread(nobleCrypto, start, 1, links))
    expect([thread.number, thread.signed().ok]).toEqual([links[1]!.after, true])
    expect(beginThread(nobleCrypto, start, 0, links).ok).toBe(false)
    for (const field of ['after', 'inputs', 'version', 'outputs'] as const) {
      const changed = links.map((link, i) =>
        i === 1 ? { ...link, [field]: `${link[field].startsWith('0') ? '1' : '0'}${link[field].slice(1)}` } : link,
      )
      const begun = beginThread(nobleCrypto, start, 1, changed)
      expect(begun.ok && begun.value.signed().ok, field).toBe(false)
    }
  })

  it('the changed key consents to exactly these writes', () => {
    const { input, expected } = read('thread')
    const consents = (writes: string[]): boolean => {
      const body = { app: input.app, request: input.request, writes, sig: expected.keySig }
      return verifyUnder(nobleCrypto, 'key', body, input.write.key)
    }
    expect([consents([expected.writeDigest]), consents([])]).toEqual([true, false])
    expect(fromHex(expected.keySig).length).toBe(64)
  })
})
