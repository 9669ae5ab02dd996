import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../../main/adapters/crypto/fast.ts'
import { toBase64 } from '../../../../roles/protocol/bytes.ts'
import {
  buildIndex,
  checkDirectory,
  encodePage,
  MAX_PAGE_BYTES,
  MAX_PAGE_ENTRIES,
  pagesOf,
  parsePage,
  type BuiltIndex,
  type Entry,
  proofOfPages,
  provePageRange,
  reduceProof,
  verifyRange,
  verifyReduced,
  type RangeOptions,
  type ReducedProof,
  encodeTuple,
  type SortRange,
} from '../../../../roles/protocol/index/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
console.log(`index-pages: SEED=${seed}`)
const crypto = fastCrypto
const key = (i: number): Uint8Array => encodeTuple(['int'], [i])
/** Rows with even keys, so that odd keys are absent. */
const entry = (i: number): Entry => ({
  sortKey: key(2 * i),
  fields: [
    ['$key', `k${i}`],
    ['body', `text ${i}`],
    ['likes', String(i)],
  ],
})
const indexOf = (count: number): BuiltIndex =>
  buildIndex(
    crypto,
    Array.from({ length: count }, (_, i) => entry(i)),
  )
const built = new Map([0, 1, 5, 64, 65, 400].map((count) => [count, indexOf(count)]))
const range = (from: number, to: number | null): SortRange => ({ from: key(from), to: to === null ? null : key(to) })
const plain = (index: BuiltIndex, { from, to }: SortRange, { limit, descending = false }: RangeOptions): Entry[] => {
  const rows = index.pages.flatMap((page) => page.entries).filter((e) => toHex(e) >= hex(from) && (to === null || toHex(e) < hex(to)))
  return (descending ? rows.reverse() : rows).slice(0, limit)
}
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const toHex = (e: Entry): string => hex(e.sortKey)
const copy = (proof: ReducedProof): ReducedProof => JSON.parse(JSON.stringify(proof)) as ReducedProof

const query = fc
  .record({
    count: fc.constantFrom(...built.keys()),
    from: fc.integer({ min: -5, max: 820 }),
    span: fc.option(fc.integer({ min: -400, max: 300 })),
    limit: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
    descending: fc.boolean(),
  })
  .map(({ count, from, span, limit, descending }) => ({
    index: built.get(count)!,
    asked: range(from, span === null ? null : from + span),
    options: { ...(limit === undefined ? {} : { limit }), descending },
  }))

describe('an index', () => {
  it('is cut into pages within their bounds that tile all sort keys', () => {
    for (const [count, index] of built) {
      expect(index.pages[0]!.from).toHaveLength(0)
      expect(index.pages.at(-1)!.to).toBeNull()
      index.pages.slice(1).forEach((page, i) => expect(page.from).toEqual(index.pages[i]!.to))
      expect(index.pages.flatMap((page) => page.entries)).toHaveLength(count)
      expect(Math.max(...index.pages.map((page) => page.entries.length))).toBeLessThanOrEqual(MAX_PAGE_ENTRIES)
    }
    const large = buildIndex(
      crypto,
      Array.from({ length: 100 }, (_, i) => ({ sortKey: key(i), fields: [['body', 'x'.repeat(3000)]] as const })),
    )
    expect(large.pages.every((page) => encodePage(page).length <= MAX_PAGE_BYTES + 100)).toBe(true)
    expect(large.pages.length).toBeGreaterThan(9)
  })

  it('is read back page by page, and not from other bytes', () => {
    const index = built.get(65)!
    index.pages.forEach((page, i) => expect(must(parsePage(crypto, encodePage(page), index.directory.pages[i]!.hash))).toEqual(page))
    expect(parsePage(crypto, encodePage(index.pages[0]!), index.directory.pages[1]!.hash)).toMatchObject({
      error: { code: 'index.page-hash' },
    })
    for (const text of ['{}', '[]', 'null', '{"entries":[1],"from":"","to":null}', '{"entries":[["?",[]]],"from":"","to":null}']) {
      expect(parsePage(crypto, new TextEncoder().encode(text), 'ab'.repeat(32))).toMatchObject({ error: { code: 'index.page' } })
    }
  })

  it('keeps most pages when one entry is added', () => {
    const before = Array.from({ length: 2000 }, (_, i) => entry(i))
    const hashes = (entries: Entry[]): string[] => buildIndex(crypto, entries).directory.pages.map((page) => page.hash)
    const old = new Set(hashes(before))
    const added = hashes([...before.slice(0, 500), { sortKey: key(999), fields: [['$key', 'new']] }, ...before.slice(500)])
    expect(added.filter((hash) => !old.has(hash)).length).toBeLessThan(10)
  })

  it('has a directory that belongs to its root and finds pages', () => {
    const index = built.get(400)!
    const tree = must(checkDirectory(crypto, index.directory, index.root))
    const asked = range(300, 420)
    const { first, last } = pagesOf(index.directory, asked)
    const proof = proofOfPages(tree, index.count, first, index.pages.slice(first, last + 1))
    expect(must(verifyRange(crypto, index.root, asked, proof))).toEqual(plain(index, asked, {}))
    expect(checkDirectory(crypto, { ...index.directory, count: 399 }, index.root)).toMatchObject({ error: { code: 'index.directory' } })
    expect(checkDirectory(crypto, { ...index.directory, pages: index.directory.pages.slice(1) }, index.root)).toMatchObject({ ok: false })
  })

  it('refuses to be built from unsorted or repeated entries', () => {
    expect(() => buildIndex(crypto, [entry(1), entry(0)])).toThrow(/sorted/)
    expect(() => buildIndex(crypto, [entry(1), entry(1)])).toThrow(/distinct/)
  })
})

describe('a range proof', () => {
  it('shows exactly the rows of any query, in its order', () => {
    fc.assert(
      fc.property(query, ({ index, asked, options }) => {
        const proof = provePageRange(index, asked, options)
        const rows = plain(index, asked, options)
        expect(must(verifyRange(crypto, index.root, asked, proof, options))).toEqual(rows)
        const reduced = copy(reduceProof(crypto, proof, asked, ['likes', '$key'], options))
        expect(must(verifyReduced(crypto, index.root, asked, reduced, ['likes', '$key'], options))).toEqual(
          rows.map(({ fields }) => ({ $key: fields[0]![1], likes: fields[2]![1] })),
        )
      }),
      { seed, numRuns: 150 },
    )
  })

  it('does not show hidden fields, and fails when a needed one is hidden', () => {
    const index = built.get(65)!
    const asked = range(10, 20)
    const reduced = reduceProof(crypto, provePageRange(index, asked), asked, ['likes'])
    expect(JSON.stringify(reduced)).not.toMatch(/text \d|k\d+"/)
    expect(verifyReduced(crypto, index.root, asked, reduced, ['likes', 'body'])).toMatchObject({ error: { code: 'index.field' } })
  })

  it('[R2] proves absence, also in an empty index', () => {
    for (const index of [built.get(0)!, built.get(400)!]) {
      const asked = range(101, 102)
      expect(must(verifyRange(crypto, index.root, asked, provePageRange(index, asked)))).toEqual([])
    }
  })

  it('[R8] fails when a row is dropped, changed, moved, or a page withheld', () => {
    const index = built.get(400)!
    const asked = range(100, 400)
    const honest = reduceProof(crypto, provePageRange(index, asked), asked, ['likes'])
    const judge = (change: (proof: ReducedProof) => void): string => {
      const proof = copy(honest)
      change(proof)
      const rows = verifyReduced(crypto, index.root, asked, proof, ['likes'])
      return rows.ok ? 'ok' : rows.error.code
    }
    const full = honest.pages.findIndex((page, i) => i > 0 && page.entries.length > 2)
    expect(judge(() => undefined)).toBe('ok')
    const lies: Array<(proof: ReducedProof) => void> = [
      (proof) => proof.pages[full]!.entries.splice(1, 1),
      (proof) => proof.pages[full]!.entries.reverse(),
      (proof) => proof.pages.shift(),
      (proof) => proof.pages.pop(),
      (proof) => {
        proof.first += 1
      },
      (proof) => {
        proof.entryCount -= 1
      },
      (proof) => {
        proof.pageCount += 1
      },
      (proof) => {
        proof.pages[1]!.from = toBase64(key(150))
      },
      (proof) => {
        proof.pages.at(-1)!.to = null
      },
      (proof) => {
        ;(proof.pages[full]!.entries[1]![1] as Array<string | [string, string]>)[2] = ['likes', '1000000']
      },
      (proof) => {
        proof.merkle[0] = 'ab'.repeat(32)
      },
    ]
    expect(lies.map(judge)).toEqual(lies.map(() => 'index.proof'))
    const narrower = range(100, 110)
    const short = reduceProof(crypto, provePageRange(index, narrower), narrower, ['likes'])
    expect(verifyReduced(crypto, index.root, asked, short, ['likes'])).toMatchObject({ error: { code: 'index.proof' } })
  })

  it('does not pass for a wider query, a longer one, or one from the other end', () => {
    const index = built.get(400)!
    const asked = range(0, 800)
    const first10 = provePageRange(index, asked, { limit: 10 })
    expect(first10.pages.length).toBeLessThan(index.pages.length)
    const verdict = (options: RangeOptions, within = asked): unknown => {
      const rows = verifyRange(crypto, index.root, within, first10, options)
      return rows.ok ? rows.value.length : rows.error.code
    }
    expect([
      verdict({ limit: 10 }),
      verdict({}),
      verdict({ limit: 300 }),
      verdict({ limit: 10, descending: true }),
      verdict({}, range(500, 600)),
    ]).toEqual([10, 'index.proof', 'index.proof', 'index.proof', 'index.proof'])
  })

  it('is refused without an exception when it is any other JSON', () => {
    const honest = reduceProof(crypto, provePageRange(built.get(5)!, range(0, 4)), range(0, 4), ['likes'])
    const junk = [
      null,
      5,
      {},
      { pages: [], merkle: [] },
      { ...honest, pages: [null] },
      { ...honest, pages: [{}] },
      { ...honest, merkle: [5] },
      { ...honest, first: -1 },
      { ...honest, pageCount: 'x' },
      { ...honest, pages: [{ ...honest.pages[0], entries: [['', [['a']]]] }] },
      { ...honest, pages: [{ ...honest.pages[0], entries: [['', [['a', '\ud800']]]] }] },
      { ...honest, pages: [{ ...honest.pages[0], to: 7 }] },
    ]
    for (const proof of junk) {
      expect(verifyReduced(crypto, built.get(5)!.root, range(0, 4), proof as ReducedProof, ['likes'])).toMatchObject({ ok: false })
    }
  })
})
