import { base64 } from '@scure/base'
import fc from 'fast-check'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { fromHex, parseBase64, parseUtf8, toBase64, toHex, utf8 } from '../../../roles/protocol/bytes.ts'

const scure = (text: string): Uint8Array | null => {
  try {
    return base64.decode(text)
  } catch {
    return null
  }
}
const ours = (text: string): Uint8Array | null => {
  const parsed = parseBase64(text)
  return parsed.ok ? parsed.value : null
}

describe('text forms of bytes', () => {
  it('are those of the conversions in JavaScript, which a browser uses', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(toBase64(bytes)).toBe(base64.encode(bytes))
        expect(ours(base64.encode(bytes))).toEqual(bytes)
        expect(toHex(bytes)).toBe([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''))
      }),
    )
  })

  it('of hex are those of another library, and whatever that refuses is refused', () => {
    const noble = (text: string): Uint8Array | string => {
      try {
        return hexToBytes(text)
      } catch {
        return 'refused'
      }
    }
    const own = (text: string): Uint8Array | string => {
      try {
        return fromHex(text)
      } catch {
        return 'refused'
      }
    }
    const piece = fc.constantFrom(
      '0',
      '9',
      'a',
      'f',
      'A',
      'F',
      'ab',
      '/',
      ':',
      '@',
      'G',
      '`',
      'g',
      ' ',
      '\u0000',
      '\u00e9',
      '\u0130',
      '\ud83d',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        expect(own(pieces.join(''))).toEqual(noble(pieces.join('')))
      }),
      { numRuns: 2_000 },
    )
    for (let code = 0; code < 300; code++) {
      const text = `0${String.fromCharCode(code)}`
      expect(own(text), String(code)).toEqual(noble(text))
    }
  })

  it('are taken in one form only: no spaces, no missing or second padding, no bits in it, no other alphabet', () => {
    const piece = fc.constantFrom('A', 'B', 'Q', '/', '+', '-', '_', '=', ' ', '\n', 'é', '\u0141', 'AAAA', 'AA==', 'AB==')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expect(ours(pieces.join(''))).toEqual(scure(pieces.join('')))
      }),
      { numRuns: 2_000 },
    )
    expect(['AA', 'AA=', 'AB==', 'AA==\n', 'A-_A', 'AA==AA=='].map(ours)).toEqual([null, null, null, null, null, null])
  })

  it('do not share memory: what is read may be handed on and overwritten', () => {
    const first = ours('AAAA')!
    const second = ours('AAAA')!
    expect(first.buffer).not.toBe(second.buffer)
    expect(first.buffer.byteLength).toBe(3)
  })
})

describe('UTF-8', () => {
  it('is that of the engine for texts of any length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.string({ maxLength: 100 })), (text) => {
        expect(utf8(text)).toEqual(new TextEncoder().encode(text))
      }),
    )
  })

  it('is read after malformed bytes as before them', () => {
    expect(parseUtf8(Uint8Array.of(0xe2, 0x82)).ok).toBe(false)
    expect(parseUtf8(Uint8Array.of(0x61))).toEqual({ ok: true, value: 'a' })
    expect(parseUtf8(Uint8Array.of(0xff, 0xfe)).ok).toBe(false)
    expect(parseUtf8(utf8('\ufeffé'))).toEqual({ ok: true, value: '\ufeffé' })
  })
})
