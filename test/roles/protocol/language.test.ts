/** PROTOCOL.md describes the language as it is: signatures, limits, and what every primitive costs. */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PRIMITIVE_NAMES, SIGNATURES, signatureOf } from '../../../roles/program/check/signatures.ts'
import { Meter, Stop } from '../../../roles/program/evaluate/meter.ts'
import { PRIMITIVES } from '../../../roles/program/evaluate/primitives/index.ts'
import type { Strict } from '../../../roles/program/evaluate/primitives/index.ts'
import { LIMITS, programSchema } from '../../../roles/program/index.ts'
import type { Value } from '../../../roles/program/index.ts'
import { valueOfType } from '../program/arbitrary.ts'
import { typeOfPattern } from '../program/greatest.ts'

const page = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')
const section = (from: string, to: string): string => page.slice(page.indexOf(`\n### ${from}`), page.indexOf(`\n### ${to}`))

/** Rows of tables, without the marks around code and before bars. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map((match) => match[1]!.split(' | ').map((cell) => cell.replaceAll('`', '').replaceAll('\\|', '|')))

const primitives = rows(section('9.7', '9.8')).filter(([op]) => op! in SIGNATURES)

describe('PROTOCOL.md on programs', () => {
  it('has the signature of every primitive', () => {
    expect(Object.fromEntries(primitives.map(([op, signature]) => [op, signature]))).toEqual(SIGNATURES)
    expect(primitives.map(([op]) => op)).toEqual(PRIMITIVE_NAMES)
  })

  it('has every limit', () => {
    const from = page.indexOf('\n### 9.9')
    const limits = rows(page.slice(from, page.indexOf('\n## ', from))).filter(([name]) => name! in LIMITS)
    expect(Object.fromEntries(limits.map(([name, value]) => [name, Number(value)]))).toEqual(LIMITS)
  })

  it('names every type, scope and node', () => {
    const text = section('9.6', '9.7')
    type Tagged = { allOf: Array<{ if: { properties: Record<string, { enum: string[] }> } }> }
    const { $defs } = programSchema() as unknown as { $defs: Record<string, Tagged> }
    const tags = (name: string, tag: string): string[] => $defs[name]!.allOf.flatMap((one) => one.if.properties[tag]!.enum)
    const nodes = tags('Node', 'op').filter((op) => !(op in SIGNATURES))
    expect(tags('Type', 'kind').filter((kind) => !text.includes(`{"kind": "${kind}"`))).toEqual([])
    expect([...tags('Scope', 'kind'), ...nodes].filter((name) => !text.includes(`\`${name}\``))).toEqual([])
    expect(nodes.length).toBe(20)
  })
})

const sizeOf = (value: Value | undefined): number => {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'some')) return sizeOf((value as { some: Value }).some)
  if (value instanceof Map) return value.size
  return typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array ? value.length : Number(value ?? 0)
}

/** What a cell of the table says for these arguments and this result; null where it says it in words. */
function read(cell: string, args: Value[], result: Value): number | null {
  const names: Record<string, Value | undefined> = { a: args[0], b: args[1], c: args[2], r: result }
  const numbers = cell
    .replace(/search\(a, b\)/g, 's(|a| + |b| + ⌊|a| · |b| / 16⌋)')
    .replace(/(^|, )bound(, |$)/g, (_, before: string, after: string) => (before !== '' && after !== '' ? ', ' : ''))
    .replace(/\|([abcr])\|/g, (_, name: string) => `(${sizeOf(names[name])})`)
    .replace(/(\d)\(/g, '$1 * (')
    .replace(/\)\(/g, ') * (')
    .replace(/⌊/g, 'f(')
    .replace(/⌋/g, ')')
    .replace(/·/g, '*')
  const parts = numbers.split(/, (?=s\()/)
  return parts.every((part) => /^[\d\s+*/(),]*$/.test(part.replace(/\bs\(|\bf\(|min\(/g, '(')))
    ? parts.reduce((sum, part) => sum + calculate(part), 0)
    : null
}

/** Sums, products, quotients, `s`, `f` and `min` of whole numbers, by recursive descent. */
function calculate(text: string): number {
  const tokens = text.match(/\d+|[a-z]+|[-+*/(),]/g) ?? []
  const atom = (): number => {
    const token = tokens.shift()!
    if (/\d/.test(token)) return Number(token)
    if (token !== '(') tokens.shift()
    const args = [sum()]
    while (tokens.shift() === ',') args.push(sum())
    if (token === 's') return 1 + Math.floor(args[0]! / 32)
    return token === 'f' ? Math.floor(args[0]!) : Math.min(...args)
  }
  const product = (): number => {
    let value = atom()
    while (tokens[0] === '*' || tokens[0] === '/') value = tokens.shift() === '*' ? value * atom() : value / atom()
    return value
  }
  const sum = (): number => {
    let value = product()
    while (tokens[0] === '+') {
      tokens.shift()
      value += product()
    }
    return value
  }
  return sum()
}

describe('the costs of primitives in PROTOCOL.md', () => {
  const inWords = [
    'equal',
    'and',
    'or',
    'text.replace',
    'bytes.parse',
    'bytes.text',
    'list.contains',
    'map.set',
    'map.remove',
    'map.from',
    'tree.size',
    'tree.list',
  ]
  const formulas = primitives.filter(([op]) => !inWords.includes(op!) && !op!.startsWith('zipper.'))

  it.each(formulas)('are those of %s', (op, _, steps, bytes) => {
    const types = signatureOf(op as Strict).args.map(typeOfPattern)
    let seen = 0
    fc.assert(
      fc.property(fc.tuple(...types.map(valueOfType)), (args) => {
        const meter = new Meter({ steps: Infinity, bytes: Infinity })
        try {
          const result = PRIMITIVES[op as Strict](meter, ...args)
          const option = signatureOf(op as Strict).result
          const some = 'kind' in option && option.kind === 'option' && result !== null ? 8 : 0
          expect([meter.steps, meter.bytes]).toEqual([read(steps, args, result), read(bytes, args, result)! + some])
          seen++
        } catch (error) {
          if (!(error instanceof Stop)) throw error
        }
      }),
      { numRuns: 60 },
    )
    expect(seen).toBeGreaterThan(0)
  })

  it('are formulas for most', () => {
    expect(formulas.length).toBeGreaterThan(45)
  })
})
