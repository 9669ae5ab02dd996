import { readFileSync } from 'node:fs'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes, canonicalText, nestingOf, parseCanonical, readCanonicalList } from '../../../roles/protocol/canonical.ts'
import { must } from '../../../roles/protocol/result.ts'
import { holdsOnce } from '../../tools/timing.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/rfc8785.json', import.meta.url), 'utf8')) as Array<{
  name: string
  input: string
  output: string
}>
const limits = { maxBytes: 10_000, maxDepth: 8 }
const codeOf = (text: string): string => {
  const parsed = parseCanonical(utf8(text), limits)
  return parsed.ok ? 'ok' : parsed.error.code
}

describe('canonical JSON', () => {
  it.each(vectors)('answers the RFC 8785 vector $name', ({ input, output }) => {
    expect(canonicalText(JSON.parse(input))).toBe(output)
  })

  it('reads back what it wrote', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    console.log(`canonical: SEED=${seed}`)
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null), fc.maxSafeInteger())
    const key = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__')
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(key, tie('node'), { maxKeys: 4 })),
    })).node
    fc.assert(
      fc.property(value, (json) => {
        const bytes = canonicalBytes(json)
        expect(canonicalBytes(must(parseCanonical(bytes, { maxBytes: 1e6, maxDepth: 64 })))).toEqual(bytes)
      }),
      { seed },
    )
  })

  it('is what the library makes of the same value, whatever its names, order and prototypes, or is refused as there', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    console.log(`canonical against the library: SEED=${seed}`)
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\udc00x', '\\ud800', '"', '\u2028', '\u007f'))
    const leaf = fc.oneof(text, fc.boolean(), fc.constantFrom(null, undefined, NaN, -0, 1e21, 0.1, Infinity, new Date(0)), fc.double())
    const key = fc.oneof(
      text,
      fc.constantFrom('toJSON', '0', '10', '9', '01', '-1', 'constructor', 'sig', 'a', 'aa', 'Z'),
      fc.nat(20).map(String),
    )
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 5 }),
        fc.dictionary(key, tie('node'), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).node
    const made = (make: () => string | undefined): string | null => {
      try {
        return make() ?? null
      } catch {
        return null
      }
    }
    fc.assert(
      fc.property(value, (json) => {
        expect(made(() => canonicalText(json))).toBe(made(() => canonicalize(json)))
      }),
      { seed, numRuns: 2_000 },
    )
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => canonicalText(cycle)).toThrow()
    const deep = JSON.parse('['.repeat(3_000) + ']'.repeat(3_000)) as unknown
    expect(canonicalText(deep)).toBe('['.repeat(3_000) + ']'.repeat(3_000))
  })

  it('reads a list item by item just where it reads it whole', () => {
    const listOf = (source: string) => readCanonicalList(utf8(source), limits)
    expect(must(listOf('[{"a":1,"b":[]},"x",null]'))?.map((item) => item.text)).toEqual(['{"a":1,"b":[]}', '"x"', 'null'])
    expect(must(listOf('[]'))).toEqual([])
    expect(must(listOf('{"a":1}'))).toBeNull()
    for (const source of ['[{"b":1,"a":1}]', '[1 ]', ' [1]', '[1.0]', '["\\u0061"]', '[{"a":1,"a":1}]', '{"b":1,"a":1}', '["\\ud800"]'])
      expect([source, listOf(source)]).toMatchObject([source, { error: { code: 'canonical.form' } }])
    expect(listOf('[0.5]')).toMatchObject({ error: { code: 'canonical.value' } })
    expect(listOf('['.repeat(9) + ']'.repeat(9))).toMatchObject({ error: { code: 'canonical.too-deep' } })
  })

  it('refuses every other spelling of the same value', () => {
    for (const text of ['{"a":1,"a":1}', '{"a":1 }', '{"b":1,"a":2}', '1.0', '1e2', '-0', '"\\u0061"', ' 1', '"\\/"']) {
      expect([text, codeOf(text)]).toEqual([text, 'canonical.form'])
    }
  })

  it('refuses numbers that are not safe integers', () => {
    for (const text of ['0.5', '9007199254740992', '1e+30', '{"a":[1,{"b":-9007199254740993}]}'])
      expect(codeOf(text)).toBe('canonical.value')
  })

  it('refuses what is not JSON, not UTF-8, or names a prototype', () => {
    expect(codeOf('NaN')).toBe('canonical.json')
    expect(codeOf('{"__proto__":{}}')).toBe('canonical.value')
    expect(codeOf('"\\ud800"')).toBe('canonical.form')
    expect(parseCanonical(Uint8Array.of(0x22, 0xff, 0x22), limits)).toMatchObject({ error: { code: 'bytes.utf8' } })
    expect(parseCanonical(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31), limits)).toMatchObject({ ok: false })
  })

  it('refuses size and depth before it builds anything', () => {
    expect(codeOf('"' + 'x'.repeat(10_000) + '"')).toBe('canonical.too-large')
    expect(codeOf('['.repeat(9) + ']'.repeat(9))).toBe('canonical.too-deep')
    expect(codeOf('['.repeat(8) + ']'.repeat(8))).toBe('ok')
    expect(codeOf('"[[[[[[[[[[[[\\"[[["')).toBe('ok')
  })
})

describe('the nesting of JSON text', () => {
  /** Character by character: what the quick form has to agree with. */
  function plainly(text: string): number {
    let [depth, deepest, quoted] = [0, 0, false]
    for (let i = 0; i < text.length; i++) {
      if (quoted && text[i] === '\\') i++
      else if (text[i] === '"') quoted = !quoted
      else if (!quoted && (text[i] === '[' || text[i] === '{')) deepest = Math.max(deepest, ++depth)
      else if (!quoted && (text[i] === ']' || text[i] === '}')) depth--
    }
    return deepest
  }

  it('is not changed by what stands in strings, however they are escaped or cut off', () => {
    const piece = fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', ',', ':', '\u2028')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(nestingOf(pieces.join(''))).toBe(plainly(pieces.join('')))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is found in one pass also in text made to be read again and again', () => {
    const hostile = `"${'\\'.repeat(200_001)}"${'\\"'.repeat(200_000)}`
    const isQuick = () => {
      const began = performance.now()
      nestingOf(hostile)
      return performance.now() - began < 2_000
    }
    return holdsOnce('a pass over 600,000 characters takes less than two seconds', isQuick)
  })
})
