import { describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import * as secp256k1 from 'tiny-secp256k1'
import { must } from '../../../../roles/protocol/result.ts'
import {
  addressOfScript,
  anchorScript,
  anchorsIn,
  buildTransaction,
  dustThreshold,
  feeFor,
  keyPathHash,
  opReturn,
  opReturnData,
  outputKey,
  p2trAddress,
  p2trScript,
  parseAnchor,
  scanTransaction,
  scriptKind,
  scriptOfAddress,
  signTransaction,
  taprootScript,
  Transaction,
  tweakPrivateKey,
  txid,
  virtualSize,
} from '../../../../roles/protocol/tx/index.ts'

const vectors = <T>(name: string) => JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), 'utf8')) as T
const bip341 = vectors<{
  scriptPubKey: Array<Record<'internalPubkey' | 'tweakedPubkey', string> & { merkleRoot: string | null }>
  tweakedPrivkey: Array<Record<'internalPrivkey' | 'tweakedPrivkey', string>>
}>('bip341')
const root = (hex: string | null) => (hex === null ? undefined : hexToBytes(hex))
const fcSettings = { seed: 20_26, numRuns: 60 }
const secret = new Uint8Array(32).fill(7)
const internalKey = secp256k1.xOnlyPointFromScalar(secret)
const script = must(p2trScript(internalKey))
const coin = (index: number, value = 10_000n) => ({ txid: index.toString(16).padStart(64, '0'), vout: index, value, internalKey })

describe('taproot keys', () => {
  it('tweak as in the vectors of BIP341', () => {
    for (const one of bip341.scriptPubKey)
      expect(bytesToHex(must(outputKey(hexToBytes(one.internalPubkey), root(one.merkleRoot))))).toBe(one.tweakedPubkey)
    for (const one of bip341.tweakedPrivkey) expect(bytesToHex(tweakPrivateKey(hexToBytes(one.internalPrivkey)))).toBe(one.tweakedPrivkey)
  })

  it('give the addresses of BIP86', () => {
    for (const one of vectors<Array<{ internal_key: string; address: string }>>('bip86')) {
      expect(must(p2trAddress(hexToBytes(one.internal_key), 'mainnet'))).toBe(one.address)
    }
  })

  it('have a private tweak that belongs to the public one, for every key', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((key) => secp256k1.isPrivate(key)),
        (key) => {
          const tweaked = secp256k1.xOnlyPointFromScalar(tweakPrivateKey(key))
          expect(bytesToHex(tweaked)).toBe(bytesToHex(must(outputKey(secp256k1.xOnlyPointFromScalar(key)))))
        },
      ),
      fcSettings,
    )
  })

  it('are refused when they are no point', () => {
    for (const bytes of [new Uint8Array(32).fill(0xff), new Uint8Array(31), new Uint8Array(0)])
      expect(outputKey(bytes)).toMatchObject({ ok: false, error: { code: 'tx.key' } })
  })
})

describe('addresses', () => {
  it('lead to their script and back, and only on their network', () => {
    const known = [
      '0014751e76e8199196d454941c45d1b3a323f1433bd6',
      `0020${'ab'.repeat(32)}`,
      bytesToHex(script),
      `76a914${'01'.repeat(20)}88ac`,
      `a914${'02'.repeat(20)}87`,
    ]
    for (const hex of known) {
      const address = must(addressOfScript(hexToBytes(hex), 'regtest'))
      expect(bytesToHex(must(scriptOfAddress(address, 'regtest')))).toBe(hex)
      expect(scriptOfAddress(address, 'mainnet')).toMatchObject({ ok: false, error: { code: 'tx.address' } })
    }
  })

  it('are refused when a character is wrong', () => {
    const address = must(p2trAddress(internalKey, 'mainnet'))
    for (const wrong of [`${address.slice(0, -1)}q`, address.slice(1), '', 'bc1', `${address}q`]) {
      if (wrong !== address) expect(scriptOfAddress(wrong, 'mainnet').ok, wrong).toBe(false)
    }
  })
})

describe('transactions', () => {
  it('carry signatures that the output key verifies', () => {
    const unsigned = must(buildTransaction({ inputs: [coin(1), coin(2)], outputs: [{ script, value: 19_000n }] }))
    const key = tweakPrivateKey(secret)
    const signed = signTransaction(
      unsigned,
      new Map([
        [0, key],
        [1, key],
      ]),
      secp256k1.signSchnorr,
    )
    for (const index of [0, 1])
      expect(secp256k1.verifySchnorr(keyPathHash(unsigned, index), script.subarray(2), signed.ins[index]!.witness[0]!)).toBe(true)
    expect(unsigned.transaction.ins[0]!.witness).toEqual([])
  })

  it('have the size that was estimated, whatever they hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 5 }), (inputs, datas) => {
        const outputs = [{ script, value: 330n }, ...datas.map((length) => ({ script: must(opReturn(new Uint8Array(length))), value: 0n }))]
        const { transaction } = must(buildTransaction({ inputs: Array.from({ length: inputs }, (_, index) => coin(index)), outputs }))
        for (let index = 0; index < inputs; index++) transaction.setWitness(index, [new Uint8Array(64)])
        expect(transaction.virtualSize()).toBe(
          virtualSize(
            transaction.ins.map(() => ({ script })),
            outputs.map((output) => output.script),
          ),
        )
      }),
      fcSettings,
    )
  })

  it('are refused with the field that is wrong', () => {
    const output = { script, value: 1_000n }
    const codeOf = (plan: Parameters<typeof buildTransaction>[0]) => {
      const result = buildTransaction(plan)
      return result.ok ? 'ok' : result.error.code
    }
    expect(codeOf({ inputs: [], outputs: [output] })).toBe('tx.input')
    expect(codeOf({ inputs: [coin(1)], outputs: [] })).toBe('tx.output')
    expect(codeOf({ inputs: [coin(1), coin(1)], outputs: [output] })).toBe('tx.input')
    expect(codeOf({ inputs: [{ ...coin(1), txid: 'AB' }], outputs: [output] })).toBe('tx.input')
    expect(codeOf({ inputs: [coin(1)], outputs: [{ script, value: 10_001n }] })).toBe('tx.amount')
  })

  it('are read by position as the full parser reads them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 260 }), fc.boolean(), (count, witnesses) => {
        const { transaction } = must(
          buildTransaction({
            inputs: Array.from({ length: count }, (_, index) => coin(index)),
            outputs: Array.from({ length: count }, () => ({ script, value: 330n })),
          }),
        )
        if (witnesses) transaction.setWitness(0, [new Uint8Array(64), new Uint8Array(300)])
        const raw = transaction.toBuffer()
        expect(must(txid(raw))).toBe(transaction.getId())
        const scanned = must(scanTransaction(raw))
        expect(scanned.inputs).toEqual(transaction.ins.map((_, index) => ({ txid: coin(index).txid, vout: index })))
        expect(scanned.outputs.map((one) => [bytesToHex(one.script), one.value])).toEqual(
          transaction.outs.map((one) => [bytesToHex(one.script), one.value]),
        )
        for (const cut of [raw.subarray(0, -1), Uint8Array.of(...raw, 0)]) expect(scanTransaction(cut).ok).toBe(false)
      }),
      { ...fcSettings, numRuns: 15 },
    )
  })

  it('stay as they are while they are read, also when they are views of a Buffer', () => {
    const raw = Buffer.from(must(buildTransaction({ inputs: [coin(1)], outputs: [{ script, value: 330n }] })).transaction.toBuffer())
    const before = raw.toString('hex')
    expect(must(scanTransaction(raw)).inputs).toEqual([{ txid: coin(1).txid, vout: 1 }])
    expect(raw.toString('hex')).toBe(before)
  })

  it('never crash the positional reader, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof scanTransaction(bytes).ok).toBe('boolean')
        expect(anchorsIn(bytes)).toEqual([])
      }),
      { ...fcSettings, numRuns: 300 },
    )
  })
})

describe('policy', () => {
  it('has the dust limits of Bitcoin Core', () => {
    const limits: Array<[string, bigint]> = [
      [bytesToHex(script), 330n],
      [`0014${'00'.repeat(20)}`, 294n],
      [`0020${'00'.repeat(32)}`, 330n],
      [`76a914${'00'.repeat(20)}88ac`, 546n],
      [`a914${'00'.repeat(20)}87`, 540n],
      ['6a0101', 0n],
    ]
    for (const [hex, least] of limits) expect(dustThreshold(hexToBytes(hex)), hex).toBe(least)
  })

  it('names scripts as the nodes do', () => {
    const kinds: Array<[string, string]> = [
      ['51024e73', 'anchor'],
      [`5220${'00'.repeat(32)}`, 'witness-unknown'],
      ['6a', 'data'],
      ['6a05', 'nonstandard'],
      ['51', 'nonstandard'],
      [`21${'02'.repeat(33)}ac`, 'p2pk'],
      [`5121${'02'.repeat(33)}51ae`, 'multisig'],
    ]
    for (const [hex, kind] of kinds) expect(scriptKind(hexToBytes(hex)), hex).toBe(kind)
    expect(scriptKind(taprootScript(internalKey))).toBe('p2tr')
  })

  it('rounds fees up', () => {
    expect([feeFor(100, 1.001), feeFor(141, 1), feeFor(3, 0.1)]).toEqual([101n, 141n, 1n])
  })
})

describe('anchors', () => {
  const anchor = { type: 'tick' as const, number: 7, sha256: 'ab'.repeat(32), infohash: 'cd'.repeat(20) }

  it('are found in a raw transaction with their output', () => {
    const outputs = [
      { script, value: 330n },
      { script: must(anchorScript(anchor)), value: 0n },
    ]
    const raw = must(buildTransaction({ inputs: [coin(1)], outputs })).transaction.toBuffer()
    expect(anchorsIn(raw)).toEqual([{ ...anchor, vout: 1 }])
  })

  it('fit the 83 bytes that nodes relay, and data up to 80 bytes comes back', () => {
    expect(must(anchorScript(anchor)).length).toBe(64)
    for (const length of [1, 75, 76, 80])
      expect(opReturnData(must(opReturn(new Uint8Array(length).fill(length))))).toEqual(new Uint8Array(length).fill(length))
    for (const length of [0, 81]) expect(opReturn(new Uint8Array(length))).toMatchObject({ ok: false, error: { code: 'tx.data' } })
  })

  it('are ignored when foreign or malformed', () => {
    for (const data of ['00', `474f4c4d02ff${'00'.repeat(52)}`, `474f4c4d0108${'00'.repeat(52)}`])
      expect(parseAnchor(must(opReturn(hexToBytes(data))))).toBeUndefined()
    for (const change of [{ sha256: 'xyz' }, { number: -1 }, { number: 2 ** 32 }, { type: 'offer' as const }])
      expect(anchorScript({ ...anchor, ...change })).toMatchObject({ ok: false, error: { code: 'tx.anchor' } })
    const { number: _number, ...said } = { ...anchor, type: 'ready' as const }
    for (const ticks of [{}, { ticks: { from: -1, to: 2 } }, { ticks: { from: 0, to: 2 ** 32 } }, { ticks: { from: 0.5, to: 2 } }])
      expect(anchorScript({ ...said, ...ticks })).toMatchObject({ ok: false, error: { code: 'tx.anchor' } })
    expect(anchorScript({ ...anchor, ticks: { from: 1, to: 2 } })).toMatchObject({ ok: false, error: { code: 'tx.anchor' } })
  })

  it('make no sense of a transaction without outputs', () => {
    expect(anchorsIn(new Transaction().toBuffer())).toEqual([])
  })
})
