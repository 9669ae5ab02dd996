/** Three pieces of work, each as a Golem program, as JavaScript somebody would write by hand, and as rules of json-logic. */
import { app, bool, compile, endpoint, fromJson, int, list, record, see, text, tree, variant, when } from '../../../roles/program/index.ts'
import type { App, Declared, Json, Program, Value } from '../../../roles/program/index.ts'

export interface Workload {
  name: string
  program: Program
  input: Value
  byHand: (input: never) => unknown
  rules: unknown
  /** What the rules are applied to: plain numbers instead of the document's decimal strings. */
  data: unknown
  /** At least this share of the speed of JavaScript by hand. */
  goal: number
  /** At least so many times as fast as json-logic. */
  peer: number
}

function must<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const one = (type: Declared<any>, run: (value: any) => unknown): App =>
  app({
    name: 'bench',
    doc: '',
    collections: {},
    endpoints: () => ({ go: endpoint({ doc: '', request: { input: type }, run: (req) => see(req.input, run) }) }),
  })

const inputOf = (program: Program, json: Json): Value => must(fromJson(program.endpoints['go']!.request['input']!, json))

// ───────────────────────────── order pricing ─────────────────────────────

const item = record({
  active: bool(),
  discount: int({ min: 0, max: 100 }),
  price: int({ min: 0, max: 10_000_000 }),
  quantity: int({ min: 0, max: 10_000 }),
})

interface Item {
  active: boolean
  discount: number
  price: number
  quantity: number
}

/** Items that are not sold any more do not count; ten or more of one kind get its discount, rounded down. */
function priceByHand(items: Item[]): number {
  let total = 0
  for (const { active, discount, price, quantity } of items) {
    if (!active) continue
    const gross = price * quantity
    total += quantity >= 10 ? gross - Math.floor((gross * discount) / 100) : gross
  }
  return total
}

const pricing = one(list(item, 100), (items) =>
  items
    .filter((each: never) => get(each, 'active'))
    .map((each: never) => {
      const gross = get(each, 'price').times(get(each, 'quantity'))
      return when(
        get(each, 'quantity').atLeast(10),
        () => gross.minus(gross.times(get(each, 'discount')).dividedBy(100)),
        () => gross,
      )
    })
    .fold(0, (total: { plus(other: unknown): unknown }, each: unknown) => total.plus(each)),
)

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const get = (value: any, field: string): any => value.get(field)

const gross = { '*': [{ var: 'price' }, { var: 'quantity' }] }
const part = { '/': [{ '*': [gross, { var: 'discount' }] }, 100] }
const pricingRules = {
  reduce: [
    {
      map: [
        { filter: [{ var: 'items' }, { var: 'active' }] },
        { if: [{ '>=': [{ var: 'quantity' }, 10] }, { '-': [gross, { '-': [part, { '%': [part, 1] }] }] }, gross] },
      ],
    },
    { '+': [{ var: 'accumulator' }, { var: 'current' }] },
    0,
  ],
}

const items: Item[] = Array.from({ length: 100 }, (_, i) => ({
  active: i % 7 !== 3,
  discount: i % 30,
  price: 100 + i * 37,
  quantity: (i * 5) % 23,
}))

// ───────────────────────────── a predicate over texts ─────────────────────────────

const BANNED = ['casino', 'free money', 'viagra']

const texts = Array.from({ length: 50 }, (_, i) =>
  i % 9 === 4
    ? `Win at the CASINO number ${i}, it costs nothing but your time and a little of your money`
    : `Message ${i}: the quick brown fox jumps over the lazy dog, and ${'later '.repeat(i % 5)}it rests`,
)

/** Code points: units without the second halves of pairs. */
function pointsOf(message: string): number {
  let points = message.length
  for (let i = 0; i < message.length; i++) if ((message.charCodeAt(i) & 0xfc00) === 0xdc00) points--
  return points
}

/** How many texts are too long or advertise. The length is that of Golem, in code points; letters are those of ASCII, which these texts are made of. */
function flagByHand(messages: string[]): number {
  let flagged = 0
  for (const message of messages) {
    const lower = message.toLowerCase()
    if (pointsOf(message) > 90 || BANNED.some((word) => lower.includes(word))) flagged++
  }
  return flagged
}

const predicate = one(list(text(200), 50), (messages) =>
  messages
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    .filter((message: any) => {
      const lower = message.asciiLower()
      return BANNED.map((word) => lower.contains(word)).reduce((one, other) => one.or(other), message.length().greater(90))
    })
    .length(),
)

/** `lower` is a method that the bench adds; `length` is that of JavaScript, which these texts do not differ in. */
const predicateRules = {
  reduce: [
    {
      map: [
        { var: 'texts' },
        { or: [{ '>': [{ length: { var: '' } }, 90] }, ...BANNED.map((word) => ({ in: [word, { lower: { var: '' } }] }))] },
      ],
    },
    { if: [{ var: 'current' }, { '+': [{ var: 'accumulator' }, 1] }, { var: 'accumulator' }] },
    0,
  ],
}

// ───────────────────────────── a tree ─────────────────────────────

const entry = variant({ file: int({ min: 0, max: 1_000_000_000 }), folder: record({}), link: text(50) })
interface Entry {
  value: { tag: 'file' | 'folder' | 'link'; value: never }
  children: Entry[]
}

/** Size of a folder with all that is in it. */
function sizeByHand({ value, children }: Entry): number {
  let size = value.tag === 'file' ? value.value : value.tag === 'folder' ? 4096 : 0
  for (const child of children) size += sizeByHand(child)
  return size
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const size = one(tree(entry, 200), (files: any) =>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  files.fold(int(), (value: any, children: any) =>
    children
      .fold(0, (total: { plus(other: unknown): unknown }, each: unknown) => total.plus(each))
      .plus(value.match({ file: (bytes: unknown) => bytes, folder: () => 4096, link: () => 0 })),
  ),
)

/** 200 nodes: folders in folders in a folder, with files and links. */
const DEPTHS = [1, 2, 2, 3, 3, 3, 2, 2]
const files: Json = Array.from({ length: 200 }, (_, i) => ({
  depth: String(i === 0 ? 0 : DEPTHS[(i - 1) % 8]!),
  value:
    i % 8 === 1 || i % 8 === 3 || i === 0
      ? { tag: 'folder', value: {} }
      : i % 11 === 5
        ? { tag: 'link', value: 'elsewhere' }
        : { tag: 'file', value: String(1000 + i) },
}))

// json-logic cannot follow a tree: it gets the nodes as a flat list.
const sizeRules = {
  reduce: [
    { var: 'nodes' },
    {
      '+': [
        { var: 'accumulator' },
        {
          if: [
            { '===': [{ var: 'current.tag' }, 'file'] },
            { var: 'current.value' },
            { if: [{ '===': [{ var: 'current.tag' }, 'folder'] }, 4096, 0] },
          ],
        },
      ],
    },
    0,
  ],
}
const flat = (files as Array<{ value: { tag: string; value: unknown } }>).map(({ value }) => ({
  tag: value.tag,
  value: Number(value.value) || 0,
}))

export function workloads(): Workload[] {
  const make = (name: string, source: App, json: Json, rest: Pick<Workload, 'byHand' | 'rules' | 'data' | 'goal' | 'peer'>): Workload => {
    const program = must(compile(source))
    return { name, program, input: inputOf(program, json), ...rest }
  }
  const lines = items.map((each) => ({
    active: each.active,
    discount: String(each.discount),
    price: String(each.price),
    quantity: String(each.quantity),
  }))
  return [
    make('order pricing, 100 items', pricing, lines, { byHand: priceByHand, rules: pricingRules, data: { items }, goal: 0.55, peer: 8 }),
    make('text predicate, 50 texts', predicate, texts, { byHand: flagByHand, rules: predicateRules, data: { texts }, goal: 0.85, peer: 1 }),
    make('match and fold, tree of 200', size, files, { byHand: sizeByHand, rules: sizeRules, data: { nodes: flat }, goal: 0.8, peer: 1 }),
  ]
}
