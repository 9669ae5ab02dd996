import { isXOnlyPoint } from 'tiny-secp256k1'
import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../../main/adapters/crypto/fast.ts'
import { decodeAnchor, beaconKey, documentKinds, documentTypes as types, encodeAnchor } from '../../../../roles/protocol/documents/index.ts'
import { fromHex, toBase64, toHex, utf8 } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto, ENVELOPE_OVERHEAD, ephemeral, open, seal } from '../../../../roles/protocol/crypto/index.ts'
import { edgeSalt, openEdge, pad, roomOf, sealEdge, verifyCommit } from '../../../../roles/protocol/requests/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

const crypto = fastCrypto
const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('an anchor', () => {
  const anchor = { sha256: 'ab'.repeat(32), infohash: 'cd'.repeat(20) }

  it.each(types)(
    'names a document of type %s in 58 bytes, a tick with its number in 62, a statement of readiness with its ticks in 66',
    (type) => {
      const named = {
        type,
        ...anchor,
        ...(type === 'tick' ? { number: 4_000_000_000 } : {}),
        ...(type === 'ready' ? { ticks: { from: 3, to: 4_000_000_000 } } : {}),
      }
      const payload = encodeAnchor(named)
      expect(payload).toHaveLength(type === 'tick' ? 62 : type === 'ready' ? 66 : 58)
      expect(toHex(payload.subarray(0, 6))).toBe(`474f4c4d02${documentKinds[type].byte.toString(16).padStart(2, '0')}`)
      expect(must(decodeAnchor(payload))).toEqual(named)
    },
  )

  it('is told from foreign data, newer versions and unknown types', () => {
    const payload = encodeAnchor({ type: 'tick', ...anchor, number: 1 })
    const code = (change: (bytes: Uint8Array) => Uint8Array | void): unknown => {
      const bytes = payload.slice()
      const decoded = decodeAnchor(change(bytes) ?? bytes)
      return decoded.ok ? 'ok' : decoded.error.code
    }
    expect([
      code((b) => b.subarray(1)),
      code((b) => {
        b[0] = 0
      }),
      code((b) => {
        b[4] = 1
      }),
      code((b) => {
        b[5] = 200
      }),
      // A tick without its number or with two, and a number where none belongs.
      code((b) => b.subarray(0, 58)),
      code((b) => Uint8Array.of(...b, 0, 0, 0, 1)),
      code((b) => {
        b[5] = 10
      }),
      code((b) => {
        b[5] = 1
      }),
      code(() => new Uint8Array(0)),
    ]).toEqual([
      ...['anchor.foreign', 'anchor.foreign', 'anchor.version', 'anchor.type', 'anchor.foreign', 'anchor.foreign', 'anchor.foreign'],
      ...['anchor.foreign', 'anchor.foreign'],
    ])
    expect(() => encodeAnchor({ type: 'tick', ...anchor })).toThrow(RangeError)
    expect(() => encodeAnchor({ type: 'offer', ...anchor, number: 1 })).toThrow(RangeError)
    expect(() => encodeAnchor({ type: 'ready', ...anchor })).toThrow(RangeError)
    expect(() => encodeAnchor({ type: 'tick', ...anchor, number: 1, ticks: { from: 1, to: 2 } })).toThrow(RangeError)
    expect(() => encodeAnchor({ type: 'tick', sha256: anchor.infohash, infohash: anchor.sha256 })).toThrow(RangeError)
  })

  it('is announced at a valid beacon key of its type', () => {
    const keys = types.map((type) => beaconKey(nobleCrypto, type))
    expect(new Set(keys).size).toBe(types.length)
    expect(keys.filter((x) => !isXOnlyPoint(fromHex(x)))).toEqual([])
    expect(keys[0]).toMatchInlineSnapshot(`"b1e82b9f4dd9d3e736e9585880af57809539850f99450da529cc3670ae61ba15"`)
  })
})

describe('an envelope', () => {
  const recipient = { privateKey: key(5), publicKey: crypto.x25519.publicKey(key(5)) }
  const [plain, aad] = [utf8('attack at dawn'), utf8('request 1')]
  const box = must(seal(crypto, key(9), recipient.publicKey, plain, aad))
  const code = (privateKey: Uint8Array, publicKey: Uint8Array, bytes: Uint8Array, data: Uint8Array): string => {
    const opened = open(crypto, privateKey, publicKey, bytes, data)
    return opened.ok ? 'ok' : opened.error.code
  }

  it('is read by its recipient with either provider', () => {
    expect(box).toHaveLength(plain.length + ENVELOPE_OVERHEAD)
    expect(must(open(nobleCrypto, recipient.privateKey, recipient.publicKey, box, aad))).toEqual(plain)
  })

  it('stays closed for another key, other data, and any changed byte', () => {
    expect(code(key(6), crypto.x25519.publicKey(key(6)), box, aad)).toBe('envelope.closed')
    expect(code(recipient.privateKey, recipient.publicKey, box, utf8('request 2'))).toBe('envelope.closed')
    for (let i = 0; i < box.length; i++) {
      const changed = box.slice()
      changed[i]! ^= 1
      expect([i, code(recipient.privateKey, recipient.publicKey, changed, aad)]).toEqual([i, 'envelope.closed'])
    }
    expect(code(recipient.privateKey, recipient.publicKey, box.subarray(0, ENVELOPE_OVERHEAD - 1), aad)).toBe('envelope.closed')
  })

  it('shares one ephemeral key between recipients without sharing content', () => {
    const sender = ephemeral(crypto, key(9))
    const other = { privateKey: key(7), publicKey: crypto.x25519.publicKey(key(7)) }
    const boxes = [
      must(sender.seal(recipient.publicKey, plain, aad)),
      must(sender.seal(other.publicKey, plain, aad)),
      must(sender.seal(recipient.publicKey, plain, utf8('b'))),
    ]
    expect(new Set(boxes.map((bytes) => toHex(bytes.subarray(32)))).size).toBe(3)
    expect(code(recipient.privateKey, recipient.publicKey, boxes[1]!, aad)).toBe('envelope.closed')
    expect(must(open(crypto, other.privateKey, other.publicKey, boxes[1]!, aad))).toEqual(plain)
  })

  it('never has the nonce of another under one ephemeral key, whatever is sealed, and for whom', () => {
    const sender = ephemeral(crypto, key(9))
    const boxes = Array.from({ length: 200 }, (_, i) => must(sender.seal(recipient.publicKey, utf8(`plain ${i % 2}`), aad)))
    expect(new Set(boxes.map((bytes) => toHex(bytes.subarray(0, 32)))).size).toBe(1)
    expect(new Set(boxes.map((bytes) => toHex(bytes.subarray(32, 44)))).size).toBe(200)
    for (const [i, bytes] of boxes.entries())
      expect(must(open(nobleCrypto, recipient.privateKey, recipient.publicKey, bytes, aad))).toEqual(utf8(`plain ${i % 2}`))
  })

  it('is not sealed for a key of low order', () => {
    expect(seal(crypto, key(9), new Uint8Array(32), plain, aad)).toMatchObject({ error: { code: 'envelope.recipient' } })
  })
})

describe('an edge', () => {
  const value = utf8('"secret"')
  const ROOM = roomOf({ kind: 'text', max: 10 })
  const edge = sealEdge(crypto, key(1), 'block 0 output 1', value, ROOM)

  it('opens with its key and shows the value that was committed to', () => {
    expect(must(openEdge(nobleCrypto, key(1), 'block 0 output 1', edge, ROOM))).toEqual(value)
    const salt = edgeSalt(crypto, key(1), 'block 0 output 1')
    expect(verifyCommit(crypto, edge.commit, salt, value)).toBe(true)
    expect(verifyCommit(crypto, edge.commit, salt, utf8('"secreT"'))).toBe(false)
    expect(verifyCommit(crypto, edge.commit, key(1), value)).toBe(false)
  })

  it('stays closed under another key, id or commitment', () => {
    const other = sealEdge(crypto, key(1), 'block 0 output 1', utf8('"other"'), ROOM)
    expect(openEdge(crypto, key(2), 'block 0 output 1', edge, ROOM)).toMatchObject({ error: { code: 'edge.closed' } })
    expect(openEdge(crypto, key(1), 'block 0 output 2', edge, ROOM)).toMatchObject({ error: { code: 'edge.closed' } })
    expect(openEdge(crypto, key(1), 'block 0 output 1', { ...edge, commit: other.commit }, ROOM)).toMatchObject({
      error: { code: 'edge.closed' },
    })
    expect(openEdge(crypto, key(1), 'block 0 output 1', { commit: 'x', box: '?' }, ROOM)).toMatchObject({
      error: { code: 'edge.malformed' },
    })
  })

  it('is refused when its maker sealed another value than it committed to', () => {
    // The maker knows the key: it can bind any ciphertext to a false commitment.
    const boxKey = crypto.taggedHash('golem/edge-box', key(1), utf8('e'))
    const commit = fromHex(edge.commit)
    const lie = { commit: edge.commit, box: toBase64(crypto.aead.seal(boxKey, commit.subarray(0, 12), pad(utf8('"lie"'), ROOM), commit)) }
    expect(openEdge(crypto, key(1), 'e', lie, ROOM)).toMatchObject({ error: { code: 'edge.commitment' } })
  })
})
