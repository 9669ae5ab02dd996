/** JavaScript that takes a Golem value for one of its own, as the types tell it: one statement each, in one program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typeProblems } from '../../../main/hosts/cli/build/types.ts'

type Cases = Record<string, string>

const CONDITION: Cases = {
  'the kind of the report: filter': 'limits.filter((one) => n.less(one))',
  every: 'limits.every((one) => n.less(one))',
  some: 'limits.some((one) => n.less(one))',
  find: 'limits.find((one) => n.less(one))',
  findIndex: 'limits.findIndex((one) => n.less(one))',
  findLast: 'limits.findLast((one) => n.less(one))',
  'a callback with a block': 'limits.filter((one) => { if (one > 1) return true; return n.less(one) })',
  'a callback with a name': 'const keep = (one: number) => n.less(one); limits.filter(keep)',
  'filter over entries': 'Object.entries({ n }).filter(([, one]) => one.less(3))',
  'filter of Golem values and plain ones': 'const some: Array<BoolExpr | boolean> = [yes]; some.filter((one) => one)',
  'filter(Boolean)': '[yes, yes].filter(Boolean)',
  'map(Boolean)': '[yes].map(Boolean)',
  'Boolean()': 'Boolean(yes)',
  assert: 'assert(yes)',
  'console.assert': 'console.assert(yes)',
  if: 'if (n.less(3)) void 0',
  'if at the end of &&': 'if (limits.length && n.less(3)) void 0',
  'if on a sealed value': 'if (sealed.n) void 0',
  'if on a row': 'if (row) void 0',
  'a row === null': 'row === null',
  'undefined != a row': 'void (undefined != row)',
  'if on what a see returned': 'const made = sealed.made; if (made) void 0',
  '?:': 'yes ? 1 : 2',
  '?: on an item of a list that grew': 'const out = []; for (const one of limits) out.push(n.less(one)); void out.filter((one) => one)',
  '?: behind as': '(yes as BoolExpr) ? 1 : 2',
  '?: behind satisfies': '(yes satisfies BoolExpr) ? 1 : 2',
  '&&': 'yes && limits.length',
  '||': 'yes || limits.length',
  '!': 'const no = !yes; void no',
  '??': 'maybe ?? n',
  '?.': 'n?.plus(1)',
  'a default': 'const { a = n } = rec.fields(); void a',
  'a default of a row': 'row ?? n',
  switch: 'switch (n) { default: }',
  case: 'const one: IntExpr | number = n; switch (limits.length) { case one: break }',
  in: "'plus' in n",
  '===': 'n === n.plus(1)',
  '== with a literal': 'const either: IntExpr | number = n; void (either === 1)',
  '=== null of an option': 'maybe === null',
  '=== undefined of an option': 'maybe === undefined',
  includes: '[n].includes(n)',
  indexOf: '[items].indexOf(items)',
  'Object.is': 'Object.is(n, n)',
  typeof: 'typeof n',
  instanceof: 'n instanceof Object',
  'Array.isArray': 'Array.isArray(items)',
  'in a helper of a type parameter': 'truth(yes)',
  'in a helper for callbacks': 'test(() => yes)',
}
const COERCED: Cases = {
  template: '`${n}`',
  'template with a literal': '`${limits.length ? n : 1}`',
  'String.raw': 'String.raw`${n}`',
  'String()': 'String(n)',
  'map(String)': '[n].map(String)',
  'JSON.stringify': 'JSON.stringify({ n })',
  join: '[n, n].join()',
  'text + value': "'a' + n",
  '+=': "let sum = 'x'; sum += n; void sum",
  'number + value': 'void (1 + n)',
  '+': '+n',
  '-': '-n',
  '<': 'n < n',
  '> with a number': 'n > 3',
  'Number()': 'Number(n)',
  'BigInt()': 'limits.map(() => n).map(Number)',
  sort: '[n, n].sort()',
  toSorted: '[n, n].toSorted()',
  'an index': 'limits[n]',
  'a computed key': '({ [n]: 1 })',
  'new Set': 'new Set([n])',
  'new Map': 'new Map([[n, 1]])',
  'new WeakMap': 'new WeakMap([[items, 1]])',
  'Map.groupBy': 'Map.groupBy(limits, (one) => n.less(one))',
  'a method that is not called': 'items.length > 3',
  '! and a method that is not called': '!items.isEmpty',
}
const LOOP: Cases = {
  'for of': 'for (const one of items) void one',
  'for in': 'for (const one in n) void one',
  'spread in a list': '[...items]',
  'spread in an object': '({ ...rec })',
  'spread in a call': 'Math.max(...items)',
  'a pattern of a list': 'const [one] = items; void one',
  'a pattern of a record': 'const { get } = rec; void get',
  'yield*': 'const all = function* () { yield* items }; void all',
}
const HIDDEN: Cases = {
  'an unknown parameter': 'isTrue(yes)',
  'an unknown parameter of a callback': '[yes].map(isTrue)',
  'a class': 'new Box(n)',
  'as unknown': 'yes as unknown as boolean',
  'as any': 'yes as any',
  'a variable': 'const hidden: unknown = yes; void hidden',
  'an assignment': 'let hidden: unknown; hidden = yes; void hidden',
  'a list': 'const hidden: unknown[] = [yes]; void hidden',
  'an object': 'const hidden: Record<string, unknown> = { yes }; void hidden',
  'a return': 'const hidden = (): unknown => yes; void hidden',
  'Object.keys': 'Object.keys(rec)',
  'Reflect.ownKeys': 'Reflect.ownKeys(n)',
  structuredClone: 'structuredClone(n)',
  'a date': 'new Date(n as any)',
  'as never': 'BigInt(n as never)',
  'an expression': '/x/.test(n as any)',
}
const LEAK: Cases = {
  'a text that branches set': "let reason = ''; when(yes, () => { reason = 'a' }, () => { reason = 'b' }); void reason",
  'a count of items': 'let seen = 0; items.map((x) => { seen++; return x }); void n.plus(seen)',
  'a count of Golem': 'let total = n; when(yes, () => { total = total.plus(1) }, () => {}); void total.plus(1)',
  'a list that a branch adds to': 'const out: IntExpr[] = []; maybe.match((x) => { out.push(x) }, () => {}); void out.length',
  'a property that an arm sets': 'const state = { total: 0 }; maybe.match((x) => { state.total += 5; return x }, () => n); void { state }',
  'a set in a step': "const tags = new Set<string>(); items.fold(0, (a, x) => { tags.add('x'); return a.plus(x) }); if (tags.size) void 0",
  'two that change places': 'let [a, b] = [0, 1]; items.map((x) => { [a, b] = [b, a]; return x }); void (a + b)',
}
const ASYNC: Cases = { await: 'const later = async () => { await n }; void later' }

const FINE: Cases = {
  'printing for oneself': "console.log('n is', n, inspect(n))",
  'a row that was looked up': 'const rows: Record<string, typeof row> = { row }; void (rows["x"] === undefined)',
  'a row that may be missing': 'const one = limits.length > 1 ? row : undefined; void (one === undefined)',
  'filter over plain values': 'limits.filter((one) => one > 1)',
  'filter over names': "Object.keys({ n }).filter((name) => name !== 'x')",
  'map to Golem values': 'limits.map((one) => n.less(one)).reduce((a, b) => a.and(b))',
  'reduce to one': 'limits.reduce((all, one) => all.plus(one), n)',
  flatMap: 'limits.flatMap((one) => [n, n.plus(one)])',
  forEach: 'limits.forEach((one) => n.plus(one))',
  'Array.from': 'Array.from({ length: 3 }, (_, i) => n.plus(i))',
  'Object.fromEntries': 'Object.fromEntries(limits.map((one) => [String(one), n.plus(one)]))',
  'Object.entries': 'Object.entries({ n, title })',
  'Object.assign': 'Object.assign({}, { n })',
  'a map of names': "const by = new Map([['a', yes]]); if (by.has('a') && by.get('a')) void by.get('a')?.not()",
  'a spread of fields': 'const given = { n, limit: 3 }; void { ...given, x: 1 }',
  'a list taken apart': 'const [first, second] = [n, title] as const; void [first, second]',
  'fields taken apart': 'const { a } = rec.fields(); void a',
  'what may be missing':
    'const some: IntExpr | undefined = limits.length > 1 ? n : undefined; void (some ?? n); if (some) void some.plus(1)',
  'what was looked up': "const by: Record<string, IntExpr> = { n }; void (by['x'] ?? n); void (by['x'] === undefined)",
  'which of two kinds': "const one: IntExpr | number = limits.length > 1 ? n : 1; void (typeof one === 'number' ? one : one.plus(1))",
  'plain && Golem, for when': 'const both = limits.length > 1 && yes; void when(both, () => 1, () => 2)',
  'sorting plain values': 'limits.toSorted((a, b) => a - b)',
  format: 'format`${n} ${title}`',
  'a condition on plain values': "if (limits.length > 2 && 'a' in { a: 1 }) void 0",
  'a list that a loop of JavaScript adds to':
    'const out: IntExpr[] = []; limits.forEach((one) => { out.push(n.plus(one)) }); void out.length',
  'a list without a type that grows': 'const out = []; for (const one of limits) out.push(n.plus(one)); void out[0]!.plus(1)',
  'a variable of the callback': 'items.map((x) => { let all = x; for (const one of limits) all = all.plus(one); return all })',
  'names that are counted': 'let next = 0; when(yes, () => n.plus(next++), () => n.plus(next++))',
  'what a see gave': "let made = 0; see('other', sealed.n, (n) => { made = 3; return n }); void n.plus(made)",
  'what a helper remembers':
    'const known = new Map<number, IntExpr>(); const at = (k: number) => { known.set(k, n); return known.get(k)! }; when(yes, () => at(1), () => at(1))',
  'helpers that keep the type': 'twice(n)',
  'a helper for callbacks that does not ask': 'also(() => n.plus(1))',
}

const HELPERS = `import assert from 'node:assert'
import { inspect } from 'node:util'
import { app, bool, collection, endpoint, format, int, key, list, option, record, see, text, when, type BoolExpr, type IntExpr } from 'golem'
const limits = [1, 2, 3]
const isTrue = (one: unknown) => (one ? 1 : 0)
const twice = <T extends IntExpr>(one: T) => one.plus(one)
const also = (work: () => unknown) => { work(); return 1 }
class Box { value: unknown; constructor(value: unknown) { this.value = value } }
void [assert, inspect, bool, format, when, twice, also, isTrue, Box]
export default app({ name: 'taken', doc: '', collections: { notes: collection({ doc: '', fields: { title: text(9) }, indices: {} }) },
endpoints: (db) => ({ go: endpoint({ doc: '',
request: { n: int(), title: text(9), items: list(int(), 5), maybe: option(int()), note: key('notes'), yes: bool(), rec: record({ a: int() }) },
run: (sealed) => {
const row = db.notes.get(sealed.note)
return see(sealed.n, sealed.title, sealed.items, sealed.maybe, sealed.yes, sealed.rec, (n, title, items, maybe, yes, rec) => {
`
/** Helpers that are wrong only where they are called with Golem values: the mistake is in them. */
const INSIDE: Cases = {
  'in a helper of a type parameter': 'const truth = <T,>(one: T) => (one ? 1 : 0)',
  'in a helper for callbacks': 'const test = (work: () => unknown) => { const made = work(); return made ? 1 : 0 }',
}

const groups = {
  'program.condition': CONDITION,
  'program.coerced': COERCED,
  'program.loop': LOOP,
  'program.hidden': HIDDEN,
  'program.async': ASYNC,
  'program.leak': LEAK,
}
const all: Array<[name: string, statement: string, code: string]> = [
  ...Object.entries(groups).flatMap(([code, cases]) =>
    Object.entries(cases).map(([name, text]): [string, string, string] => [name, text, code]),
  ),
  ...Object.entries(FINE).map(([name, text]): [string, string, string] => [name, text, '']),
]

const folder = mkdtempSync(join(tmpdir(), 'golem-javascript-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Codes by line of the file, each once. */
function codesIn(name: string, text: string): Record<number, string> {
  writeFileSync(join(folder, name), text)
  const found: Record<number, string> = {}
  for (const { at, code } of typeProblems(ts, [join(folder, name)], folder)) {
    const [file, line] = at.split(':')
    if (file === name) found[Number(line)] = [...new Set([...(found[Number(line)]?.split(' ') ?? []), code])].join(' ')
  }
  return found
}

/** Each statement in a function of its own, so that none makes another one unreachable. */
const inFunction = (statement: string): string =>
  /^(const|let|if|for|switch|void|while) /.test(statement) ? statement : `void (${statement})`
const programOf = (statements: string[]): string =>
  `${HELPERS}${statements.map((one) => `void (() => { ${inFunction(one)} })\n`).join('')}return n }) } }) }) })\n${Object.values(INSIDE).join('\n')}\n`.replaceAll(
    'sealed.made',
    'see(sealed.n, (n) => ({ n }))',
  )

describe('JavaScript that takes a Golem value for one of its own is told, at its line', () => {
  const first = HELPERS.split('\n').length
  let codes: Record<number, string>
  beforeAll(() => void (codes = codesIn('taken.ts', programOf(all.map(([, statement]) => statement)))), 60_000)

  it.each(all.map(([name, , code], i) => [code || 'nothing', name, code, i] as const))('%s: %s', (_shown, name, code, i) => {
    const inside = Object.keys(INSIDE).indexOf(name)
    const at = inside < 0 ? first + i : first + all.length + 1 + inside
    expect(codes[at] ?? '').toBe(code)
    if (inside >= 0) expect(codes[first + i] ?? '').toBe('')
  })

  it('and nothing is told elsewhere', () => {
    const lines = Object.keys(codes).map(Number)
    expect(lines.filter((line) => line < first)).toEqual([])
  })
})

describe('plain JavaScript has no types of its own, and those of golem are followed into it', () => {
  const LIBRARY = `export const few = (x) => (x.less(3) ? 1 : 0)
export function later(x) {
  const made = x.less(3)
  return !made
}
export const through = (x) => few(x.plus(1))
export const kept = (x) => [1, 2].filter((one) => x.less(one))
export const half = (x) => x.dividedBy(2)
`
  const PROGRAM = `import { app, endpoint, int, see } from 'golem'
import { half, kept, later, through } from './library.js'
export default app({ name: 'plain', doc: '', collections: {}, endpoints: () => ({ go: endpoint({ doc: '', request: { n: int() },
run: ({ n }) => see(n, (n) => {
if (n.less(3)) return n
later(n); through(n); kept(n)
return half(n) }) }) }) })
`
  it('in a program and in what it imports', () => {
    writeFileSync(join(folder, 'library.js'), LIBRARY)
    writeFileSync(join(folder, 'plain.js'), PROGRAM)
    const told = typeProblems(ts, [join(folder, 'plain.js')], folder).map(({ at, code }) => `${at} ${code}`)
    expect(told.sort()).toEqual(['library.js:1', 'library.js:4', 'library.js:7', 'plain.js:5'].map((at) => `${at} program.condition`))
  })
})
