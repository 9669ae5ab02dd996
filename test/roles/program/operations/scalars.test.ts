import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { app, bytes, collection, compile, endpoint, format, fromHex, int, list, range, see, text } from '../../../../roles/program/index.ts'
import type { IntExpr, TextExpr } from '../../../../roles/program/index.ts'
import { codeOf, go } from '../small.ts'
import { agrees, answerOf, opening } from './agrees.ts'

const small = fc.integer({ min: -50, max: 50 }).map((n) => n + 0)
const word = fc.string({ unit: fc.constantFrom('a', 'B', 'z', ' ', '\t', 'é', '🙂', ','), maxLength: 12 })
const points = (s: string): string[] => Array.from(s)
const some = (value: unknown): unknown => ({ some: value })
const clip = (n: number, length: number): number => Math.min(length, Math.max(0, n))
const cut = <T>(items: T[], from: number, to: number): T[] =>
  items.slice(clip(from, items.length), Math.max(clip(from, items.length), clip(to, items.length)))
/** Order of code points, which is that of the UTF-8 bytes. */
const before = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0

describe('[L4] integers', () => {
  it('calculate, compare and print as plain JavaScript does', () => {
    agrees(
      { a: int(), b: int(), c: int() },
      ({ a, b, c }) => ({
        plus: a.plus(b),
        minus: a.minus(b),
        times: a.times(b),
        negate: a.negate(),
        absolute: a.absolute(),
        min: a.min(b),
        max: a.max(b),
        clamp: a.clamp(b, c),
        less: a.less(b),
        atMost: a.atMost(b),
        greater: a.greater(b),
        atLeast: a.atLeast(b),
        equals: a.equals(b),
        between: a.between(b, c),
        text: a.text(),
        literal: a.plus(1).times(2).minus(-3),
      }),
      fc.record({ a: small, b: small, c: small }),
      ({ a, b, c }) => ({
        plus: a + b,
        minus: a - b,
        times: a * b + 0,
        negate: 0 - a,
        absolute: Math.abs(a),
        min: Math.min(a, b),
        max: Math.max(a, b),
        clamp: Math.min(Math.max(a, b), c),
        less: a < b,
        atMost: a <= b,
        greater: a > b,
        atLeast: a >= b,
        equals: a === b,
        between: b <= a && a <= c,
        text: String(a),
        literal: (a + 1) * 2 + 3,
      }),
      101,
    )
  })

  it('round quotients down, and remainders have the sign of the divisor', () => {
    const divisor = small.filter((n) => n !== 0)
    agrees(
      { a: int(), b: int() },
      ({ a, b }) => ({ quotient: a.dividedBy(b), rest: a.remainder(b) }),
      fc.record({ a: small, b: divisor }),
      ({ a, b }) => ({ quotient: Math.floor(a / b) + 0, rest: a - b * Math.floor(a / b) + 0 }),
      102,
    )
  })

  it('stop the call where a quotient or a result does not exist', () => {
    const divide = opening({ a: int() }, ({ a }) => a.dividedBy(0))
    const negate = opening({ a: int() }, ({ a }) => a.times(-1).minus(1))
    expect(codeOf(go(divide, { a: 1 }))).toBe('program.divide')
    expect(codeOf(go(negate, { a: Number.MAX_SAFE_INTEGER }))).toBe('program.overflow')
  })

  it('are made by range, from the first (included) to the last (not included)', () => {
    agrees(
      { a: int({ min: -50, max: 50 }), b: int({ min: -50, max: 50 }) },
      ({ a, b }) => range(a, b),
      fc.record({ a: small, b: small }),
      ({ a, b }) => Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i),
      103,
    )
  })
})

describe('[L4] bounds of composed operations', () => {
  const bounds = fc.tuple(small, small).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  it('hold for every integer within the bounds of the arguments, and are as tight as those allow', () => {
    fc.assert(
      fc.property(bounds, bounds, fc.infiniteStream(fc.nat()), (one, two, chance) => {
        const within = ([min, max]: readonly [number, number]): number => min + (chance.next().value % (max - min + 1))
        const program = opening(
          { a: int({ min: one[0], max: one[1] }), b: int({ min: two[0], max: two[1] }), many: list(int({ min: one[0], max: one[1] }), 4) },
          ({ a, b, many }) => [a.min(b), a.max(b), a.absolute(), a.clamp(b, 7), a.negate(), many.sum()],
        )
        const types = program.endpoints['go']!.blocks[0]!.outputs as Array<{ min?: string; max?: string }>
        expect(types[0]).toMatchObject({ min: String(Math.min(one[0], two[0])), max: String(Math.min(one[1], two[1])) })
        expect(types[1]).toMatchObject({ min: String(Math.max(one[0], two[0])), max: String(Math.max(one[1], two[1])) })
        for (let i = 0; i < 20; i++) {
          const [a, b] = [within(one), within(two)]
          const many = Array.from({ length: chance.next().value % 5 }, () => within(one))
          const sum = many.reduce((x, y) => x + y, 0)
          expect(answerOf(program, { a, b, many })).toEqual([
            Math.min(a, b),
            Math.max(a, b),
            Math.abs(a),
            Math.min(Math.max(a, b), 7),
            0 - a,
            sum,
          ])
        }
      }),
      { seed: 106, numRuns: 60 },
    )
  })

  it('let what was calculated be moved, unopened, into a field that has these bounds', () => {
    const collections = { notes: collection({ doc: '', fields: { title: text(5), stars: int({ min: 0, max: 9 }) }, indices: {} }) }
    const moving = (make: (title: TextExpr, stars: IntExpr) => { title: TextExpr; stars: IntExpr }) =>
      compile(
        app({
          name: 'bounds',
          doc: '',
          collections,
          endpoints: (db) => ({
            go: endpoint({
              doc: '',
              request: { title: text(20), stars: int() },
              run: (req) => {
                const made = see(req.title, req.stars, make)
                return see(() => ({ key: db.notes.create(made) }))
              },
            }),
          }),
        }),
      )
    expect(codeOf(moving((title, stars) => ({ title: title.take(5), stars: stars.clamp(0, 9) })))).toBe('ok')
    expect(codeOf(moving((title, stars) => ({ title: title.bounded(text(5)), stars: stars.bounded(int({ min: 0, max: 9 })) })))).toBe('ok')
    expect(codeOf(moving((title, stars) => ({ title: format`${stars.remainder(10)}`, stars: title.length().min(9) })))).toBe('ok')
    expect(codeOf(moving((title, stars) => ({ title, stars: stars.clamp(0, 9) })))).toBe('program.type')
    expect(codeOf(moving((title, stars) => ({ title: title.take(5), stars: stars.clamp(0, 10) })))).toBe('program.type')
  })

  it('are promises where bounded() makes them: a call that breaks one stops', () => {
    const program = opening({ a: int() }, ({ a }) => a.bounded(int({ max: 5 })))
    expect(answerOf(program, { a: 5 })).toBe(5)
    expect(codeOf(go(program, { a: 6 }))).toBe('program.bound')
  })
})

describe('[L4] texts', () => {
  it('are searched, cut and changed as plain JavaScript does, by code points', () => {
    agrees(
      { a: text(12), b: text(12), from: int(), to: int() },
      ({ a, b, from, to }) => ({
        length: a.length(),
        isEmpty: a.isEmpty(),
        contains: a.contains(b),
        startsWith: a.startsWith(b),
        endsWith: a.endsWith(b),
        find: a.find(b),
        concat: a.concat(b),
        more: a.concat('·', b, a),
        lower: a.asciiLower(),
        upper: a.asciiUpper(),
        trim: a.trim(),
        slice: a.slice(from, to),
        take: a.take(3),
        drop: a.drop(2),
        replace: a.replace(b, '<>'),
        split: a.split(','),
        points: a.split(''),
        joined: a.split(',').join('; '),
        less: a.less(b),
        equals: a.equals(b),
        bytes: a.toBytes(),
        format: format`${a} (${from}) ${7}${'x'}`,
      }),
      fc.record({ a: word, b: fc.oneof(word, fc.constantFrom('', 'a', ',', '🙂')), from: small, to: small }),
      ({ a, b, from, to }) => ({
        length: points(a).length,
        isEmpty: a === '',
        contains: a.includes(b),
        startsWith: a.startsWith(b),
        endsWith: a.endsWith(b),
        find: a.includes(b) ? some(points(a.slice(0, a.indexOf(b))).length) : null,
        concat: a + b,
        more: `${a}·${b}${a}`,
        lower: a.replaceAll('B', 'b'),
        upper: a.replaceAll('a', 'A').replaceAll('z', 'Z'),
        trim: a.replace(/^[ \t]+/, '').replace(/[ \t]+$/, ''),
        slice: cut(points(a), from, to).join(''),
        take: points(a).slice(0, 3).join(''),
        drop: points(a).slice(2).join(''),
        replace: b === '' ? a : a.replaceAll(b, '<>'),
        split: a.split(','),
        points: points(a),
        joined: a.split(',').join('; '),
        less: before(a, b),
        equals: a === b,
        bytes: new Uint8Array(Buffer.from(a)),
        format: `${a} (${from}) 7x`,
      }),
      104,
    )
  })

  it.each([
    ['17', some(17)],
    ['-3', some(-3)],
    ['0', some(0)],
    ['9007199254740991', some(9007199254740991)],
    ['9007199254740992', null],
    ['-0', null],
    ['+1', null],
    ['01', null],
    [' 1', null],
    ['1.5', null],
    ['', null],
    ['Infinity', null],
  ])('%j is parsed as an integer, or none', (input, expected) => {
    const parse = opening({ a: text(20) }, ({ a }) => a.parseInt())
    expect(answerOf(parse, { a: input })).toEqual(expected)
  })
})

describe('[L4] bytes', () => {
  it('are cut, hashed and written as plain JavaScript does', () => {
    const some8 = fc.uint8Array({ maxLength: 8 })
    agrees(
      { a: bytes(8), b: bytes(8), from: int(), to: int() },
      ({ a, b, from, to }) => ({
        length: a.length(),
        at: a.at(from),
        concat: a.concat(b),
        slice: a.slice(from, to),
        less: a.less(b),
        equals: a.equals(b),
        literal: a.equals(Uint8Array.of(1, 2)),
        sha256: a.sha256(),
        hex: a.hex(),
        back: fromHex(a.hex()),
      }),
      fc.record({
        a: some8,
        b: some8,
        from: fc.integer({ min: -2, max: 9 }).map((n) => n + 0),
        to: fc.integer({ min: -2, max: 9 }).map((n) => n + 0),
      }),
      ({ a, b, from, to }) => ({
        length: a.length,
        at: a[from] === undefined ? null : some(a[from]),
        concat: new Uint8Array([...a, ...b]),
        slice: new Uint8Array(cut([...a], from, to)),
        less: Buffer.compare(a, b) < 0,
        equals: Buffer.compare(a, b) === 0,
        literal: Buffer.compare(a, Uint8Array.of(1, 2)) === 0,
        sha256: new Uint8Array(createHash('sha256').update(a).digest()),
        hex: Buffer.from(a).toString('hex'),
        back: some(a),
      }),
      105,
    )
  })

  it('give none where they are no UTF-8, and texts none where they are no pairs of lower-case digits', () => {
    const program = opening({ a: bytes(4), b: text(4) }, ({ a, b }) => ({ text: a.text(), bytes: fromHex(b) }))
    expect(answerOf(program, { a: Uint8Array.of(0xc3, 0xa9), b: '00ff' })).toEqual({ text: some('é'), bytes: some(Uint8Array.of(0, 255)) })
    expect(answerOf(program, { a: Uint8Array.of(0xc3), b: '0FF' })).toEqual({ text: null, bytes: null })
    expect(answerOf(program, { a: Uint8Array.of(0xff), b: '0F' })).toEqual({ text: null, bytes: null })
  })
})
