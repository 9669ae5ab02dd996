/**
 * Every function and every method of the SDK with every kind of wrong argument: what does not compile is a refusal in the words of the SDK at
 * the developer's line, and never an error out of the SDK itself.
 */
import { describe, expect, it } from 'vitest'
import * as sdk from '../../../../roles/program/sdk/index.ts'
import { METHODS } from '../../../../roles/program/sdk/values/index.ts'
import { any, built, type Loose } from './mistaken.ts'

const { BuildError, see, openStore, emptyStore, store, int, text, some } = sdk

const WRONG: Array<[string, (req: Loose, opened: Loose) => unknown]> = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 5],
  ['a fraction', () => 1.5],
  ['a text', () => 'x'],
  ['a boolean', () => true],
  ['a list', () => [1, 'a']],
  ['an object', () => ({ nope: 1 })],
  ['an empty object', () => ({})],
  ['a function', () => () => undefined],
  ['a symbol', () => Symbol.for('x')],
  ['a date', () => new Date(0)],
  ['a declared type', () => int()],
  ['a sealed value', (req) => req.a],
  ['an opened value', (_req, opened) => opened],
  ['a type of no kind', () => ({ type: { kind: 'nope' } })],
]

/** Lists of arguments: each wrong one alone, and at each place beside others. */
const argumentsFrom = (req: Loose, opened: Loose): unknown[][] => {
  const wrong = WRONG.map(([, make]) => make(req, opened))
  return [[], ...wrong.map((one) => [one]), ...wrong.flatMap((one) => [[one, 5], [int(), one], [int(), int(), one]])]
}

/** The messages of the errors that are not the SDK's refusals at a line of this file. */
function strayFrom(names: string[], call: (name: string, args: unknown[]) => unknown, args: unknown[][]): string[] {
  const stray = names.flatMap((name) =>
    args.flatMap((given) => {
      try {
        call(name, given)
        return []
      } catch (error) {
        if (error instanceof BuildError && /^arguments\.test\.ts:\d+: /.test(error.message)) return []
        return [`${name}: ${String(error)} ${String((error as Error).stack).split('\n')[1]}`]
      }
    }),
  )
  return [...new Set(stray)]
}

/** One opened value of each kind. */
function openedFrom(req: Loose, then: (values: Record<string, Loose>) => void): void {
  see(req.a, req.title, req.items, req.point, req.maybe, req.shape, req.menu, (a: Loose, title: Loose, items: Loose, point: Loose, maybe: Loose, shape: Loose, menu: Loose) =>
    then({
      int: a,
      text: title,
      bool: a.less(1),
      bytes: title.toBytes(),
      key: sdk.noKey('notes'),
      list: items,
      record: point,
      option: maybe,
      variant: shape,
      map: items.groupBy((one: Loose) => one),
      tree: menu,
      zipper: menu.zipper(),
      place: menu.zipper().down(),
    }),
  )
}

const FUNCTIONS = Object.keys(sdk).filter((name) => !['BuildError', 'compile'].includes(name))

/** What a mistake leaves behind in a traced program does not matter here, only what is thrown. */
function traced(work: (req: Loose, db: Loose) => void): void {
  built((req, db) => {
    try {
      work(any(req), any(db))
    } catch (error) {
      if (!(error instanceof BuildError)) failed = error
    }
    return 1
  })
  const [found] = [failed]
  failed = undefined
  if (found !== undefined) throw found as Error
}
let failed: unknown

describe('wrong arguments are refused in the words of the SDK, at the developer’s line', () => {
  it('of every function, where nothing is traced, where nothing is open, and inside of see()', () => {
    const call = (name: string, args: unknown[]): unknown => (sdk as Loose)[name](...args)
    let stray: string[] = strayFrom(FUNCTIONS, call, argumentsFrom({}, 5))
    traced((req) => {
      stray = [...stray, ...strayFrom(FUNCTIONS, call, argumentsFrom(req, 5))]
      openedFrom(req, ({ int: opened, list }) => {
        stray = [...stray, ...strayFrom(FUNCTIONS, call, [...argumentsFrom(req, opened), [{ a: opened }], [{ a: list }], [{ a: 5 }]])]
      })
    })
    expect(stray).toEqual([])
  })

  it.each(Object.keys(METHODS))('of every method of an opened value: %s', (kind) => {
    let stray: string[] = ['not run']
    traced((req) =>
      openedFrom(req, (values) => {
        const value = values[kind]
        stray = strayFrom(Object.keys(METHODS[kind]!), (name, args) => value[name](...args), argumentsFrom(req, values['int']))
      }),
    )
    expect(stray).toEqual([])
  })

  it('of every method of a store', () => {
    let stray: string[] = ['not run']
    traced((req) =>
      openedFrom(req, ({ int: opened }) => {
        const open: Loose = emptyStore(store(int(), { key: 5, max: 9 }))
        const names = ['get', 'has', 'put', 'remove', 'keys']
        const paths = [[['a']], [['a'], 5], [[5]], [[null], 1], [['a'], 'x']]
        stray = strayFrom(names, (name, args) => open[name](...args), [...argumentsFrom(req, opened), ...paths])
        stray.push(...strayFrom(['openStore'], (_name, args) => openStore(any(args[0])), [[some(5)], [text(5)]]))
      }),
    )
    expect(stray).toEqual([])
  })

  it('of every function of the database', () => {
    let stray: string[] = ['not run']
    traced((req, db) => {
      const targets: Array<[Loose, string[]]> = [
        [db.notes, ['get', 'rows', 'fresh', 'owned', 'create', 'update']],
        [db.notes.byTitle, ['rows']],
        [db.notes.howMany, ['count']],
      ]
      const sweep = (opened: unknown): string[] =>
        targets.flatMap(([target, names]) => {
          const more = [[{}, null], [{ title: 'x' }, 5], [{ title: null }], [{ limit: null }], [{}, { limit: {} }], [{}, { from: 1, limit: 1 }]]
          return strayFrom(names, (name, args) => target[name](...args), [...argumentsFrom(req, opened), ...more])
        })
      stray = sweep(5)
      openedFrom(req, ({ int: opened }) => void stray.push(...sweep(opened)))
    })
    expect(stray).toEqual([])
  })
})
