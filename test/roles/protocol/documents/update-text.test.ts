import { beforeAll, describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../../../roles/protocol/bytes.ts'
import { canonicalText, parseCanonical } from '../../../../roles/protocol/canonical.ts'
import {
  digestsOf,
  documentKinds,
  readList,
  readRecognised,
  signature,
  signingDigest,
  upTo,
  type OpenedDocument,
} from '../../../../roles/protocol/documents/index.ts'
import { DECIDED_TYPES } from '../../../../roles/protocol/ticks/index.ts'
import { seeded } from '../../../tools/seeded.ts'
import { crypto } from '../../supervisor/actors.ts'
import { checkedScene } from '../../supervisor/checked.ts'

type Body = OpenedDocument<'update'>['body']

/** The general way: canonical form, schema, signature's form. */
function general(bytes: Uint8Array): Body | null {
  const { limit, schema } = documentKinds.update
  const json = parseCanonical(bytes, { maxBytes: limit, maxDepth: 32 })
  if (!json.ok || json.value === null || typeof json.value !== 'object' || Array.isArray(json.value)) return null
  const { sig, ...rest } = json.value
  const body = schema.safeParse(rest)
  return body.success && signature.safeParse(sig).success ? ({ ...body.data, sig } as Body) : null
}

const read = (bytes: Uint8Array): OpenedDocument<'update'> | null => readRecognised(crypto, bytes, toHex(crypto.sha256(bytes)))

/** Holds what is recognised against the general way. @returns whether it was */
function agrees(bytes: Uint8Array): boolean {
  const document = read(bytes)
  if (document === null) return false
  expect(document.body).toEqual(general(bytes))
  const { own, thread } = digestsOf(document)!
  const { start, lanes } = document.body
  expect(toHex(own)).toBe(toHex(signingDigest(crypto, 'update', document.body)))
  expect(toHex(thread!.start)).toBe(toHex(signingDigest(crypto, 'start', start)))
  expect(thread!.links.map((links) => links.map(toHex))).toEqual(
    lanes.map((links) => links.map((link) => toHex(signingDigest(crypto, 'link', link)))),
  )
  return true
}

let honest: Body
let others: Body[]
beforeAll(async () => {
  const { documents } = await checkedScene(1)
  honest = documents[0]!.body
  others = documents.map(({ body }) => body)
})

type Link = Body['lanes'][0][0]
const withLink = (change: Partial<Link>): Body => ({
  ...honest,
  lanes: honest.lanes.map((links, lane) => links.map((link, i) => (lane === 0 && i === 1 ? { ...link, ...change } : link))),
})
const withWrite = (change: object): object => ({ ...honest, writes: [{ ...honest.writes[0]!, ...change }] })
const hex = (n: number): string[] => Array<string>(n).fill('ab'.repeat(32))

/** Updates at and beyond the bounds of the schema: whether the schema holds, and whether they are recognised. */
const BOUNDS: Array<[string, () => object, fits: boolean, recognised: boolean]> = [
  ['lane 16', () => withLink({ lane: 16 }), true, true],
  ['lane 17', () => withLink({ lane: 17 }), false, false],
  ['position 255', () => withLink({ position: 255 }), true, true],
  ['position 256', () => withLink({ position: 256 }), false, false],
  ['tick 1,000,000,000', () => withLink({ tick: 1_000_000_000 }), true, true],
  ['tick 1,000,000,001', () => withLink({ tick: 1_000_000_001 }), false, false],
  ['tick −1', () => withLink({ tick: -1 }), false, false],
  ['tick 1.5', () => withLink({ tick: 1.5 }), false, false],
  ['a site 65,535', () => withLink({ sites: [65_535, 0, 9, 10, 65_529] }), true, true],
  ['a site 65,536', () => withLink({ sites: [65_536] }), false, false],
  ['64 sites', () => withLink({ sites: Array<number>(64).fill(3) }), true, true],
  ['65 sites', () => withLink({ sites: Array<number>(65).fill(3) }), true, false],
  ['64 own', () => withLink({ own: hex(64) }), true, true],
  ['65 own', () => withLink({ own: hex(65) }), false, false],
  ['an empty opening', () => withLink({ opening: '' }), true, true],
  ['an opening of 16,384 bytes', () => withLink({ opening: 'A'.repeat(21_848) }), true, true],
  ['an opening of more', () => withLink({ opening: 'A'.repeat(21_852) }), false, false],
  ['an opening of one character', () => withLink({ opening: 'A' }), false, false],
  ['an opening of one character, padded', () => withLink({ opening: 'A===' }), false, false],
  ['an opening padded twice', () => withLink({ opening: 'AB==' }), true, true],
  ['an opening padded where it need not be', () => withLink({ opening: 'ABCD====' }), false, false],
  ['a name of 64 letters', () => withLink({ endpoint: `a${'_9'.repeat(31)}Z` }), true, true],
  ['a name of 65 letters', () => withLink({ endpoint: 'a'.repeat(65) }), false, false],
  ['a name that begins with a digit', () => withLink({ endpoint: '9a' }), false, false],
  ['no lane', () => ({ ...honest, lanes: [] }), false, false],
  ['an empty lane', () => ({ ...honest, lanes: [[]] }), false, false],
  ['17 lanes', () => ({ ...honest, lanes: Array(17).fill(honest.lanes[0]) as Body['lanes'] }), true, true],
  ['18 lanes', () => ({ ...honest, lanes: Array(18).fill(honest.lanes[0]) as Body['lanes'] }), false, false],
  ['256 links', () => ({ ...honest, lanes: [Array(256).fill(honest.lanes[0]![0])] as Body['lanes'] }), true, true],
  ['257 links', () => ({ ...honest, lanes: [Array(257).fill(honest.lanes[0]![0])] as Body['lanes'] }), false, false],
  ['17 numbers', () => ({ ...honest, start: { ...honest.start, numbers: hex(17) } }), true, true],
  ['18 numbers', () => ({ ...honest, start: { ...honest.start, numbers: hex(18) } }), false, false],
  ['no number', () => ({ ...honest, start: { ...honest.start, numbers: [] } }), false, false],
  ['64 signatures of keys', () => ({ ...honest, keySigs: Array(64).fill(honest.keySigs[0]) as Body['keySigs'] }), true, true],
  ['65 signatures of keys', () => ({ ...honest, keySigs: Array(65).fill(honest.keySigs[0]) as Body['keySigs'] }), false, false],
  ['no write', () => ({ ...honest, writes: [] }), false, false],
  ['64 writes', () => ({ ...honest, writes: Array(64).fill(honest.writes[0]) as Body['writes'] }), true, true],
  ['65 writes', () => ({ ...honest, writes: Array(65).fill(honest.writes[0]) as Body['writes'] }), false, false],
  ['text that is no ASCII', () => withWrite({ fields: { text: 'Grüße, 你好, 😀 "\\ \u0001 }]' } }), true, true],
  [
    'a field that holds a whole link',
    () => withWrite({ fields: { lanes: [[honest.lanes[0]![0]]], text: canonicalText(honest) } }),
    true,
    true,
  ],
  ['a field with a fraction', () => withWrite({ fields: { n: 1.5 } }), false, false],
  ['a field beyond safe integers', () => withWrite({ fields: { n: 2 ** 53 } }), false, false],
  ['a field named __proto__', () => withWrite({ fields: { text: JSON.parse('{"__proto__":1}') as object } }), false, false],
  ['a field of a wrong name', () => withWrite({ fields: { 'a-b': 1 } }), false, false],
  ['fields nested 29 deep', () => withWrite({ fields: { a: JSON.parse(`${'['.repeat(28)}${']'.repeat(28)}`) as object } }), true, true],
  ['fields nested 30 deep', () => withWrite({ fields: { a: JSON.parse(`${'['.repeat(29)}${']'.repeat(29)}`) as object } }), false, false],
  ['a field beside the others', () => ({ ...honest, extra: 1 }), false, false],
  ['a field beside those of a link', () => withLink({ zoo: 1 } as object), false, false],
  ['another version', () => ({ ...honest, v: 1 }), false, false],
  ['another type', () => ({ ...honest, type: 'dispute' }), false, false],
]

describe('an update that is recognised by its text', () => {
  it.each(BOUNDS)('with %s is read as in the general way', (_name, make, fits, recognised) => {
    const bytes = utf8(canonicalText(make()))
    expect([general(bytes) !== null, agrees(bytes)]).toEqual([fits, recognised])
  })

  it('is every one that people make, right or wrong', () => {
    for (const body of others) expect(agrees(utf8(canonicalText(body)))).toBe(true)
  })

  it('is none in another form: spaces, other orders, other numbers, twice the same, something behind it', () => {
    const text = canonicalText(honest)
    const changes: Array<(text: string) => string> = [
      (one) => `${one} `,
      (one) => ` ${one}`,
      (one) => one.replace(',"by"', ', "by"'),
      (one) => one.replace('"tick":1', '"tick":01'),
      (one) => one.replace('"tick":1', '"tick":1.0'),
      (one) => one.replace('"tick":1', '"tick":-0'),
      (one) => one.replace('"lane":0', '"lane":00'),
      (one) => one.replace('"app"', '"\\u0061pp"'),
      (one) => one.replace('{"app"', `{"app":"${'0'.repeat(64)}","app"`),
      (one) => one.replace('"writes":[{', '"writes":[ {'),
      (one) => one.replace('"site":0}', '"site":0.0}'),
      (one) => one.replace('note', '\\u006eote'),
      (one) => one.slice(0, -1),
      (one) => `${one}}`,
      (one) => `${one}${one}`,
      (one) => `[${one}]`,
    ]
    for (const [i, change] of changes.entries()) {
      const bytes = utf8(change(text))
      expect([i, change(text) !== text, general(bytes), read(bytes)]).toEqual([i, true, null, null])
    }
  })

  it('with any byte changed, taken out or doubled is none, or is the one that the general way reads', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    console.log(`update-text: SEED=${seed}`)
    const random = seeded(`update-text/${seed}`)
    const bytes = utf8(canonicalText(honest))
    const letters = utf8('0123456789abcdefgzAZ_"{}[],:.-+/=\\ \n\u0000é')
    let recognised = 0
    for (let i = 0; i < 6_000; i++) {
      const [a, b, c, kind, letter] = random(5) as unknown as [number, number, number, number, number]
      const at = ((a << 16) | (b << 8) | c) % bytes.length
      const put = letters[letter % letters.length]!
      const parts = [[put], [], [bytes[at]!, put], [bytes[at]!, bytes[at]!]][kind % 4]!
      const changed = Uint8Array.from([...bytes.subarray(0, at), ...parts, ...bytes.subarray(at + 1)])
      const isRecognised = agrees(changed)
      if (isRecognised) recognised++
      // Bytes in hex of the right length are the most that is changed without harm to the form.
      else expect([at, general(changed)]).toEqual([at, null])
    }
    expect(recognised).toBeGreaterThan(300)
  })

  it('stands in a list beside others, which are read in the general way', () => {
    const wide = withWrite({ fields: { text: 'ü' } })
    const many = withLink({ sites: Array<number>(65).fill(3) })
    for (const list of [[honest], [honest, many, honest], [honest, wide], []] as object[][]) {
      const bytes = utf8(canonicalText(list))
      const documents = readList(crypto, bytes, DECIDED_TYPES)
      if (list.length === 0) expect(documents).toBeNull()
      else expect(documents!.map(({ body }) => body)).toEqual(list)
      for (const [i, document] of documents?.entries() ?? []) {
        expect(new TextDecoder().decode(document.bytes)).toBe(canonicalText(list[i]))
        expect(document.sha256).toBe(toHex(crypto.sha256(utf8(canonicalText(list[i])))))
      }
    }
    const text = canonicalText([honest, honest])
    for (const wrong of [
      text.slice(0, -1),
      `${text} `,
      text.replace('},{"app"', '}, {"app"'),
      text.replace('},{"app"', '};{"app"'),
      `[${text}]`,
      '[{}]',
      '[{"type":"tick"}]',
    ])
      expect(readList(crypto, utf8(wrong), DECIDED_TYPES)).toBeNull()
  })
})

describe('the numbers up to a bound, as an expression', () => {
  it.each([0, 1, 7, 9, 10, 16, 99, 100, 255, 256, 4_095, 65_535, 90_010])('%i are those and no others', (most) => {
    const form = new RegExp(`^${upTo(most)}$`)
    for (let n = 0; n <= most + 1_100; n++) if (form.test(String(n)) !== n <= most) throw new Error(String(n))
    for (const text of ['', '-1', '00', '01', `0${most}`, `${most}0`, '1e1', '1.0', ' 1'])
      expect([text, form.test(text)]).toEqual([text, false])
  })
})
