/**
 * Whatever passes a document on can change it, and whoever signs one can sign another: what proved something proves it no more, and the refusal has a code. First
 * 10,000 changes of one byte, as the bytes are received; then every field of each document changed, as it is and signed again by whoever publishes it, so that
 * neither form nor signature hides the checks behind them.
 */
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import { canonicalBytes, type Json } from '../../roles/protocol/canonical.ts'
import type { Result } from '../../roles/protocol/result.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { changedByte, changedFields } from './mutations.ts'
import { proofs, type Proof } from './proofs.ts'

const SEED = process.env['GOLEM_SEED'] ?? 'one byte'
const CHANGES = 10_000
const names = Object.keys(proofs)
const made = new Map<string, Proof>()

beforeAll(async () => {
  console.log(`seed ${SEED} (GOLEM_SEED=${SEED} replays)`)
  for (const name of names) made.set(name, await proofs[name]!(`${SEED} ${name}`))
})

/** Why not, by its code; null: it proves something. What throws ends the test. */
const refusal = (result: Result<unknown>): string | null => (result.ok ? null : result.error.code)
const CODE = /^[a-z]+\.[a-z0-9]+(-[a-z]+)*$/

/**
 * What may be otherwise where whoever signs it signs otherwise. Of the links of a dispute two that differ suffice. Of a tick what PROTOCOL.md 15 calls free or unknowable: randomness
 * and commitments to what is secret, what reaches what in a body that nobody has seen, and whether servers answered; which hash the block has, says the chain (6.8).
 */
const FREE = [
  /^\$(\[1\]\[0\]\.dispute)?\.links: without its last, signed again$/,
  /^\$\.(blocks\.hash|plans\[0\]\.(sealing|code\[\d\]\.file\.(sha256|size)|endpoints\.\w+\[\d\]\.(code|versions(\[\d\])?))): .*, signed again$/,
  /^\$\.plans(\[0\]\.endpoints\.\w+\[\d\]\.label\.[^:]*)?: without its last, signed again$/,
]
const isFree = (change: string): boolean => FREE.some((pattern) => pattern.test(change))

describe.each(names)('a changed %s', (name) => {
  it('is made of one that proves something', async () => {
    const { bytes, read } = made.get(name)!
    expect(await read(bytes)).toMatchObject({ ok: true })
  })

  it('proves nothing after any of the changes of one byte, and each refusal has a code', async () => {
    const { bytes, read } = made.get(name)!
    for (let change = 0; change < CHANGES / names.length; change++) {
      const { at, bytes: changed } = changedByte(`${SEED}/${name}/${change}`, bytes)
      expect(refusal(await read(changed)), `byte ${at}, change ${change} of seed ${SEED}`).toMatch(CODE)
    }
  })

  it('proves nothing with any field changed, whoever signs it again, and each refusal has a code', async () => {
    const { bytes, read, signed } = made.get(name)!
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Json
    const found = new Map<string, number>()
    const passed: string[] = []
    for (const { where, json: changed } of changedFields(`${SEED}/${name}`, json)) {
      const forms: Array<[string, Uint8Array]> = [['', canonicalBytes(changed)]]
      // The signature that is made anew is not the changed one.
      if (signed !== null && !/^\$(\[1\]\[0\]\.\w+)?(\.sig|: without sig)/.test(where)) forms.push([', signed again', signed(changed)])
      for (const [how, received] of forms) {
        const code = refusal(await read(received))
        if (code === null && !isFree(where + how)) passed.push(where + how)
        else if (code !== null) expect(code, `${where}${how} of seed ${SEED}`).toMatch(CODE)
        if (code !== null) found.set(code, (found.get(code) ?? 0) + 1)
      }
    }
    expect(passed).toEqual([])
    console.log(`${name}: ${[...found].map(([code, times]) => `${code} ${times}`).join(', ')}`)
  })
})

it('a secret that opens as much is not the revealed one: of the keys that do the same, one is written down', async () => {
  const { bytes, read } = made.get('reveal')!
  const json = JSON.parse(new TextDecoder().decode(bytes)) as { sealing: string }
  // X25519 looks at none of these bits.
  for (const [at, bit] of [
    [0, 1],
    [0, 2],
    [0, 4],
    [31, 0x80],
    [31, 0x40],
  ] as const) {
    const secret = fromHex(json.sealing)
    secret[at]! ^= bit
    expect(toHex(crypto.x25519.publicKey(secret))).toBe(toHex(crypto.x25519.publicKey(fromHex(json.sealing))))
    expect(refusal(await read(canonicalBytes({ ...json, sealing: toHex(secret) })))).toBe('reveal.schema')
  }
})
