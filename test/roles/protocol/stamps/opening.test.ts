import { describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../../../main/adapters/crypto/fast.ts'
import { concatBytes, toBase64, toHex } from '../../../../roles/protocol/bytes.ts'
import { ephemeral, nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import {
  commitForm,
  commitNumber,
  encodeNumber,
  openingForm,
  openLane,
  openOpening,
  sealOpening,
  type OpeningPlace,
} from '../../../../roles/protocol/stamps/index.ts'

const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const holder = { secret: key(5), publicKey: crypto.x25519.publicKey(key(5)) }
const numbers = [12_345_678_901_234_567_890n, 12_345_678_901_234_567_890n * 65_537n] as const
const salts = [key(1), key(2)] as const
const [before, after] = numbers.map((number, i) => ({ number: number.toString(16), salt: toHex(salts[i]!) }))
const commits = numbers.map((number, i) => toHex(commitNumber(crypto, salts[i]!, number)))
const place: OpeningPlace = { request: '77'.repeat(32), lane: 1, position: 2, before: commits[0]!, after: commits[1]! }
const sealed = (plain: Uint8Array, at = place): string => must(sealOpening(ephemeral(crypto, key(9)), holder.publicKey, at, plain))
const form = openingForm(before!, after!)

describe('an opening', () => {
  it('shows both numbers to the holder of the key, with either provider', () => {
    const link = { ...place, opening: sealed(form) }
    for (const provider of [crypto, nobleCrypto])
      expect(openOpening(provider, holder, link)).toMatchObject({ before: numbers[0], after: numbers[1] })
    const other = { secret: key(6), publicKey: crypto.x25519.publicKey(key(6)) }
    expect(openOpening(crypto, other, link)).toBeNull()
  })

  it('is none at another place, with any changed byte, cut or longer', () => {
    const link = { ...place, opening: sealed(form) }
    for (const change of [{ request: '78'.repeat(32) }, { lane: 0 }, { position: 1 }, { before: commits[1]! }, { after: commits[0]! }])
      expect(openOpening(crypto, holder, { ...link, ...change })).toBeNull()
    const box = Uint8Array.from(Buffer.from(link.opening, 'base64'))
    for (let i = 0; i < box.length; i++) {
      const changed = box.map((byte, at) => (at === i ? byte ^ 1 : byte))
      expect([i, openOpening(crypto, holder, { ...link, opening: toBase64(changed) })]).toEqual([i, null])
      expect([i, openOpening(crypto, holder, { ...link, opening: toBase64(box.slice(0, i)) })]).toEqual([i, null])
    }
    expect(openOpening(crypto, holder, { ...link, opening: toBase64(Uint8Array.of(...box, 0)) })).toBeNull()
    expect(openOpening(crypto, holder, { ...link, opening: 'no base64' })).toBeNull()
  })

  it('of a lane is the same whether its links are opened together or one by one, whatever one of them seals', () => {
    const next = numbers[1] * 257n
    const commit = toHex(commitNumber(crypto, key(4), next))
    const second = { ...place, position: 3, before: commits[1]!, after: commit }
    const last = { number: next.toString(16), salt: toHex(key(4)) }
    const right = { ...place, opening: sealed(form) }
    const other = { number: after!.number, salt: toHex(key(8)) }
    const seconds = [openingForm(after!, last), openingForm(other, last), openingForm(before!, last), openingForm(last, last)]
    const links = seconds.map((plain) => ({ ...second, opening: sealed(plain, second) }))
    for (const first of [right, { ...right, opening: sealed(openingForm(after!, after!)) }, { ...right, after: commits[0]! }])
      for (const link of [...links, { ...links[0]!, before: commits[0]! }])
        expect(openLane(crypto, holder, [first, link])).toEqual([openOpening(crypto, holder, first), openOpening(crypto, holder, link)])
    expect(openLane(crypto, holder, [right, links[0]!]).map((one) => one?.after)).toEqual([numbers[1], next])
    expect(links.slice(1).map((link) => openOpening(crypto, holder, link))).toEqual([null, null, null])
  })

  it('has another key for every content: two of one sender at one place say nothing of each other', () => {
    const other = openingForm(before!, { ...after!, salt: toHex(key(3)) })
    const at = { ...place, after: toHex(commitNumber(crypto, key(3), numbers[1])) }
    const boxes = [sealed(form), sealed(other, at)].map((text) => Uint8Array.from(Buffer.from(text, 'base64')).subarray(32))
    const plains = [form, other]
    const both = (list: Uint8Array[]): string => toHex(list[0]!.map((byte, i) => byte ^ list[1]![i]!))
    expect(both(boxes)).not.toBe(both(plains))
    expect(toHex(boxes[0]!.subarray(0, 36))).not.toBe(toHex(boxes[1]!.subarray(0, 36)))
  })

  it('is refused where a number has noughts before it, though its commitment has them too', () => {
    const first = form.subarray(0, form.length - commitForm(salts[1], encodeNumber(numbers[1])).length)
    const seen = (bytes: number[]) => {
      const last = commitForm(salts[1], Uint8Array.from(bytes))
      const at = { ...place, after: toHex(crypto.taggedHash('golem/number', last)) }
      return openOpening(crypto, holder, { ...at, opening: sealed(concatBytes(first, last), at) })
    }
    expect(seen([0, 7])).toBeNull()
    expect(seen([7])).toMatchObject({ before: numbers[0], after: 7n })
  })
})
